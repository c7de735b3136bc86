"""The parts of a generated ``torch.optim.Optimizer`` that are the same for every rule, as source text."""

from collections.abc import Mapping
from types import MappingProxyType

# Paragraphs of the docstring: how the class is called.
CALLED = (
    "It stands in for a class of torch.optim: call loss.backward() and then step(). Parameters without a gradient are "
    "skipped; t counts the steps of their group. Schedulers may change lr."
)
GROUPS = "Groups of parameters may differ in their hyperparameters."
ALL_AT_ONCE = "It takes one group of parameters, because the rule looks at all of them at once."
CALLED_WITH_CLOSURE = (
    "It computes gradients itself: call step(closure), where closure() returns the loss and does not call backward(). "
    "To clip gradients or add noise to them, give adjust, a function from the list of gradients to such a list: it is "
    "applied to every gradient the rule asks for. A parameter that the loss does not use has the gradient 0; one that "
    "does not require a gradient is left alone. It takes one group of parameters, because the rule moves or looks at "
    "all of them at once. Schedulers may change lr."
)
ASKED: Mapping[str, str] = MappingProxyType(
    {
        "value": "",
        "grad": "",
        "hessian_diag": "The diagonal of the Hessian is Hutchinson's estimate, from one vector of random signs that "
        "follows from seed and the step; with exact=True it is exact, which takes a backward pass for every weight.",
        "newton_direction": "The Newton direction is exact: every step computes the whole Hessian, a backward pass for "
        "every weight, and solves a linear system with it. That is for small problems only.",
    }
)
NUMBER = '''\
def number(value):
    """A single number as a float64 tensor, which becomes inf or nan where a float would raise."""
    return torch.tensor(float(value), dtype=torch.float64)
'''
ONE_GROUP = """\
def add_param_group(self, param_group):
    if self.param_groups:
        raise ValueError("One group of parameters is supported; another was given.")
    super().add_param_group(param_group)"""
GRADIENT = '''\
@staticmethod
def _slopes(closure, params, create_graph=False):
    """The loss and its gradient where the parameters are."""
    with torch.enable_grad():
        loss = closure()
        found = torch.autograd.grad(loss, params, create_graph=create_graph, materialize_grads=True)
    return loss.detach(), list(found)

def _gradient(self, closure, params):
    """The loss, and the gradient as adjust makes it."""
    loss, found = self._slopes(closure, params)
    return loss, self.adjust(found)'''
AT = '''\
@staticmethod
def _at(point, params, ask):
    """What ask() returns while the parameters are at point."""
    here = [p.clone() for p in params]
    try:
        for p, place in zip(params, point, strict=True):
            p.copy_(place)
        return ask()
    finally:
        for p, place in zip(params, here, strict=True):
            p.copy_(place)'''
_DIAGONAL = '''\
def _estimated_diagonal(self, closure, params, random):
    """Hutchinson's estimate: random signs times the Hessian times the same signs."""
    signs = [torch.randint(0, 2, p.shape, generator=random).to(p)*2 - 1 for p in params]
    _, first = self._slopes(closure, params, create_graph=True)
    # Where the slope is constant there is nothing to differentiate.
    curved = [place for place, slope in enumerate(first) if slope.requires_grad]
    if not curved:
        return [torch.zeros_like(p) for p in params]
    with torch.enable_grad():
        products = torch.autograd.grad(
            [first[place] for place in curved],
            params,
            grad_outputs=[signs[place] for place in curved],
            materialize_grads=True,
        )
    return [sign*product for sign, product in zip(signs, products, strict=True)]

def _exact_diagonal(self, closure, params, random):
    """The diagonal itself, one backward pass for every weight."""
    _, first = self._slopes(closure, params, create_graph=True)
    diagonal = []
    for p, slope in zip(params, first, strict=True):
        found = torch.zeros_like(p).reshape(-1)
        with torch.enable_grad():
            ones = slope.reshape(-1).unbind() if slope.requires_grad else ()
        for place, one in enumerate(ones):
            (second,) = torch.autograd.grad(one, p, retain_graph=True, materialize_grads=True)
            found[place] = second.reshape(-1)[place]
        diagonal.append(found.reshape(p.shape))
    return diagonal'''
_NEWTON = '''\
def _newton(self, closure, params, damping):
    """Solves (H + damping*I) d = g for d."""
    _, first = self._slopes(closure, params, create_graph=True)
    rows = []
    for slope in first:
        with torch.enable_grad():
            ones = slope.reshape(-1).unbind()
        for one in ones:
            second = [torch.zeros_like(p) for p in params]
            if one.requires_grad:
                second = torch.autograd.grad(one, params, retain_graph=True, materialize_grads=True)
            rows.append(torch.cat([part.reshape(-1) for part in second]))
    slopes = torch.cat([slope.reshape(-1) for slope in self.adjust([slope.detach() for slope in first])])
    matrix = torch.stack(rows) + damping.to(slopes)*torch.eye(len(slopes), dtype=slopes.dtype, device=slopes.device)
    # Unlike solve, solve_ex does not raise where the matrix is singular.
    direction, _ = torch.linalg.solve_ex(matrix, slopes)
    parts = direction.split([p.numel() for p in params])
    return [part.reshape(p.shape) for part, p in zip(parts, params, strict=True)]'''
# For each oracle, the function inside ``step`` that a rule's lines call, and the methods behind it.
QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "value": """\
def value(point):
    return self._at(point, params, closure).detach().double()""",
        "grad": """\
def grad(point):
    return self._at(point, params, lambda: self._gradient(closure, params)[1])""",
        "hessian_diag": """\
random = torch.Generator().manual_seed((group["seed"]*1_000_003 + group["step"]) % 2**32)

def hessian_diag(point):
    ask = self._exact_diagonal if group["exact"] else self._estimated_diagonal
    return self._at(point, params, lambda: ask(closure, params, random))""",
        "newton_direction": """\
def newton_direction(point, damping):
    return self._at(point, params, lambda: self._newton(closure, params, damping))""",
    }
)
METHODS: Mapping[str, str] = MappingProxyType(
    {"value": "", "grad": "", "hessian_diag": _DIAGONAL, "newton_direction": _NEWTON}
)
