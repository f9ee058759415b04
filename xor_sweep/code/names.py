"""The names that code refers to beyond itself, read from its bytecode, which knows what is local."""

from __future__ import annotations

import dis
from collections.abc import Iterator, Mapping
from types import CodeType

Chain = tuple[str, ...]
"""A name and the attributes that are read of it: `("config", "WIDTH")` for `config.WIDTH`."""

LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
NAMES = LOADS | ATTRIBUTES | {"IMPORT_FROM"}
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


READERS = frozenset({"open", "exec", "eval", "globals", "__import__"})
"""Functions of Python's that reach what no hash of code holds."""

READING = frozenset(
    {
        *("load_weights", "load_model", "load_img", "read_text", "read_bytes", "readlines", "fromfile", "loadtxt"),
        *("genfromtxt", "read_csv", "read_parquet", "read_json", "read_excel", "read_pickle", "read_table"),
        *("environ", "getenv", "import_module", "urlopen", "safe_load"),
    }
)
"""Functions and methods of any module or object that do."""

LOADERS = frozenset({"json", "pickle", "_pickle", "numpy", "joblib", "yaml", "tomllib", "torch", "dill", "cloudpickle"})
"""Modules whose `load` does, a name that other things have too."""

LOAD = "load"


def reads(code: CodeType, aliases: Mapping[str, str]) -> set[str]:
    """Return the names by which code and the functions in it read files and the environment, which no hash holds.

    Args:
        code: compiled.
        aliases: for global names of its module, what they stand for: `numpy` for `np`, `json.load` for `load`.
    """
    found = set()
    for chain in referred(code):
        meant = (*aliases.get(chain[0], chain[0]).split("."), *chain[1:])
        if chain[0] in READERS or (LOAD in meant[1:] and meant[0] in LOADERS):
            found.add(".".join(chain))
    inside = imported(code)
    for each in every(code):
        names = {argument for opcode, argument in _operations(each) if opcode in NAMES}
        found |= names & READING
        if LOAD in names:
            found |= {f"{chain[0]}.{LOAD}" for chain in inside if chain[0].partition(".")[0] in LOADERS}
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
