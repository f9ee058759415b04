"""Source text as a syntax tree in one form: without positions, comments, docstrings and what versions of Python add."""

from __future__ import annotations

import ast
from typing import Any

LEFT_OUT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
"""Fields that change nothing that is computed."""


def canonical(node: ast.AST) -> str:
    """Return a node as text that is equal for nodes that mean the same, in every version of Python.

    Empty fields are left out, such as those that a later version added.
    """
    parts = []
    for name in sorted(node._fields):
        value = getattr(node, name, None)
        if name == "body" and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            value = without_docstring(value)
        if name not in LEFT_OUT and (value is not None or isinstance(node, ast.Constant)) and value != []:
            parts.append(f"{name}={_value(value)}")
    return f"{type(node).__name__}({', '.join(parts)})"


def _value(value: Any) -> str:
    if isinstance(value, ast.AST):
        return canonical(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return f"{type(value).__name__}:{value!r}"


def without_docstring(body: Any) -> Any:
    """Return the statements of a function, a class or a module without its docstring."""
    if isinstance(body, list) and body and is_text(body[0]):
        return body[1:]
    return body


def is_text(statement: ast.stmt) -> bool:
    """Return whether a statement is a text alone, which does nothing."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def is_skipped_guard(statement: ast.stmt) -> bool:
    """Return whether it is `if __name__ == "__main__":` or `if TYPE_CHECKING:`, whose body an import does not run."""
    return isinstance(statement, ast.If) and not statement.orelse and canonical(statement.test) in SKIPPED


SKIPPED = tuple(
    canonical(ast.parse(text, mode="eval").body)
    for text in ("__name__ == '__main__'", "'__main__' == __name__", "TYPE_CHECKING", "typing.TYPE_CHECKING")
)
