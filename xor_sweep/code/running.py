"""The syntax of code that runs in this process: its source text, if that is what the code was compiled from."""

from __future__ import annotations
import __future__

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

from xor_sweep.code.names import every
from xor_sweep.code.syntax import canonical

FUTURES = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})
HAS_DOCSTRING = 0x4000000
"""The flag of code with a docstring, from Python 3.13 on."""

KNOWN = 4096
"""Code whose syntax is remembered at most."""

Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_known: dict[CodeType, str] = {}
"""Code keeps the syntax that it was compiled from, also when its file is edited and not imported again."""


class Syntax(NamedTuple):
    """How code reads.

    Attributes:
        text: in canonical form, or its bytecode if no source is found that it was compiled from.
        stale: the file that should hold its source and holds another one; empty if it does.
    """

    text: str
    stale: str = ""


def syntax_of(code: CodeType, module: dict[str, Any]) -> Syntax:
    """Return how a function's code reads.

    Args:
        code: of the function.
        module: the globals of the function, by which its source may be found.
    """
    linecache.checkcache(code.co_filename)
    source = "".join(linecache.getlines(code.co_filename, module))
    found = _found(code, source) if source else None
    if found is not None:
        if len(_known) >= KNOWN:
            _known.clear()
        _known[code] = found
        return Syntax(found)
    stale = code.co_filename if source else ""
    return Syntax(_known[code] if code in _known else bytecode(code), stale)


def bytecode(code: CodeType) -> str:
    """Return code without a source as text: bytecode, constants and names, without the place where it stood."""
    constants = [bytecode(each) if isinstance(each, CodeType) else _constant(each) for each in code.co_consts]
    names = [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars]
    return f"code {code.co_code.hex()} {constants} {names}"


def _constant(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"frozenset {sorted(map(_constant, value))}"
    if isinstance(value, tuple):
        return f"tuple {[_constant(each) for each in value]}"
    return f"{type(value).__name__} {value!r}"


def _found(code: CodeType, source: str) -> str | None:
    """The syntax of the function in a source that compiles to the same code; the one at its own line before others."""
    alike = [each for each in _codes(source, code.co_flags & FUTURES) if _is_same(each, code)]
    alike.sort(key=lambda each: each.co_firstlineno != code.co_firstlineno)
    nodes = (node for each in alike if (node := _node(each, source)) is not None)
    node = next(nodes, None)
    return None if node is None else canonical(node)


@lru_cache(maxsize=64)
def _codes(source: str, flags: int) -> tuple[CodeType, ...]:
    try:
        whole = compile(source, "<source>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError):
        return ()
    return tuple(every(whole))


@lru_cache(maxsize=64)
def _nodes(source: str) -> tuple[Node, ...]:
    return tuple(each for each in ast.walk(ast.parse(source)) if isinstance(each, Node))


def _node(code: CodeType, source: str) -> Node | None:
    """The node of the function that code was compiled from."""
    if code.co_name == "<lambda>":
        return _lambda(code, source)
    for node in _nodes(source):
        if not isinstance(node, ast.Lambda) and node.name == code.co_name and _first_line(node) == code.co_firstlineno:
            return node
    return None


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _lambda(code: CodeType, source: str) -> Node | None:
    """The smallest lambda in whose place all of the code stands."""
    spots = set(_spots(code))
    around = [
        node
        for node in _nodes(source)
        if isinstance(node, ast.Lambda)
        and node.lineno == code.co_firstlineno
        and spots
        and all((node.body.lineno, node.body.col_offset) <= spot <= _end(node) for spot in spots)
    ]
    return min(around, key=lambda node: (_end(node)[0] - node.lineno, _end(node)[1] - node.col_offset), default=None)


def _spots(code: CodeType) -> Iterator[tuple[int, int]]:
    for line, _, column, _ in code.co_positions():
        if line is not None and column is not None and (line, column) != (code.co_firstlineno, 0):
            yield line, column


def _end(node: ast.Lambda) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _is_same(one: CodeType, other: CodeType) -> bool:
    """Whether code does the same, wherever it stands and whatever its docstrings say."""
    return one.co_name == other.co_name and one.co_qualname == other.co_qualname and _does_same(one, other)


def _does_same(one: CodeType, other: CodeType) -> bool:
    signature = ("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_code", "co_names", "co_varnames")
    if any(getattr(one, name) != getattr(other, name) for name in (*signature, "co_freevars", "co_cellvars")):
        return False
    constants = _constants(one), _constants(other)
    if len(constants[0]) != len(constants[1]):
        return False
    return all(
        _does_same(a, b) if isinstance(a, CodeType) and isinstance(b, CodeType) else _constant(a) == _constant(b)
        for a, b in zip(*constants, strict=True)
    )


def _constants(code: CodeType) -> tuple[Any, ...]:
    """The constants without the docstring, which is the first one."""
    first = code.co_consts[0] if code.co_consts else None
    if isinstance(first, str) and code.co_name != "<lambda>" and _has_docstring(code):
        return (None, *code.co_consts[1:])
    return code.co_consts


def _has_docstring(code: CodeType) -> bool:
    import sys

    return sys.version_info < (3, 13) or bool(code.co_flags & HAS_DOCSTRING)
