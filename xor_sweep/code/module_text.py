"""A module read as text: its statements at the top, the names that each binds and those that it refers to."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from xor_sweep.code.names import Chain, bound, reads, referred
from xor_sweep.code.syntax import canonical, is_skipped_guard, is_text

Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a module.

    Attributes:
        node: its syntax tree.
        binds: the names that it binds.
        refers: the names that it reads of its module, those of functions in it included.
        reads: the names by which it reads files and the environment.
        acts: whether it does something else than bind names, as `settings["lr"] = 1` and calls do.
    """

    node: ast.stmt
    binds: frozenset[str]
    refers: frozenset[Chain]
    reads: frozenset[str]
    acts: bool

    @cached_property
    def text(self) -> str:
        """The statement in canonical form."""
        return canonical(self.node)

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """The imports that stand in it."""
        return tuple(each for each in ast.walk(self.node) if isinstance(each, Import))


@dataclass(frozen=True)
class ModuleText:
    """The statements of a module, without what an import does not run."""

    statements: tuple[Statement, ...]

    def places(self, name: str) -> list[int]:
        """Return the places of the statements that bind a name."""
        return self._by_name.get(name, [])

    @cached_property
    def stars(self) -> list[int]:
        """The places of the star imports."""
        return [place for place, each in enumerate(self.statements) if _is_star(each.node)]

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, statement in enumerate(self.statements):
            for name in statement.binds:
                found.setdefault(name, []).append(place)
        return found


@lru_cache(maxsize=256)
def parsed(source: bytes) -> ModuleText:
    """Read a module from its source.

    Raises:
        SyntaxError: if it is not Python.
        ValueError: if it holds what no source may.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    tree = ast.parse(source.decode(encoding))
    futures = [each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    rest = [each for each in tree.body if each not in futures and not is_text(each) and not is_skipped_guard(each)]
    aliases = _aliases(rest)
    return ModuleText(tuple(_statement(each, futures, aliases) for each in rest))


def module_text(path: Path) -> ModuleText:
    """Read a module's file; raises as `parsed` does, or an OSError."""
    return parsed(path.read_bytes())


def _aliases(nodes: list[ast.stmt]) -> dict[str, str]:
    """What the names that a module imports stand for."""
    found: dict[str, str] = {}
    for node in (each for top in nodes for each in ast.walk(top) if isinstance(each, Import)):
        home = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        found |= {alias.asname or alias.name: f"{home}{alias.name}" for alias in node.names}
    return found


def _statement(node: ast.stmt, futures: list[ast.ImportFrom], aliases: dict[str, str]) -> Statement:
    code = compile(ast.Module([*futures, node], []), "<statement>", "exec", dont_inherit=True, optimize=0)
    names = frozenset(reads(code, aliases))
    return Statement(node, frozenset(bound(code)), frozenset(referred(code)), names, _acts(node))


def _acts(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | Import | ast.Pass):
        return False
    if isinstance(node, ast.Assign):
        return not all(isinstance(target, ast.Name | ast.Tuple | ast.List) for target in node.targets)
    if isinstance(node, ast.AnnAssign):
        return not isinstance(node.target, ast.Name)
    if isinstance(node, ast.If | ast.Try):
        return any(map(_acts, _inner(node)))
    return not is_text(node)


def _inner(node: ast.If | ast.Try) -> Iterator[ast.stmt]:
    yield from node.body
    yield from node.orelse
    if isinstance(node, ast.Try):
        yield from node.finalbody
        for handler in node.handlers:
            yield from handler.body


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
