"""JavaScript without a browser: an engine in this process, arrays that it shares with Python, what is in a program."""

import json
import re
from typing import Any

import numpy as np
import numpy.typing as npt
from py_mini_racer import MiniRacer

Array = npt.NDArray[np.float64]

_TOKEN = re.compile(
    r"(?P<number>\d+(\.\d+)?(e[-+]?\d+)?(?![\w.$]))|(?P<word>[A-Za-z_$][\w.$]*)"
    r"|(?P<sign>===|!==|<=|>=|&&|\|\||=>|\+\+|[-+*/%<>=!?:;,(){}\[\]])|(?P<space>[ \n]+)"
)
_WORD = re.compile(
    r"const|let|export|default|function|for|if|break|return|Infinity|NaN|pow|mod|[abcrtiT]|lr|noise|clip_norm"
    r"|numbers|at|last|normals|columns|first|ended|known|worthless|along(\.length)?|continue|new|Float64Array"
    r"|[xsphncb]_\d+(_\d+)?|[uv]\d+"
    r"|Math\.(sqrt|exp|log|sin|cos|tan|asin|acos|atan|sinh|cosh|tanh|abs|floor|pow)"
)


class Engine:
    """An engine with one scope, which starts in a twentieth of a second."""

    def __init__(self) -> None:
        self._context = MiniRacer()

    def run(self, text: str) -> Any:
        """What the last statement of ``text`` gives."""
        return self._context.eval(text)

    def call(self, text: str, *given: Any) -> Any:
        """What the function ``text`` gives for ``given``, both ways as JSON."""
        arguments = ", ".join(json.dumps(one) for one in given)
        return json.loads(self.run(f"JSON.stringify(({text})({arguments}))"))

    def array(self, name: str, *shape: int) -> Array:
        """A new ``Float64Array`` called ``name`` over there, of as many numbers as an array of ``shape`` here."""
        size = int(np.prod(shape))
        memory = self.run(f"globalThis.{name} = new Float64Array({size}); {name}.buffer")
        return np.frombuffer(memory, np.float64).reshape(shape)

    def load(self, name: str, module: str) -> None:
        """Calls ``name`` what ``module`` exports."""
        head, mark, body = module.partition("export default ")
        assert mark
        self.run(f'globalThis.{name} = (() => {{ "use strict"; {head} return {body} }})(); 0')


def foreign(source: str) -> list[str]:
    """What of ``source`` is none of the words, numbers and signs that a program is made of."""
    rest = _TOKEN.sub("", source)
    words = {match["word"] for match in _TOKEN.finditer(source) if match["word"]}
    comments = [mark for mark in ("//", "/*", "<!", "->") if mark in source]
    return [word for word in words if not _WORD.fullmatch(word)] + comments + ([rest] if rest else [])
