"""What can be taken home: a run as a script for PyTorch or NumPy, its path as CSV, itself as JSON or in a link."""

from core.export.data import path_csv, run_from_json, run_json
from core.export.expressions import schedule_line, torch_line
from core.export.numpy_script import numpy_script
from core.export.pins import pins_from_text, pins_text
from core.export.race import race_notebook, race_script
from core.export.script import facts
from core.export.torch_lines import pytorch_lines
from core.export.torch_script import optimizer_source, torch_script

__all__ = [
    "facts",
    "numpy_script",
    "optimizer_source",
    "path_csv",
    "pins_from_text",
    "pins_text",
    "pytorch_lines",
    "race_notebook",
    "race_script",
    "run_from_json",
    "run_json",
    "schedule_line",
    "torch_line",
    "torch_script",
]
