"""The functions that the written lines of a rule may call beside a library's own, as source text."""

from collections.abc import Mapping
from types import MappingProxyType

from core.formula.source import Library
from core.formula.vocabulary import NEWTON_SCHULZ, NEWTON_SCHULZ_FLOOR, NEWTON_SCHULZ_STEPS

_A, _B, _C = NEWTON_SCHULZ
_ORTHOGONALIZE = f'''\
def orthogonalize(matrix):
    """Muon's {NEWTON_SCHULZ_STEPS} Newton-Schulz steps (Jordan et al. 2024).

    Further dimensions count as columns. A vector is a matrix of one column, without the factor for tall matrices.
    """
    rows = matrix.reshape(len(matrix), -1) if matrix.ndim > 1 else matrix.reshape(-1, 1)
    wide = rows.T if rows.shape[0] > rows.shape[1] else rows
    wide = wide / {{norm}}
    for _ in range({NEWTON_SCHULZ_STEPS}):
        square = wide @ wide.T
        wide = {_A}*wide + ({_B}*square + {_C}*square @ square) @ wide
    result = (wide.T if rows.shape[0] > rows.shape[1] else wide).reshape(matrix.shape)
    return max(1.0, rows.shape[0]/rows.shape[1])**0.5*result if matrix.ndim > 1 else result
'''
_DOT = '''\
def dot(first, second):
    """The sum, over all elements of all {many}, of their products."""
    return sum({sum}(one*other) for one, other in zip(first, second, strict=True))
'''
_SUM = '''\
def sum_of({many}):
    """The sum over all elements of all {many}."""
    return sum({sum}(one) for one in {many})
'''
_GLOBAL_NORM = '''\
def global_norm({many}):
    """The Euclidean norm over all elements of all {many}."""
    return {norm}
'''
HELPERS: Mapping[Library, Mapping[str, str]] = MappingProxyType(
    {
        "numpy": {
            "orthogonalize": _ORTHOGONALIZE.format(norm=f"np.maximum(np.linalg.norm(wide), {NEWTON_SCHULZ_FLOOR})"),
            "global_norm": _GLOBAL_NORM.format(
                many="arrays", norm="np.sqrt(sum(np.sum(array**2) for array in arrays))"
            ),
            "dot": _DOT.format(many="arrays", sum="np.sum"),
            "sum_of": _SUM.format(many="arrays", sum="np.sum"),
        },
        "torch": {
            "orthogonalize": _ORTHOGONALIZE.format(
                norm=f"torch.linalg.matrix_norm(wide).clamp(min={NEWTON_SCHULZ_FLOOR})"
            ),
            "global_norm": _GLOBAL_NORM.format(
                many="tensors",
                norm="torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(tensor) for tensor in tensors]))",
            ),
            "dot": _DOT.format(many="tensors", sum="torch.sum"),
            "sum_of": _SUM.format(many="tensors", sum="torch.sum"),
        },
    }
)
