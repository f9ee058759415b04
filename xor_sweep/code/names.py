"""The names that code refers to beyond itself, read from its bytecode, which knows what is local."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType

Chain = tuple[str, ...]
"""A name and the attributes that are read of it: `("config", "WIDTH")` for `config.WIDTH`."""

LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
BINDS = frozenset({"STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL"})


def referred(code: CodeType) -> set[Chain]:
    """Return the global names that code and the functions in it read, with the attributes that are read of them."""
    found: set[Chain] = set()
    for each in every(code):
        chain: list[str] = []
        for opcode, argument in _operations(each):
            if chain and opcode in ATTRIBUTES:
                chain.append(argument)
                continue
            if chain:
                found.add(tuple(chain))
            chain = [argument] if opcode in LOADS else []
    return found


def bound(code: CodeType) -> set[str]:
    """Return the names of its module that code binds when it runs, or that a function in it declares global."""
    names = {argument for opcode, argument in _operations(code) if opcode in BINDS}
    for each in every(code):
        names |= {argument for opcode, argument in _operations(each) if opcode in ("STORE_GLOBAL", "DELETE_GLOBAL")}
    return names


def imported(code: CodeType) -> set[Chain]:
    """Return what code and the functions in it import when they run: modules, or names of them."""
    found: set[Chain] = set()
    for each in every(code):
        module = ""
        for opcode, argument in _operations(each):
            if opcode == "IMPORT_NAME":
                module = argument
                found.add((module,))
            elif opcode == "IMPORT_FROM":
                found.discard((module,))
                found.add((module, argument))
    return found


def every(code: CodeType) -> Iterator[CodeType]:
    """Yield code and all code in it: of functions, classes and comprehensions."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from every(constant)


def _operations(code: CodeType) -> Iterator[tuple[str, str]]:
    for instruction in dis.get_instructions(code):
        if instruction.opname != "EXTENDED_ARG":
            yield instruction.opname, str(instruction.argval)
