"""The JavaScript of the stage as one script: each module in a scope of its own, with what it imports from others."""

import re
from pathlib import Path

_FOLDER = Path(__file__).parent
_IMPORT = re.compile(r"^import (\{[^}]*\}) from '\./(\w+)\.js';$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)


def bundle(*entries: str) -> str:
    """The modules ``entries`` and all that they import, as constants named like their files, in order of need.

    A component of Streamlit is one script, and cannot import files of its own.
    """
    texts: dict[str, str] = {}

    def add(name: str) -> None:
        if name in texts:
            return
        source = (_FOLDER / f"{name}.js").read_text()
        for _, needed in _IMPORT.findall(source):
            add(needed)
        names = _EXPORT.findall(source)
        body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = \2;", source))
        texts[name] = f"const {name} = (() => {{\n{body}return {{ {', '.join(names)} }};\n}})();\n"

    for entry in entries:
        add(entry)
    return "".join(texts.values())
