"""The same runs through PyTorch, and how far apart the two are. Importing this package imports torch."""

from core.torch_peer.parity import Parity, check, check_schedules
from core.torch_peer.paths import NoPeer, peer_name, scheduler, scheduler_rates, torch_path

__all__ = [
    "NoPeer",
    "Parity",
    "check",
    "check_schedules",
    "peer_name",
    "scheduler",
    "scheduler_rates",
    "torch_path",
]
