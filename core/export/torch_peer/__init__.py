"""The same runs through PyTorch, and how far apart the two are. Importing this package imports torch."""

from core.export.torch_peer.parity import Parity, check, check_schedules

__all__ = ["Parity", "check", "check_schedules"]
