"""A training loop to try the clinic on: it runs, and several things in it are wrong."""

PLACEHOLDER = """\
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.1)
scheduler = CosineAnnealingLR(optimizer, T_max=100)
torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
"""

EXAMPLE = """\
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

epochs = 100
optimizer = torch.optim.Adam(model.parameters(), lr=0.1, weight_decay=1e-2)
scheduler = CosineAnnealingLR(optimizer, T_max=epochs)
model.to("cuda")

total = 0
for epoch in range(epochs):
    for inputs, targets in loader:
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scheduler.step()
        total += loss
"""
