"""What a function uses, found in source files alone: nothing is imported or run.

The statements that bind the function's name, those that bind the names that they refer to, and so on through all
modules of the user's own; and what these modules do when they are imported. Of installed packages the names count: a
result records their versions.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
from collections.abc import Iterator
from pathlib import Path

from xor_sweep.code.calling import bases, called, chain, has_hook
from xor_sweep.code.module_text import Import, ModuleText, module_text
from xor_sweep.code.names import Chain
from xor_sweep.code.own import PACKAGE, Place, find_module


class Closure:
    """The statements that a name of a module depends on.

    Attributes:
        used: by module, the text of each of them with its place in the module.
        files: by module, the file that it stands in.
        reads: the names by which they read files and the environment, whose content is in no hash.
        unread: files of the user's own that cannot be read as Python.
    """

    def __init__(self, module: str, chain: Chain) -> None:
        self.used: dict[str, set[tuple[int, str]]] = {}
        self.files: dict[str, Path] = {}
        self.reads: set[str] = set()
        self.unread: set[str] = set()
        self._places: dict[str, Place | None] = {}
        self._texts: dict[str, ModuleText | None] = {}
        self._taken: set[tuple[str, int]] = set()
        self._seen: set[tuple[str, Chain]] = set()
        self._waiting: list[tuple[str, Chain]] = [(module, chain)]
        while self._waiting:
            self._follow(*self._waiting.pop())

    def digest(self) -> str:
        """SHA-256 of the statements, in hex: those of each module in their order."""
        found = hashlib.sha256()
        for module in sorted(self.used):
            for _, text in sorted(self.used[module]):
                found.update(f"{module} {text}\n".encode("utf-8", "surrogatepass"))
        return found.hexdigest()

    def _follow(self, module: str, chain: Chain) -> None:
        """Take in what a name of a module stands for; the empty chain is the whole module."""
        if (module, chain) in self._seen:
            return
        self._seen.add((module, chain))
        text = self._text(module)
        places = [] if text is None or not chain else text.places(chain[0])
        for place in places:
            self._take(module, place, chain)
        if text is not None and not chain:
            for place in range(len(text.statements)):
                self._take(module, place, ())
        if chain and not places:
            for place in text.stars if text is not None else ():
                self._take(module, place, chain)
            below = f"{module}.{chain[0]}"
            if self._is_own(module) and self._is_own(below):
                self._waiting.append((below, chain[1:]))

    def _take(self, module: str, place: int, chain: Chain) -> None:
        text = self._text(module)
        assert text is not None
        statement = text.statements[place]
        if isinstance(statement.node, Import):
            self._import(module, place, statement.node, chain)
        elif (module, place) not in self._taken:
            self._taken.add((module, place))
            self.used.setdefault(module, set()).add((place, statement.text))
            self.reads |= statement.reads
            self._waiting += [(module, each) for each in statement.refers]
            for node in statement.imports:
                self._import(module, place, node, ())

    def _import(self, module: str, place: int, node: Import, chain: Chain) -> None:
        """Follow one name of an import, or all of them if the chain is empty."""
        source = self._source(module, node) if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            name = alias.asname or alias.name
            rest = chain[1:]
            if isinstance(node, ast.Import):
                if not chain or alias.asname is not None:
                    leads = (alias.name, rest)
                else:
                    name, _, _ = alias.name.partition(".")
                    leads = (name, rest)
            elif alias.name == "*":
                name, leads = chain[0] if chain else "", (source, chain)
            else:
                leads = (source, (alias.name, *rest))
            if not chain or chain[0] == name:
                text = f"{source} {alias.name} as {alias.asname}"
                self.used.setdefault(module, set()).add((place, text))
                self._waiting.append(leads)

    def _source(self, module: str, node: ast.ImportFrom) -> str:
        """The whole name of the module that names are imported from."""
        if not node.level:
            return node.module or ""
        found = self._place(module)
        package = module if found is not None and found.folders is not None else module.rpartition(".")[0]
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        return f"{package}.{node.module}" if node.module else package

    def _place(self, module: str) -> Place | None:
        if module not in self._places:
            self._places[module] = find_module(module) if module else None
        return self._places[module]

    def _is_own(self, module: str) -> bool:
        if module.partition(".")[0] == PACKAGE:
            return False
        place = self._place(module)
        return place is not None and place.is_own

    def _text(self, module: str) -> ModuleText | None:
        """The text of a module of the user's own; None for any other one, and for what is not a module."""
        if module not in self._texts:
            self._texts[module] = text = self._read(module) if self._is_own(module) else None
            if text is not None:
                self._run(module, text)
        return self._texts[module]

    def _read(self, module: str) -> ModuleText | None:
        place = self._place(module)
        if place is None or place.file is None:
            return None
        try:
            text = module_text(place.file)
        except (OSError, SyntaxError, ValueError):
            self.unread.add(str(place.file))
            return None
        self.files[module] = place.file
        return text

    def _run(self, module: str, text: ModuleText) -> None:
        """Take in what a module does when it is imported, and what those do that it imports then."""
        for place, statement in enumerate(text.statements):
            if statement.acts or self._registers(module, statement.node):
                self._take(module, place, ())
        if package := module.rpartition(".")[0]:
            self._text(package)
        for statement in text.statements:
            for node in statement.imports if isinstance(statement.node, Import | ast.If | ast.Try) else ():
                for name in self._modules(module, node):
                    self._text(name)

    def _modules(self, module: str, node: Import) -> Iterator[str]:
        """The modules that an import runs."""
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        yield (source := self._source(module, node))
        if self._is_own(source):
            yield from (below for alias in node.names if self._is_own(below := f"{source}.{alias.name}"))

    def _registers(self, module: str, node: ast.stmt) -> bool:
        """Whether a definition or an assignment calls code of the user's own, which may note it somewhere."""
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            return True
        return any(self._is_bound(module, each[0]) for each in called(node)) or any(
            self._is_hooked(module, each, set()) for each in bases(node)
        )

    def _is_bound(self, module: str, name: str, passed: Chain = ()) -> bool:
        """Whether a name of a module stands for something of the user's own.

        Args:
            module, name: the module and its name.
            passed: names that stand for this one.
        """
        text = self._text(module)
        if text is None or name in passed:
            return False
        for place in text.places(name):
            node = text.statements[place].node
            if isinstance(node, Import):
                if any(self._is_own(source) for source, _ in self._sources(module, node, name)):
                    return True
            elif isinstance(node, ast.Assign) and (same := chain(node.value)) and not isinstance(node.value, ast.Call):
                if self._is_bound(module, same[0], (*passed, name)):
                    return True
            else:
                return True
        stars = [text.statements[place].node for place in text.stars]
        own = any(self._is_own(self._source(module, node)) for node in stars if isinstance(node, ast.ImportFrom))
        return own and not text.places(name) and not hasattr(builtins, name)

    def _is_hooked(self, module: str, name: Chain, seen: set[tuple[str, Chain]]) -> bool:
        """Whether a class of the user's own, or one above it, does something when one below it is made."""
        text = self._text(module)
        if text is None or not name or (module, name) in seen:
            return False
        seen.add((module, name))
        for place in text.places(name[0]):
            node = text.statements[place].node
            if isinstance(node, Import):
                found = ((source, (*named, *name[1:])) for source, named in self._sources(module, node, name[0]))
                hooked = any(self._is_hooked(source, rest, seen) for source, rest in found)
            else:
                hooked = has_hook(node) or any(self._is_hooked(module, each, seen) for each in bases(node))
            if hooked:
                return True
        return False

    def _sources(self, module: str, node: Import, name: str) -> Iterator[tuple[str, Chain]]:
        """The modules that an import takes a name from, each with the name there; () if it is the module."""
        for alias in node.names:
            if name == (alias.asname or alias.name.partition(".")[0]):
                if isinstance(node, ast.ImportFrom):
                    yield self._source(module, node), (alias.name,)
                    yield f"{self._source(module, node)}.{alias.name}", ()
                else:
                    yield alias.name if alias.asname else name, ()
