"""Runs many scripts in one process, each in a namespace of its own, and prints what became of them as JSON.

Called with the folder of the scripts. Warnings are errors.
"""

import contextlib
import io
import json
import runpy
import sys
import warnings
from pathlib import Path

warnings.simplefilter("error")
found = {}
for script in sorted(Path(sys.argv[1]).glob("*.py")):
    printed = io.StringIO()
    error, loss, checked = "", None, None
    try:
        with contextlib.redirect_stdout(printed):
            names = runpy.run_path(str(script), run_name="__main__")
        loss, checked = float(names["loss"]), names.get("asserted")
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    found[script.stem] = {
        "error": error,
        "loss": loss,
        "asserted": None if checked is None else float(checked),
        "printed": printed.getvalue(),
    }
modules = [name for name in ("core", "torch", "numpy", "streamlit") if name in sys.modules]
print(json.dumps({"scripts": found, "modules": modules}))
