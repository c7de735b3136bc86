"""A whole training run: seeds, batches, clipping, a schedule stepped after every batch, and evaluation."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"

# Two rings that no straight line can part; replace this by your own data.
angle = 2 * torch.pi * torch.rand(1200)
inner = torch.arange(1200) % 2
radius = 2.0 - inner + 0.25 * torch.randn(1200)
points = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
train_set, held_out = random_split(
    TensorDataset(points, inner), [1000, 200], generator=torch.Generator().manual_seed(1)
)
train_loader = DataLoader(train_set, batch_size=64, shuffle=True, generator=torch.Generator().manual_seed(2))
held_out_loader = DataLoader(held_out, batch_size=200)

model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 2)).to(device)
criterion = nn.CrossEntropyLoss()
epochs = 8
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
# One scheduler for this optimizer, counted in batches: warm-up over the first tenth, then half a cosine down to 0.
steps = epochs * len(train_loader)
scheduler = torch.optim.lr_scheduler.SequentialLR(
    optimizer,
    [
        torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=steps // 10),
        torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - steps // 10),
    ],
    milestones=[steps // 10],
)


def evaluate(loader: DataLoader) -> tuple[float, float]:
    """The mean loss and the share of right answers, with dropout off and no gradients kept."""
    model.eval()
    loss_sum, right, seen = 0.0, 0, 0
    with torch.no_grad():
        for inputs, classes in loader:
            inputs, classes = inputs.to(device), classes.to(device)
            scores = model(inputs)
            # Times the number of items: the last batch may be smaller than the others.
            loss_sum += criterion(scores, classes).item() * len(classes)
            right += (scores.argmax(dim=1) == classes).sum().item()
            seen += len(classes)
    return loss_sum / seen, right / seen


before, _ = evaluate(held_out_loader)
for epoch in range(1, epochs + 1):
    model.train()
    for inputs, classes in train_loader:
        inputs, classes = inputs.to(device), classes.to(device)
        optimizer.zero_grad()
        loss = criterion(model(inputs), classes)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        scheduler.step()
    held_out_loss, accuracy = evaluate(held_out_loader)
    rate = scheduler.get_last_lr()[0]
    print(f"epoch {epoch}: held-out loss {held_out_loss:.4f}, accuracy {accuracy:.3f}, lr {rate:.2g}")

assert held_out_loss < before / 2, "it has learned something about points that it never saw"
assert rate < 1e-8, "the schedule ends where the run ends"
