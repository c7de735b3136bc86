"""Problems of up to a thousand variables: families of objectives, any rule run on them, the plane that shows most."""

from core.problems.many_variables.descent import Descent, descend
from core.problems.many_variables.families import FAMILIES, LARGEST, SMALLEST, Family, Problem, Quadratic, curvatures
from core.problems.many_variables.plane import Plane, plane

__all__ = [
    "FAMILIES",
    "LARGEST",
    "SMALLEST",
    "Descent",
    "Family",
    "Plane",
    "Problem",
    "Quadratic",
    "curvatures",
    "descend",
    "plane",
]
