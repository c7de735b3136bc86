"""The science behind the guide: objectives, update rules and runs, all from one formula language."""

from core.catalogue.objectives import OBJECTIVES
from core.catalogue.optimizers import OPTIMIZERS
from core.catalogue.schedules import SCHEDULES
from core.engine.many import trace_many
from core.engine.run import Run
from core.engine.trace import trace

__all__ = ["OBJECTIVES", "OPTIMIZERS", "SCHEDULES", "Run", "trace", "trace_many"]
