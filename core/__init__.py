"""The science behind the guide: objectives, update rules and runs, all from one formula language."""

from core.many import trace_many
from core.objectives import OBJECTIVES
from core.optimizers import OPTIMIZERS
from core.run import Run
from core.schedules import SCHEDULES
from core.trace import trace

__all__ = ["OBJECTIVES", "OPTIMIZERS", "SCHEDULES", "Run", "trace", "trace_many"]
