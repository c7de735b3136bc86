"""Where sweeps are computed: in processes of this machine or on a cluster, through joblib, chosen by two settings.

Nothing here imports torch, and joblib only to compute.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from core.formula.words import digits

Result = TypeVar("Result")
Task = Callable[[], Result]

# The environment variables that choose the engine, and the cluster it is connected to.
BACKEND, CLUSTER = "SWEEP_BACKEND", "SWEEP_CLUSTER"


@contextmanager
def _threads(address: str) -> Iterator[None]:
    """Threads of this process, each of which computes with one thread of torch."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _dask(address: str) -> Iterator[None]:
    """The cluster whose scheduler is at ``address``, or the one that this process is connected to already."""
    from distributed import Client

    with Client(address) if address else nullcontext():
        yield


@contextmanager
def _ray(address: str) -> Iterator[None]:
    """The cluster at ``address``, or the one that ray finds or starts."""
    import ray
    from ray.util.joblib import register_ray

    if not ray.is_initialized():
        ray.init(address=address or None)
    register_ray()
    yield


_BACKENDS: Mapping[str, Callable[[str], AbstractContextManager[None]]] = MappingProxyType(
    {"loky": lambda address: nullcontext(), "threading": _threads, "dask": _dask, "ray": _ray}
)


@dataclass(frozen=True)
class Engine:
    """What computes: a backend of joblib, the ``address`` of its cluster if it has one, and how many ``workers``.

    ``loky`` are processes of this machine, ``threading`` its threads; ``dask`` and ``ray`` must be installed. Workers
    are as many as there are processors, or as the cluster has, unless their number is given. Raises ``ValueError``.
    """

    backend: str = "loky"
    address: str = ""
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.backend not in _BACKENDS:
            raise ValueError(f"{BACKEND} must be one of {', '.join(_BACKENDS)}; {self.backend!r} was given.")
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers must be at least 1; {digits(self.workers)} was given.")

    def computed(self, tasks: Sequence[Task[Result]]) -> Iterator[Result]:
        """The results of ``tasks``, which can be pickled, in their order, as they come."""
        from joblib import Parallel, delayed, parallel_config

        with _BACKENDS[self.backend](self.address), parallel_config(self.backend, n_jobs=self.workers or -1):
            # One task at a time, as each takes a second or more.
            yield from Parallel(return_as="generator", batch_size=1)(delayed(_computed)(task) for task in tasks)


def _computed(task: Task[Any]) -> Any:
    """What ``task`` returns, with one thread, because more round sums differently."""
    import torch

    torch.set_num_threads(1)
    return task()


def chosen_engine(variables: Mapping[str, str] = os.environ) -> Engine:
    """The engine that the environment ``variables`` name; processes of this machine if they do not."""
    return Engine(variables.get(BACKEND) or "loky", variables.get(CLUSTER, ""))
