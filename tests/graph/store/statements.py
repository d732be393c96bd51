"""Whether source code can send the Neo4j server anything but the statements of its one module.

`problems` reads source text and names every line that could.  It is strict where it cannot tell.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

__all__ = ["problems", "problems_of_module"]

MODULE = "graph.store.cypher"
WIRE = "graph.store.neo4j"  # the one file that may import the driver
DRIVER = "neo4j"
SENDS = frozenset({"run", "send", "execute", "rows", "execute_query", "Query"})
BUILDS = frozenset({"Statement"})
CYPHER = ("MATCH (", "MERGE (", "CREATE (", "UNWIND ", "DETACH ", "CALL db", "CALL {", "CALL (")
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Block = ast.Module | _Function


def problems(source: str, name: str) -> list[str]:
    """What is wrong with a module called `name`, other than the module of statements."""
    tree = ast.parse(source)
    imported = dict(_imports(tree))
    found = [
        (node.lineno, "the driver is imported")
        for node in ast.walk(tree)
        if name != WIRE and isinstance(node, ast.Import | ast.ImportFrom) and _is_driver(node)
    ]
    found += [
        (node.lineno, "a statement is written here")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_cypher(node.value)
    ]
    # Who imports neither has no transaction in hand, and may call its own things `run`.
    if any(where.startswith((MODULE, WIRE)) for where in imported.values()):
        found += _Calls(imported).of(tree)
    return [f"{name}:{line}: {what}" for line, what in sorted(found)]


def problems_of_module(source: str) -> list[str]:
    """What is wrong with the module of statements: any text in it that is put together."""
    found = []
    for function, node in _within(ast.parse(source), ""):
        what = _built(node)
        if what == ".replace" and function == "_spread":
            continue
        if what == ".join" and function == "rel_columns":
            continue
        if what:
            found.append(f"{getattr(node, 'lineno', 0)}: {what} in {function or 'the module'}")
    return found


def _within(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        yield function, child
        inner = child.name if isinstance(child, ast.FunctionDef) else function
        yield from _within(child, inner)


def _built(node: ast.AST) -> str:
    """How a node puts text together, "" when it does not."""
    if isinstance(node, ast.JoinedStr):
        return "f-string"
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Add | ast.Mod):
        return type(node.op).__name__
    if isinstance(node, ast.Attribute) and node.attr in {
        "format", "format_map", "replace", "join", "translate", "removeprefix", "substitute",
    }:  # fmt: skip
        return f".{node.attr}"
    return ""


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names bound by imports, with the full name of what they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0], alias.name


def _is_driver(node: ast.Import | ast.ImportFrom) -> bool:
    names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return any(name.partition(".")[0] == DRIVER for name in names)


def _is_cypher(text: str) -> bool:
    return any(words in text for words in CYPHER)


@dataclass
class _Scope:
    """What the names of one block are bound to, None where that is beyond telling."""

    outer: _Scope | None
    bound: dict[str, list[ast.expr | None]] = field(default_factory=dict)
    trusted: set[str] = field(default_factory=set)  # parameters of type Statement

    def find(self, name: str) -> _Scope | None:
        if name in self.bound or name in self.trusted:
            return self
        return self.outer.find(name) if self.outer else None


class _Calls:
    """Calls that send something, and what they send."""

    def __init__(self, imported: dict[str, str]) -> None:
        self._imported = imported

    def of(self, tree: ast.Module) -> list[tuple[int, str]]:
        return list(self._block(tree, None))

    def _block(self, block: _Block, outer: _Scope | None) -> Iterator[tuple[int, str]]:
        scope = _Scope(outer)
        if not isinstance(block, ast.Module):
            self._parameters(block, scope)
        inside = list(_own(block))
        for node in inside:
            self._bind(node, scope)
        for node in _renamed(inside):
            yield node.lineno, f"{node.attr} goes under another name"
        for node in inside:
            if isinstance(node, _Function):
                yield from self._block(node, scope)
            elif isinstance(node, ast.Call):
                yield from self._call(node, scope)

    def _call(self, call: ast.Call, scope: _Scope) -> Iterator[tuple[int, str]]:
        name = _last_name(call.func)
        if name in SENDS and not (call.args and self._is_safe(call.args[0], scope)):
            yield call.lineno, f"{name}() is given what is not a statement of {MODULE}"
        if name in BUILDS or any(word.arg == "text" for word in call.keywords):
            yield call.lineno, "a statement is made here"

    def _parameters(self, block: _Function, scope: _Scope) -> None:
        given = block.args
        for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs):
            if arg.annotation is not None and _last_name(arg.annotation) == "Statement":
                scope.trusted.add(arg.arg)
            else:
                scope.bound[arg.arg] = [None]
        for other in (given.vararg, given.kwarg):
            if other is not None:
                scope.bound[other.arg] = [None]

    def _bind(self, node: ast.AST, scope: _Scope) -> None:
        pairs: list[tuple[ast.expr, ast.expr | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            pairs = [(node.target, None if isinstance(node, ast.AugAssign) else node.value)]
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            pairs = [(node.target, node.iter)]
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            pairs = [(node.optional_vars, None)]
        for target, value in pairs:
            alone = isinstance(target, ast.Name)
            for leaf in ast.walk(target):
                if isinstance(leaf, ast.Name):
                    scope.bound.setdefault(leaf.id, []).append(value if alone else None)

    def _is_safe(
        self, value: ast.expr | None, scope: _Scope, seen: frozenset[str] = frozenset()
    ) -> bool:
        """Whether an expression can only be a statement, or a group of them, of the module."""
        again = partial(self._is_safe, scope=scope, seen=seen)
        if isinstance(value, ast.Name):
            return self._is_safe_name(value.id, scope, seen)
        if isinstance(value, ast.IfExp):
            return again(value.body) and again(value.orelse)
        if isinstance(value, ast.Subscript):
            return again(value.value)
        if isinstance(value, ast.Attribute):
            return self._is_module(value.value) or (value.attr == "text" and again(value.value))
        if isinstance(value, ast.Call):
            return self._is_safe_call(value, scope, seen)
        return False

    def _is_safe_name(self, name: str, scope: _Scope, seen: frozenset[str]) -> bool:
        where = scope.find(name)
        if where is None:
            return self._imported.get(name, "").startswith(f"{MODULE}.")
        if name in seen:
            return True  # bound to itself: its other bindings decide
        bound = where.bound.get(name, [])
        return all(self._is_safe(value, where, seen | {name}) for value in bound)

    def _is_safe_call(self, call: ast.Call, scope: _Scope, seen: frozenset[str]) -> bool:
        """A function of the module, the values of a group, or a wrapper given a statement."""
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr == "values":
            return self._is_safe(func.value, scope, seen)
        if isinstance(func, ast.Name) and func.id == "_query":
            return bool(call.args) and self._is_safe(call.args[0], scope, seen)
        return isinstance(func, ast.Name | ast.Attribute) and self._is_safe(func, scope, seen)

    def _is_module(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Name) and self._imported.get(value.id) == MODULE


def _renamed(nodes: Sequence[ast.AST]) -> Iterator[ast.Attribute]:
    """What sends, neither called nor kept under its own name: one would not see it called."""
    known = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Assign) and _is_kept(node):
            known |= {id(node.value), *map(id, node.targets)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and node.attr in SENDS and id(node) not in known:
            yield node


def _is_kept(node: ast.Assign) -> bool:
    name = node.value.attr if isinstance(node.value, ast.Attribute) else ""
    return all(_last_name(target) == name for target in node.targets)


def _own(block: ast.AST) -> Iterator[ast.AST]:
    """Every node of a block, without those of the functions in it (but with these themselves)."""
    for child in ast.iter_child_nodes(block):
        yield child
        if not isinstance(child, _Function):
            yield from _own(child)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant):
        return str(node.value).rpartition(".")[2]
    return node.id if isinstance(node, ast.Name) else ""
