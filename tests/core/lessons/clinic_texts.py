"""Texts for the clinic: loops in which nothing is wrong, and loops with one slip each."""

from textwrap import dedent

_HEAD = """\
import torch
from torch import nn

model = Net().to(device)
criterion = nn.CrossEntropyLoss()
"""


def _text(code: str) -> str:
    return _HEAD + dedent(code).lstrip("\n")


CORRECT = {
    "plain": _text("""
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        for epoch in range(10):
            model.train()
            for inputs, targets in loader:
                inputs, targets = inputs.to(device), targets.to(device)
                optimizer.zero_grad()
                loss = criterion(model(inputs), targets)
                loss.backward()
                optimizer.step()
        """),
    "clear at the end, epochs": _text("""
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
        scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[30, 60, 80], gamma=0.1)
        for epoch in range(90):
            running = 0.0
            for inputs, targets in loader:
                loss = criterion(model(inputs), targets)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
                running += loss.item()
            scheduler.step()
        """),
    "mixed precision": _text("""
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.1)
        scaler = torch.amp.GradScaler("cuda")
        for epoch in range(epochs):
            for inputs, targets in loader:
                optimizer.zero_grad(set_to_none=True)
                with torch.autocast(device_type="cuda", dtype=torch.float16):
                    loss = criterion(model(inputs), targets)
                scaler.scale(loss).backward()
                scaler.unscale_(optimizer)
                torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
                scaler.step(optimizer)
                scaler.update()
        """),
    "accumulation": _text("""
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
        accumulate = 4
        optimizer.zero_grad()
        for i, (inputs, targets) in enumerate(loader):
            loss = criterion(model(inputs), targets) / accumulate
            loss.backward()
            if (i + 1) % accumulate == 0:
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
        """),
    "accumulation inside": _text("""
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
        for step in range(1000):
            optimizer.zero_grad()
            for micro in range(4):
                loss = criterion(model(next(batches)), next(labels)) / 4
                loss.backward()
            optimizer.step()
        """),
    "one cycle": _text("""
        epochs = 10
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.1, epochs=epochs, steps_per_epoch=len(loader)
        )
        for epoch in range(epochs):
            for inputs, targets in loader:
                optimizer.zero_grad()
                loss = criterion(model(inputs), targets)
                loss.backward()
                optimizer.step()
                scheduler.step()
        """),
    "one cycle by its total": _text("""
        from tqdm import tqdm
        from torch.optim.lr_scheduler import OneCycleLR
        epochs = 10
        total = epochs * len(loader)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        scheduler = OneCycleLR(optimizer, 1e-3, total_steps=total)
        for epoch in range(1, epochs + 1):
            progress = tqdm(loader)
            for batch in progress:
                optimizer.zero_grad()
                loss = model(**batch).loss
                loss.backward()
                optimizer.step()
                scheduler.step()
        """),
    "warm-up": _text("""
        from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
        epochs, warmup = 100, 5
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.05)
        rise = LinearLR(optimizer, start_factor=0.01, total_iters=warmup)
        fall = CosineAnnealingLR(optimizer, T_max=epochs - warmup)
        scheduler = SequentialLR(optimizer, schedulers=[rise, fall], milestones=[warmup])
        for epoch in range(epochs):
            for inputs, targets in loader:
                optimizer.zero_grad()
                loss = criterion(model(inputs), targets)
                loss.backward()
                optimizer.step()
            scheduler.step()
        """),
    "plateau": _text("""
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min", factor=0.5, patience=3)
        for epoch in range(50):
            model.train()
            for inputs, targets in loader:
                optimizer.zero_grad()
                loss = criterion(model(inputs), targets)
                loss.backward()
                optimizer.step()
            model.eval()
            val_loss = 0.0
            with torch.no_grad():
                for inputs, targets in val_loader:
                    val_loss += criterion(model(inputs), targets).item()
            scheduler.step(val_loss / len(val_loader))
        """),
    "functions": _text("""
        def train_epoch(net, data, opt, sched):
            net.train()
            for inputs, targets in data:
                opt.zero_grad()
                loss = criterion(net(inputs), targets)
                loss.backward()
                opt.step()
                sched.step()

        def evaluate(net, data):
            net.eval()
            with torch.no_grad():
                return sum(criterion(net(x), y).item() for x, y in data)

        def main():
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
            steps = 20 * len(loader)
            scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
            for epoch in range(20):
                train_epoch(model, loader, optimizer, scheduler)
                print(evaluate(model, val_loader), scheduler.get_last_lr())

        if __name__ == "__main__":
            main()
        """),
    "phases of one loop": _text("""
        def train_model(model, criterion, optimizer, scheduler, num_epochs=25):
            for epoch in range(num_epochs):
                for phase in ["train", "val"]:
                    if phase == "train":
                        model.train()
                    else:
                        model.eval()
                    running_loss = 0.0
                    for inputs, labels in dataloaders[phase]:
                        inputs = inputs.to(device)
                        optimizer.zero_grad()
                        with torch.set_grad_enabled(phase == "train"):
                            outputs = model(inputs)
                            loss = criterion(outputs, labels)
                            if phase == "train":
                                loss.backward()
                                optimizer.step()
                        running_loss += loss.item() * inputs.size(0)
                    if phase == "train":
                        scheduler.step()
            return model

        optimizer_ft = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
        exp_lr_scheduler = torch.optim.lr_scheduler.StepLR(optimizer_ft, step_size=7, gamma=0.1)
        model = train_model(model, criterion, optimizer_ft, exp_lr_scheduler, num_epochs=25)
        """),
    "two networks": _text("""
        optimizer_d = torch.optim.Adam(critic.parameters(), lr=2e-4, betas=(0.5, 0.999))
        optimizer_g = torch.optim.Adam(maker.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for epoch in range(5):
            for real in loader:
                optimizer_d.zero_grad()
                loss_d = criterion(critic(real), ones) + criterion(critic(maker(noise).detach()), zeros)
                loss_d.backward()
                optimizer_d.step()
                optimizer_g.zero_grad()
                loss_g = criterion(critic(maker(noise)), ones)
                loss_g.backward()
                optimizer_g.step()
        """),
    "precision by choice": _text("""
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
        scaler = torch.amp.GradScaler("cuda", enabled=use_amp)
        for inputs, targets in loader:
            optimizer.zero_grad()
            if use_amp:
                with torch.autocast("cuda"):
                    loss = criterion(model(inputs), targets)
                scaler.scale(loss).backward()
                scaler.unscale_(optimizer)
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                scaler.step(optimizer)
                scaler.update()
            else:
                loss = criterion(model(inputs), targets)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
        """),
    "a closure": _text("""
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for inputs, targets in loader:
            def closure():
                optimizer.zero_grad()
                loss = criterion(model(inputs), targets)
                loss.backward()
                return loss
            optimizer.step(closure)
        """),
    "a trainer": _text("""
        class Trainer:
            def __init__(self, model, epochs=30):
                self.model = model
                self.epochs = epochs
                self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3)
                self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=self.epochs)

            def train_one_epoch(self):
                self.model.train()
                for inputs, targets in self.loader:
                    self.optimizer.zero_grad()
                    loss = criterion(self.model(inputs), targets)
                    loss.backward()
                    self.optimizer.step()

            def fit(self):
                for epoch in range(self.epochs):
                    self.train_one_epoch()
                    self.scheduler.step()
        """),
    "lightning": _text("""
        class Lit(pl.LightningModule):
            def training_step(self, batch, batch_idx):
                inputs, targets = batch
                return criterion(self.model(inputs), targets)

            def configure_optimizers(self):
                optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
                scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=100)
                return {"optimizer": optimizer, "lr_scheduler": scheduler}
        """),
    "accelerate": _text("""
        model, optimizer, loader, scheduler = accelerator.prepare(
            model,
            torch.optim.AdamW(model.parameters(), lr=5e-5),
            loader,
            scheduler,
        )
        for epoch in range(3):
            for batch in loader:
                loss = model(**batch).loss
                accelerator.backward(loss)
                accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
        """),
    "restarts by parts of an epoch": _text("""
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2)
        iters = len(loader)
        for epoch in range(70):
            for i, (inputs, targets) in enumerate(loader):
                optimizer.zero_grad()
                loss = criterion(model(inputs), targets)
                loss.backward()
                optimizer.step()
                scheduler.step(epoch + i / iters)
        """),
    "wrapped, trained and put away": _text("""
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        model = DDP(model, device_ids=[rank])
        for epoch in range(10):
            for i, (inputs, targets) in enumerate(loader):
                optimizer.zero_grad()
                loss = criterion(model(inputs), targets)
                loss.backward()
                optimizer.step()
            print("[%d/%d] %.4f"
                  % (epoch, 10, loss.item()))
        model.to("cpu")
        torch.save(model.state_dict(), "model.pt")
        model = Net()
        """),
    "a critic that is trained more often": _text("""
        optimizer_g = torch.optim.Adam(maker.parameters(), lr=2e-4)
        optimizer_c = torch.optim.Adam(critic.parameters(), lr=2e-4)
        for i, real in enumerate(loader):
            optimizer_c.zero_grad()
            loss_c = critic(maker(noise).detach()).mean() - critic(real).mean()
            loss_c.backward()
            optimizer_c.step()
            optimizer_g.zero_grad()
            if i % n_critic == 0:
                loss_g = -critic(maker(noise)).mean()
                loss_g.backward()
                optimizer_g.step()
        """),
    "clipping by choice": _text("""
        def step(parameters, optimizer, clip_grad=None):
            if clip_grad is not None:
                torch.nn.utils.clip_grad_norm_(parameters, clip_grad)
            optimizer.step()

        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        """),
    "cyclic": _text("""
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
        scheduler = torch.optim.lr_scheduler.CyclicLR(
            optimizer, base_lr=1e-5, max_lr=1e-3, step_size_up=500, cycle_momentum=False
        )
        for epoch in range(10):
            for inputs, targets in loader:
                optimizer.zero_grad()
                criterion(model(inputs), targets).backward()
                optimizer.step()
                scheduler.step()
        """),
}

_ADAM = "optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)\n"
_BATCH = (
    "        optimizer.zero_grad()\n"
    "        loss = criterion(model(inputs), targets)\n"
    "        loss.backward()\n"
    "        optimizer.step()\n"
)
_LOOPS = f"for epoch in range(100):\n    for inputs, targets in loader:\n{_BATCH}"


def _epochs(scheduler: str, step: str = "    scheduler.step()\n", optimizer: str = _ADAM) -> str:
    return f"{optimizer}scheduler = torch.optim.lr_scheduler.{scheduler}\n{_LOOPS}{step}"


_PER_BATCH = "        scheduler.step()\n"
_SCALED = (
    _ADAM + "scaler = torch.amp.GradScaler()\n"
    "for inputs, targets in loader:\n"
    "    optimizer.zero_grad()\n"
    "    loss = criterion(model(inputs), targets)\n"
)
_CLIP = "    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n"

# A text, the line that looks wrong, and what is said of it.
BROKEN: dict[str, tuple[str, int, str]] = {
    # --- Gradients ---
    "nothing clears": (
        _ADAM + "for x, y in loader:\n    loss = criterion(model(x), y)\n    loss.backward()\n    optimizer.step()\n",
        5,
        "Nothing clears the gradients",
    ),
    "cleared once per epoch": (
        _ADAM
        + "for epoch in range(9):\n    optimizer.zero_grad()\n    for x, y in loader:\n        loss = f(model(x), y)\n"
        "        loss.backward()\n        optimizer.step()\n",
        7,
        "cleared outside the loop",
    ),
    "cleared before the step": (
        _ADAM + "for x, y in loader:\n    loss = f(model(x), y)\n    loss.backward()\n    optimizer.zero_grad()\n"
        "    optimizer.step()\n",
        6,
        "on line 5 clears the gradients after `backward()`",
    ),
    "cleared before the step, without a loop": (
        _ADAM + "loss.backward()\noptimizer.zero_grad()\noptimizer.step()\n",
        4,
        "on line 3 clears the gradients",
    ),
    "stepped before backward": (
        _ADAM + "for x, y in loader:\n    optimizer.zero_grad()\n    loss = f(model(x), y)\n    optimizer.step()\n"
        "    loss.backward()\n",
        5,
        "which then has none to use",
    ),
    "gathered and dropped": (
        _ADAM + "for i, (x, y) in enumerate(loader):\n    optimizer.zero_grad()\n    loss = f(model(x), y) / 4\n"
        "    loss.backward()\n    if (i + 1) % 4 == 0:\n        optimizer.step()\n",
        3,
        "only the last batch counts",
    ),
    "not called": (
        _ADAM + "for x, y in loader:\n    optimizer.zero_grad()\n    f(model(x), y).backward()\n    optimizer.step\n",
        5,
        "without brackets",
    ),
    "a sum with its graph": (
        _ADAM
        + "total = 0\nfor x, y in loader:\n    optimizer.zero_grad()\n    loss = f(model(x), y)\n    loss.backward()\n"
        "    optimizer.step()\n    total += loss\n",
        8,
        "memory grows",
    ),
    # --- Clipping and scaling ---
    "clipped after the step": (
        _ADAM
        + "for x, y in loader:\n    optimizer.zero_grad()\n    loss = f(model(x), y)\n    loss.backward()\n"
        + "    optimizer.step()\n"
        + _CLIP,
        7,
        "clipped after the step on line 6",
    ),
    "clipped before backward": (
        _ADAM
        + "for x, y in loader:\n    optimizer.zero_grad()\n    loss = f(model(x), y)\n"
        + _CLIP
        + "    loss.backward()\n    optimizer.step()\n",
        5,
        "before `backward()` on line 6",
    ),
    "clipped before unscaling": (
        _SCALED
        + "    scaler.scale(loss).backward()\n"
        + _CLIP
        + "    scaler.unscale_(optimizer)\n    scaler.step(optimizer)\n    scaler.update()\n",
        7,
        "`scaler.unscale_(optimizer)` before it",
    ),
    "clipped without unscaling": (
        _SCALED + "    scaler.scale(loss).backward()\n" + _CLIP + "    scaler.step(optimizer)\n    scaler.update()\n",
        7,
        "still multiplied by the scaler's factor",
    ),
    "old clipping": ("torch.nn.utils.clip_grad_norm(model.parameters(), 1.0)\n" + _ADAM, 1, "deprecated"),
    "old precision": ("scaler = torch.cuda.amp.GradScaler()\n" + _ADAM, 1, "is deprecated"),
    # --- How often a scheduler is stepped ---
    "epochs, per batch": (
        _epochs("CosineAnnealingLR(optimizer, T_max=100)", _PER_BATCH),
        9,
        "is the number of epochs",
    ),
    "epochs by name, per batch": (
        "num_epochs = args.epochs\n"
        + _ADAM
        + "scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs)\n"
        + _LOOPS.replace("100", "num_epochs")
        + _PER_BATCH,
        10,
        "is the number of epochs",
    ),
    "a step of epochs, per batch": (
        _epochs("StepLR(optimizer, step_size=30, gamma=0.1)", _PER_BATCH),
        9,
        "looks counted in epochs",
    ),
    "milestones of epochs, per batch": (
        _epochs("MultiStepLR(optimizer, [30, 60, 90])", _PER_BATCH),
        9,
        "looks counted in epochs",
    ),
    "an exponential, per batch": (_epochs("ExponentialLR(optimizer, gamma=0.9)", _PER_BATCH), 9, "2.656·10⁻⁵"),
    "one cycle, per epoch": (
        _epochs("OneCycleLR(optimizer, max_lr=1e-3, epochs=100, steps_per_epoch=len(loader))"),
        9,
        "only the first bit of the rise",
    ),
    "batches, per epoch": (
        _epochs("CosineAnnealingLR(optimizer, T_max=100 * len(loader))"),
        9,
        "stepped once per epoch",
    ),
    "per batch and per epoch": (
        _epochs("CosineAnnealingLR(optimizer, T_max=100 * len(loader))", _PER_BATCH + "    scheduler.step()\n"),
        10,
        "here and on line 9",
    ),
    "scheduler first": (
        _ADAM
        + "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)\nfor epoch in range(90):\n    scheduler.step()\n"
        + "    for inputs, targets in loader:\n"
        + _BATCH,
        4,
        "stepped before the optimizer on line 9",
    ),
    "scheduler first, in one loop": (
        _ADAM + "scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 50)\nfor step in range(50):\n"
        "    optimizer.zero_grad()\n    f(model(x), y).backward()\n    scheduler.step()\n    optimizer.step()\n",
        6,
        "stepped before the optimizer on line 7",
    ),
    "scheduler never stepped": (
        _epochs("CosineAnnealingLR(optimizer, T_max=100)", ""),
        2,
        "is never called",
    ),
    "an epoch handed over": (
        _epochs("StepLR(optimizer, 30)", "    scheduler.step(epoch)\n"),
        9,
        "is deprecated",
    ),
    "plateau without the loss": (
        _epochs("ReduceLROnPlateau(optimizer)"),
        9,
        "must be handed the loss",
    ),
    "the cosine climbs again": (
        _epochs("CosineAnnealingLR(optimizer, T_max=10)"),
        2,
        "the learning rate climbs again",
    ),
    "a cycle that is too short": (
        _ADAM
        + "scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-3, total_steps=1000)\n"
        + "for epoch in range(10):\n    for i in range(200):\n"
        + _BATCH
        + _PER_BATCH,
        2,
        "1000 steps long and the loops run for 2000, so it raises a ValueError",
    ),
    "a cycle of other epochs": (
        _epochs("OneCycleLR(optimizer, max_lr=1e-3, epochs=50, steps_per_epoch=len(loader))", _PER_BATCH),
        2,
        "50 epochs long and the loops run for 100",
    ),
    "get_lr": (
        _epochs("StepLR(optimizer, 30)", "    scheduler.step()\n    print(scheduler.get_lr())\n"),
        10,
        "get_last_lr",
    ),
    # --- Settings ---
    "verbose": (_epochs("StepLR(optimizer, 30, verbose=True)"), 2, "deprecated in PyTorch 2.2"),
    "learning_rate": ("torch.optim.Adam(model.parameters(), learning_rate=1e-3)", 1, "is called `lr`"),
    "coupled decay": ("torch.optim.Adam(model.parameters(), weight_decay=0.01)", 1, "added to the gradient"),
    "a loud Adam": ("torch.optim.Adam(model.parameters(), lr=0.1)", 1, "far too long a step"),
    "parameters": ("torch.optim.SGD(model.parameters, lr=0.1)", 1, "must be called"),
    "a cycle without length": (
        _ADAM + "torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01)",
        2,
        "needs `total_steps`",
    ),
    "cyclic with Adam": (
        "optimizer = torch.optim.Adam(model.parameters())\n"
        "torch.optim.lr_scheduler.CyclicLR(optimizer, base_lr=1e-4, max_lr=1e-3)",
        2,
        "cycle_momentum=False",
    ),
    "one cycle switches momentum on": (
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=100)",
        2,
        "switches it on",
    ),
    # --- Models ---
    "moved afterwards": (_ADAM + "model.to(device)\n", 1, "before the model is moved on line 2"),
    "moved and assigned afterwards": (_ADAM + "model = model.cuda()\n", 1, "before the model is moved on line 2"),
    "the old AdamW": ("from transformers import AdamW\noptimizer = AdamW(model.parameters(), lr=5e-5)", 2, "no longer"),
}
