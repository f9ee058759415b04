"""What a statement calls when its module is imported: decorators, and functions whose value it binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from xor_sweep.code.names import Chain

HOOKS = frozenset({"__init_subclass__", "__set_name__"})
"""Methods that run when a class is made."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def called(node: ast.stmt) -> Iterator[Chain]:
    """Yield the names that a definition or an assignment calls: `register` for `@register` and `x = register(1)`."""
    if isinstance(node, Definition):
        parts: list[ast.expr] = list(node.decorator_list)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        parts = [each.func for each in _now(node.value) if isinstance(each, ast.Call)]
    else:
        return
    if isinstance(node, ast.ClassDef):
        parts += [keyword.value for keyword in node.keywords]
    yield from filter(None, map(chain, parts))


def bases(node: ast.stmt) -> list[Chain]:
    """Return the names of a class's bases; none of what is no class."""
    return [*filter(None, map(chain, node.bases))] if isinstance(node, ast.ClassDef) else []


def has_hook(node: ast.stmt) -> bool:
    """Return whether a class does something when one below it is made."""
    if not isinstance(node, ast.ClassDef):
        return False
    named = any(isinstance(each, ast.FunctionDef) and each.name in HOOKS for each in node.body)
    return named or any(keyword.arg == "metaclass" for keyword in node.keywords)


def chain(node: ast.expr) -> Chain:
    """Return the dotted name at the start of an expression: `("a", "b")` for `a.b(1)[2].c`; () if it has none."""
    found: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            found.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call | ast.Subscript):
            found = []
            node = node.func if isinstance(node, ast.Call) else node.value
        else:
            return ()
    return (node.id, *reversed(found))


def _now(node: ast.expr | None) -> Iterator[ast.AST]:
    """The nodes of an expression that are evaluated with it: not those inside of a lambda."""
    if node is not None:
        yield node
        for child in ast.iter_child_nodes(node) if not isinstance(node, ast.Lambda) else ():
            if isinstance(child, ast.expr | ast.keyword | ast.comprehension):
                yield from _now(child)  # type: ignore[arg-type]  # these hold expressions
