"""What a function uses, found in source files alone: nothing is imported or run.

The statements that bind the function's name, those that bind the names that they refer to, and so on through all
modules of the user's own; and what these modules do when they are imported. Of installed packages the names count: a
result records their versions.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from xor_sweep.code.module_text import Import, ModuleText, module_text
from xor_sweep.code.names import Chain
from xor_sweep.code.own import PACKAGE, Place, find_module


class Closure:
    """The statements that a name of a module depends on.

    Attributes:
        used: by module, the text of each of them with its place in the module.
        files: by module, the file that it stands in.
        unread: files of the user's own that cannot be read as Python.
    """

    def __init__(self, module: str, chain: Chain) -> None:
        self.used: dict[str, set[tuple[int, str]]] = {}
        self.files: dict[str, Path] = {}
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
        for place in text.acting:
            self._take(module, place, ())
        if package := module.rpartition(".")[0]:
            self._text(package)
        for statement in text.statements:
            for node in statement.imports if isinstance(statement.node, Import | ast.If | ast.Try) else ():
                names = [alias.name for alias in node.names]
                for name in [self._source(module, node)] if isinstance(node, ast.ImportFrom) else names:
                    self._text(name)
