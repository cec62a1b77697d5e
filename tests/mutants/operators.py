"""The changes: each is one slip that a person could make, or one rule that they could leave out."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

_ORDER: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_CALLS = {"all": "any", "any": "all", "min": "max", "max": "min"}
# What these say is words for people, or shape for a library; no rule hangs on it.
_UNTOUCHED_CALLS = {"field", "NewType", "TypeVar", "cast", "dataclass", "mapped_column", "relationship"}
_UNTOUCHED_KEYWORDS = {"strict", "repr", "ensure_ascii", "separators", "slots"}
_REASONED = {"NotAuthentic", "Rollback"}


@dataclass(frozen=True)
class Change:
    """One change: `new` in the place of `old`, inside of `function` (empty: where the module is loaded).

    `key` names it in whatever line it stands. `first` and `last` are the lines of the statement that it is in.
    """

    function: str
    old: str
    new: str
    number: int
    first: int
    last: int

    @property
    def lines(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def key(self) -> str:
        again = f" ({self.number})" if self.number > 1 else ""
        return f"{self.function or 'module'}: {self.old} → {self.new}{again}"


@dataclass(frozen=True)
class Mutant(Change):
    """A change, and the code of the module with it."""

    code: CodeType = field(repr=False, compare=False)


@dataclass
class _Place:
    """Where a node hangs: under `parent`, in `name`, at `index` where that is a list."""

    parent: ast.AST
    name: str
    index: int | None

    def put(self, node: object) -> None:
        if self.index is None:
            setattr(self.parent, self.name, node)
        else:
            getattr(self.parent, self.name)[self.index] = node


def mutants(path: Path) -> Iterator[Mutant]:
    """All changes of one file, in its order."""
    tree = ast.parse(path.read_text())
    for change, node, place, new in _made(tree):
        if isinstance(new, ast.AST):
            ast.copy_location(new, node)
            ast.fix_missing_locations(new)
        place.put(new)
        code = compile(tree, str(path), "exec", dont_inherit=True)
        place.put(node)
        yield Mutant(**vars(change), code=code)


def keys(path: Path) -> set[str]:
    """Those of all changes of one file, of which none is compiled."""
    return {change.key for change, *_ in _made(ast.parse(path.read_text()))}


def _made(tree: ast.Module) -> Iterator[tuple[Change, ast.AST, _Place, ast.AST | None]]:
    """Each change, with the node in whose place something new is to be put."""
    counted: dict[tuple[str, str, str], int] = {}
    for node, place, context in _walk(tree, None, _Context()):
        for new in _changes(node, place, context):
            old, changed = _short(node), _short(new)
            spot = (context.function, old, changed)
            counted[spot] = counted.get(spot, 0) + 1
            yield Change(context.function, old, changed, counted[spot], context.first, context.last), node, place, new


@dataclass(frozen=True)
class _Context:
    """What stands around a node."""

    function: str = ""
    scope: str = ""
    first: int = 0
    last: int = 0
    loaded: bool = True  # by the import, not by a call


def _walk(node: ast.AST, place: _Place | None, context: _Context) -> Iterator[tuple[ast.AST, _Place, _Context]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        name = f"{context.scope}{node.name}"
        if isinstance(node, ast.ClassDef):
            context = _Context(context.function, f"{name}.", context.first, context.last, context.loaded)
        elif node.name == "__repr__":
            return
        else:
            for index, default in enumerate(node.args.defaults):
                yield from _walk(default, _Place(node.args, "defaults", index), context)
            function = context.function or name
            context = _Context(function, f"{name}.", node.lineno, node.body[-1].end_lineno or 0, loaded=False)
    if isinstance(node, ast.stmt) and hasattr(node, "lineno"):
        last = node.body[0].lineno if hasattr(node, "body") and node.body else (node.end_lineno or node.lineno)
        context = _Context(context.function, context.scope, node.lineno, last, context.loaded)
    if place is not None:
        yield node, place, context
    for name, value in _children(node):
        if isinstance(value, list):
            for index, each in enumerate(value):
                if isinstance(each, ast.AST):
                    yield from _walk(each, _Place(node, name, index), context)
        else:
            yield from _walk(value, _Place(node, name, None), context)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST | list[ast.AST]]]:
    """Those in which something can be changed: no annotations, decorators, docstrings, texts for people."""
    skipped: set[str] = set()
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            skipped = {"decorator_list", "returns", "args", "type_params"}
        case ast.ClassDef():
            skipped = {"decorator_list", "bases", "keywords"}
        case ast.AnnAssign():
            skipped = {"annotation", "target"}
        case ast.Import() | ast.ImportFrom() | ast.JoinedStr() | ast.Assert() | ast.Global():
            return
        case ast.If(test=ast.Name("TYPE_CHECKING")):
            return
        case ast.Assign(targets=[ast.Name("__all__")]):
            return
        case ast.Call(func=ast.Name(name)) if name in _UNTOUCHED_CALLS:
            return
        case ast.keyword(arg=name) if name in _UNTOUCHED_KEYWORDS:
            return
    for name, value in ast.iter_fields(node):
        if name not in skipped and (isinstance(value, ast.AST | list)):
            yield name, value


def _changes(node: ast.AST, place: _Place, context: _Context) -> Iterator[ast.AST | None]:
    parent = place.parent
    match node:
        case ast.If(test=test) if not _is_false(test):
            yield _with(node, test=ast.Constant(False))
            if not isinstance(node.body[-1], ast.Raise | ast.Return | ast.Continue) or node.orelse:
                yield _with(node, test=ast.Constant(True))
        case ast.While(test=test) if not isinstance(test, ast.Constant):
            yield _with(node, test=ast.Constant(False))
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case ast.BoolOp(values=values):
            for index in range(len(values)):
                rest = [*values[:index], *values[index + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        case ast.UnaryOp(op=ast.Not(), operand=operand) if not isinstance(parent, ast.If | ast.BoolOp):
            yield operand
        case ast.Compare(ops=ops):
            for index, op in enumerate(ops):
                other = _ORDER.get(type(op))
                if other is None and not isinstance(parent, ast.If | ast.BoolOp | ast.comprehension):
                    other = _OPPOSITE.get(type(op))
                if other:
                    yield _with(node, ops=[*ops[:index], other(), *ops[index + 1 :]])
        case ast.comprehension(ifs=ifs):
            for index in range(len(ifs)):
                yield _with(node, ifs=[*ifs[:index], *ifs[index + 1 :]])
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC and not _is_annotation_like(node):
            yield _with(node, op=_ARITHMETIC[type(op)]())
        case ast.AugAssign(op=op) if type(op) in _ARITHMETIC:
            yield _with(node, op=_ARITHMETIC[type(op)]())
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
            if value >= 8:  # a cap is raised by a quarter more easily than by one
                yield ast.Constant(value + value // 4)
        case ast.Constant(value=float(value)) if value:
            yield ast.Constant(value * 1.25)
        case ast.Constant(value=str(value)) if _is_reason(parent) or isinstance(parent, ast.Compare):
            yield ast.Constant("another")
        case ast.Expr(value=ast.Call() | ast.YieldFrom()):
            yield ast.Pass()
        case ast.Call(func=ast.Name(name)) if name in _CALLS:
            yield _with(node, func=ast.Name(_CALLS[name], ast.Load()))
        case ast.Continue():
            yield ast.Break()
        case ast.Set(elts=elts) | ast.Tuple(elts=elts) | ast.List(elts=elts) if _is_collection(node, parent, context):
            for index in range(len(elts)):
                rest = [*elts[:index], *elts[index + 1 :]]
                yield (
                    ast.Call(ast.Name("set", ast.Load()), [], [])
                    if isinstance(node, ast.Set) and not rest
                    else (_with(node, elts=rest))
                )
        case ast.Dict(keys=keys, values=values) if context.loaded:
            for index in range(len(keys)):
                yield _with(
                    node, keys=[*keys[:index], *keys[index + 1 :]], values=[*values[:index], *values[index + 1 :]]
                )
        case ast.match_case(guard=ast.AST()):
            yield _with(node, guard=None)
        case ast.MatchClass(patterns=[pattern], kwd_attrs=[]):
            yield pattern


def _with(node: ast.AST, **changes: object) -> ast.AST:
    fields = {name: getattr(node, name) for name in node._fields if hasattr(node, name)}
    new = type(node)(**{**fields, **changes})
    return ast.copy_location(new, node) if hasattr(node, "lineno") else new


def _is_false(test: ast.AST) -> bool:
    return isinstance(test, ast.Constant) and test.value is False


def _is_annotation_like(node: ast.BinOp) -> bool:
    """`str | None` as a value: a pattern's or an isinstance's."""
    return isinstance(node.op, ast.BitOr) and isinstance(node.right, ast.Constant | ast.Name)


def _is_reason(parent: ast.AST) -> bool:
    if isinstance(parent, ast.keyword):
        return parent.arg == "reason"
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in _REASONED


def _is_collection(node: ast.AST, parent: ast.AST, context: _Context) -> bool:
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or isinstance(parent, ast.Subscript | ast.Return):
        return False
    return (
        context.loaded or isinstance(node, ast.Set) or (isinstance(parent, ast.Compare) and node in parent.comparators)
    )


def _short(node: ast.AST | None) -> str:
    """The node as text, without the body of a statement."""
    match node:
        case None:
            return "nothing"
        case ast.If(test=test):
            return f"if {ast.unparse(test)}"
        case ast.While(test=test):
            return f"while {ast.unparse(test)}"
        case ast.comprehension():
            return ast.unparse(node).strip()
        case ast.match_case():
            text = ast.unparse(node.pattern)
            text = f"case {text}" + (f" if {ast.unparse(node.guard)}" if node.guard else "")
        case _:
            text = ast.unparse(node)
    text = " ".join(text.split())
    return text if len(text) <= 160 else f"{text[:100]}…{text[-50:]}"
