"""Small changes of a program, as a slip of the hand or of the mind makes them: one at a time, on its syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.MatMult: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Pow: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_FUNCTIONS = {
    **{"max": "min", "min": "max", "sum": "mean", "mean": "sum", "argmax": "argmin", "argmin": "argmax"},
    **{"maximum": "minimum", "minimum": "maximum", "tril": "triu", "triu": "tril", "repeat": "tile", "tile": "repeat"},
    **{"stack": "concatenate", "concatenate": "stack", "vstack": "hstack", "hstack": "vstack", "all": "any"},
    **{"any": "all", "sqrt": "square", "exp": "expm1", "zeros": "ones", "zeros_like": "ones_like", "log": "log2"},
    **{"float64": "float16", "float32": "float16", "float": "int", "reversed": "list", "sorted": "list"},
}
_IN_PLACE = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "true_divide"}


@dataclass(frozen=True)
class Mutation:
    """One change: what kind it is, and the statement before and after it, each on one line."""

    kind: str
    before: str
    after: str
    tree: ast.Module

    @property
    def text(self) -> str:
        """How the list of equivalents names it."""
        return f"{self.before}  =>  {self.after}"


def mutations(tree: ast.Module) -> Iterator[Mutation]:
    """Every mutation of the functions in `tree`, none of them twice and none that changes nothing."""
    nodes = list(ast.walk(tree))
    inside = {id(node): name for function in tree.body for name in [function] for node in ast.walk(function)}
    statements = _statements(tree)
    seen = {ast.unparse(tree)}
    idle = {id(n.operand) for n in nodes if isinstance(n, ast.UnaryOp) and isinstance(n.operand, ast.Constant)}
    idle |= {id(k.value) for k in nodes if isinstance(k, ast.keyword) and k.arg == "strict"}
    for place, node in enumerate(nodes):
        if id(node) not in inside or id(node) in idle or _is_frame(node):
            continue
        for kind, new in _changes(node, *names_of(inside[id(node)])):
            mutant = copy.deepcopy(tree)
            _Put(list(ast.walk(mutant))[place], new).visit(mutant)
            ast.fix_missing_locations(mutant)
            try:
                text = ast.unparse(mutant)
                compile(text, "mutant", "exec")
            except (SyntaxError, ValueError, AttributeError, TypeError):
                continue
            if text not in seen:
                seen.add(text)
                yield Mutation(kind, *_lines(ast.unparse(tree), text, statements.get(id(node), "")), mutant)


class _Put(ast.NodeTransformer):
    """One node (known by identity) replaced."""

    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST | None:
        return copy.deepcopy(self.new) if node is self.old else self.generic_visit(node)


def _is_frame(node: ast.AST) -> bool:
    """What is no part of the work: the head of a function, and its docstring."""
    return isinstance(node, ast.FunctionDef | ast.arguments | ast.arg | ast.expr_context | ast.operator | ast.cmpop)


def names_of(function: ast.AST) -> tuple[list[str], list[str]]:
    """Parameters and local variables, which one may take for one another; and the parameters alone."""
    arguments = [arg.arg for node in ast.walk(function) if isinstance(node, ast.arguments) for arg in node.args]
    stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return list(dict.fromkeys([*arguments, *stored])), arguments


def _statements(tree: ast.Module) -> dict[int, str]:
    found: dict[int, str] = {}
    for statement in ast.walk(tree):
        if isinstance(statement, ast.stmt) and not isinstance(statement, ast.FunctionDef):
            text = ast.unparse(statement).splitlines()[0]
            found |= {id(node): text for node in ast.walk(statement)}
    return found


def _lines(before: str, after: str, statement: str) -> tuple[str, str]:
    """The first line that differs, before and after."""
    old, new = before.splitlines(), after.splitlines()
    for a, b in zip(old, new, strict=False):
        if a != b:
            return a.strip(), b.strip() if len(old) == len(new) or b.strip() else "(left out)"
    return statement, "(left out)"


def _changes(node: ast.AST, names: list[str], parameters: list[str]) -> Iterator[tuple[str, ast.AST | None]]:
    """(kind, what stands in the place of `node`)."""
    match node:
        case ast.Constant():
            yield from _constants(node)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as k)):
            yield from (("constant", _signed(-k + step)) for step in (1, -1))
            yield "sign", ast.Constant(k)
        case ast.UnaryOp():
            yield "operator", node.operand
        case ast.BinOp():
            yield from _binary(node, parameters)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            yield from (("comparison", ast.Compare(left, [new()], [right])) for new in _COMPARISONS.get(type(op), ()))
        case ast.BoolOp():
            yield "operator", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            yield from (("operator", value) for value in node.values)
        case ast.Call():
            yield from _calls(node)
        case ast.Attribute(attr="T", value=value):
            yield "transpose", value
        case ast.Attribute(value=value, attr=attr) if attr in _FUNCTIONS:
            yield "function", ast.Attribute(value, _FUNCTIONS[attr], ast.Load())
        case ast.Subscript():
            yield from _indices(node)
        case ast.Slice():
            yield from _slices(node)
        case ast.Name(ctx=ast.Load()):
            yield from (("wrong matrix", ast.Name(name, ast.Load())) for name in names if name != node.id)
            if node.id in names:
                yield "transpose", _turned(node)
            if node.id in _FUNCTIONS:
                yield "function", ast.Name(_FUNCTIONS[node.id], ast.Load())
        case ast.IfExp(body=body, orelse=orelse):
            yield from (("branch", one) for one in (body, orelse))
        case ast.If():
            yield from (
                ("branch", ast.If(ast.Constant(value), node.body, node.orelse or [ast.Pass()]))
                for value in (True, False)
            )
        case ast.Return(value=ast.Tuple(elts=parts)):
            yield "dropped result", ast.Return(ast.Tuple(parts[:-1], ast.Load()) if len(parts) > 2 else parts[0])
            yield "swapped results", ast.Return(ast.Tuple([parts[1], parts[0], *parts[2:]], ast.Load()))
        case ast.Assign() | ast.AugAssign():
            yield "dropped line", ast.Pass()
            yield from _in_place(node)
        case ast.Expr(value=value) if not isinstance(value, ast.Constant):
            yield "dropped line", ast.Pass()
        case ast.comprehension(ifs=[_, *_]):
            yield "branch", ast.comprehension(node.target, node.iter, [], node.is_async)


def _signed(value: float) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _constants(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield from (("constant", _signed(new)) for new in (value + 1, value - 1))
        if value:
            yield "sign", _signed(-value)
    elif isinstance(value, float):
        yield from (("constant", ast.Constant(new)) for new in (2 * value, -value, value + 1))
    elif isinstance(value, str) and "->" in value:
        yield from (("subscripts", ast.Constant(new)) for new in _subscripts(value))


def _subscripts(text: str) -> Iterator[str]:
    """An einsum with an ellipsis lost, or two letters exchanged on one side."""
    if "..." in text:
        yield text.replace("...", "")
    factors, made = text.split("->")
    for part in dict.fromkeys([*factors.split(","), made]):
        letters = [c for c in part if c.isalpha()]
        if len(letters) > 1:
            a, b = letters[-2:]
            turned = part.replace(a, "?").replace(b, a).replace("?", b)
            yield f"{factors}->{turned}" if part == made else f"{factors.replace(part, turned, 1)}->{made}"


def _binary(node: ast.BinOp, parameters: list[str]) -> Iterator[tuple[str, ast.AST]]:
    left, right = node.left, node.right
    yield from (("operator", ast.BinOp(left, new(), right)) for new in _OPERATORS.get(type(node.op), ()))
    if not isinstance(node.op, ast.Add | ast.Mult):
        yield "swapped operands", ast.BinOp(right, node.op, left)
    yield from (("dropped operand", side) for side in (left, right))
    if isinstance(node.op, ast.MatMult):
        yield "transpose", ast.BinOp(left, node.op, _turned(right))
        yield "transpose", ast.BinOp(_turned(left), node.op, right)
    if isinstance(left, ast.Name) and left.id in parameters and type(node.op) in _IN_PLACE:
        function = ast.Attribute(ast.Name("np", ast.Load()), _IN_PLACE[type(node.op)], ast.Load())
        yield "in place", ast.Call(function, [left, right], [ast.keyword("out", left)])


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    args, keywords = node.args, node.keywords
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    for place in range(len(keywords)):
        if keywords[place].arg == "strict":  # says what is so
            continue
        yield "dropped argument", ast.Call(node.func, args, keywords[:place] + keywords[place + 1 :])
    if len(args) > 1:
        yield "dropped argument", ast.Call(node.func, args[:-1], keywords)
    for place in range(len(args) - 1):
        if name == "swapaxes" and place == len(args) - 2:  # the two axes have no order
            continue
        swapped = [*args[:place], args[place + 1], args[place], *args[place + 2 :]]
        yield "swapped arguments", ast.Call(node.func, swapped, keywords)
    for place, arg in enumerate(args):
        if isinstance(arg, ast.Starred):
            yield "dropped batch axis", ast.Call(node.func, args[:place] + args[place + 1 :], keywords)
    numpy = isinstance(node.func, ast.Attribute) and ast.unparse(node.func).startswith(("np.", "math."))
    if isinstance(node.func, ast.Attribute) and not numpy:
        yield "dropped call", node.func.value
    elif args and not isinstance(args[0], ast.Starred):
        yield "dropped call", args[0]


def _indices(node: ast.Subscript) -> Iterator[tuple[str, ast.AST]]:
    if not isinstance(node.ctx, ast.Load):
        return
    if isinstance(node.slice, ast.Tuple):
        parts = node.slice.elts
        for place, part in enumerate(parts):
            rest = parts[:place] + parts[place + 1 :]
            index = rest[0] if len(rest) == 1 else ast.Tuple(rest, ast.Load())
            whole = isinstance(part, ast.Constant) and part.value is Ellipsis
            yield "dropped batch axis" if whole else "index", ast.Subscript(node.value, index, ast.Load())
    yield "index", node.value


def _slices(node: ast.Slice) -> Iterator[tuple[str, ast.AST]]:
    if node.lower is not None:
        yield "off by one", ast.Slice(None, node.upper, node.step)
    if node.upper is not None:
        yield "off by one", ast.Slice(node.lower, None, node.step)


def _in_place(node: ast.Assign | ast.AugAssign) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(left=ast.Name(id=same), op=op, right=right)):
            if name == same:
                yield "in place", ast.AugAssign(ast.Name(name, ast.Store()), op, right)


def _turned(node: ast.expr) -> ast.expr:
    """The last two axes swapped."""
    swap = ast.Attribute(ast.Name("np", ast.Load()), "swapaxes", ast.Load())
    axes = [ast.UnaryOp(ast.USub(), ast.Constant(1)), ast.UnaryOp(ast.USub(), ast.Constant(2))]
    return ast.Call(swap, [node, *axes], [])
