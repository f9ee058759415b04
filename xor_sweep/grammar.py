"""Hydra's override grammar as xor_sweep reads it: with exact functions, and the same under `python -O`.

Hydra's visitor takes the next token inside of two asserts, so without asserts it reads neither functions nor mappings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from math import isfinite
from typing import Any

from hydra._internal.grammar.functions import FunctionCall, Functions
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import KEY_RULES, OverridesParser
from hydra.core.override_parser.overrides_visitor import HydraErrorListener, HydraOverrideVisitor
from hydra.core.override_parser.types import ChoiceSweep, Glob, Override, Sweep
from hydra.errors import HydraException
from hydra.grammar.gen.OverrideLexer import (  # type: ignore[attr-defined]  # it has ANTLR's names too
    CommonTokenStream,
    InputStream,
    OverrideLexer,
)
from hydra.grammar.gen.OverrideParser import OverrideParser

from xor_sweep.sweep_functions import FUNCTIONS, SweepFunctionError


class ExactFunctions(Functions):
    """Calls the functions of `sweep_functions`, which check and unquote what they are given themselves."""

    def __init__(self) -> None:
        super().__init__()
        for name, function in FUNCTIONS.items():
            self.register(name, function)

    def eval(self, func: FunctionCall) -> Any:
        """The value of a call.

        Raises:
            SweepFunctionError: if there is no such function, or it does not take what it is given.
        """
        if func.name not in self.functions:
            raise SweepFunctionError(f"there is no {func.name}(…); there are {', '.join(sorted(self.functions))}")
        try:
            bound = self.definitions[func.name].bind(*func.args, **func.kwargs)
        except TypeError as error:
            raise SweepFunctionError(f"{func.name}: {error}") from error
        return self.functions[func.name](*bound.args, **bound.kwargs)


class Visitor(HydraOverrideVisitor):
    """Hydra's, without side effects in asserts."""

    def visitFunction(self, ctx: OverrideParser.FunctionContext) -> Any:  # noqa: N802  # ANTLR's name
        """The value of a function call."""
        name, _, *inside = ctx.getChildren()  # the name, the opening bracket, and what is between the brackets
        call = FunctionCall(name=name.getText(), args=[], kwargs={})
        named: str | None = None
        for child in inside[:-1]:
            if isinstance(child, OverrideParser.ArgNameContext):
                named = child.getChild(0).getText()
            elif isinstance(child, OverrideParser.ElementContext):
                value = self.written(child) if call.name == "range" else self.visitElement(child)
                if named is not None:
                    call.kwargs[named] = value
                elif call.kwargs:
                    raise HydraException(f"{ctx.getText()}: a value without a name stands after one with a name")
                else:
                    call.args.append(value)
                named = None
        try:
            return self.functions.eval(call)
        except SweepFunctionError as error:
            raise HydraException(f"{ctx.getText()}: {error}") from error

    def written(self, element: OverrideParser.ElementContext) -> Any:
        """A value, a number with a point as the decimal that it was written as."""
        value = self.visitElement(element)
        literal = isinstance(element.getChild(0), OverrideParser.PrimitiveContext)
        return Decimal(element.getText().strip()) if literal and isinstance(value, float) and isfinite(value) else value

    def visitDictKeyValuePair(  # noqa: N802  # ANTLR's name
        self, ctx: OverrideParser.DictKeyValuePairContext
    ) -> tuple[Any, Any]:
        """A key of a mapping, and its value."""
        key, _, value = ctx.getChildren()  # the colon is between them
        return self.visitDictKey(key), self.visitElement(value)


class Parser(OverridesParser):
    """Hydra's parser with our functions and visitor.

    Args:
        config_loader: what `glob` asks for the options of a group.
    """

    def __init__(self, config_loader: ConfigLoader | None = None) -> None:
        super().__init__(ExactFunctions(), config_loader)

    def parse_rule(self, s: str, rule_name: str) -> Any:
        """What a text means by a rule of the grammar.

        Raises:
            hydra.errors.HydraException: if it means nothing.
        """
        listener = HydraErrorListener()
        lexer = OverrideLexer(InputStream(s))
        lexer.removeErrorListeners()
        lexer.addErrorListener(listener)
        if rule_name not in KEY_RULES:
            lexer.mode(OverrideLexer.VALUE_MODE)
        parser = OverrideParser(CommonTokenStream(lexer))
        parser.removeErrorListeners()
        parser.addErrorListener(listener)
        read = Visitor(self.functions).visit(getattr(parser, rule_name)())
        if isinstance(read, Override):
            read.input_line = s
            read.validate()
            check_sweep(read)
        return read


def check_sweep(override: Override) -> None:
    """Refuse a sweep among the values of another one, of a list or of a mapping.

    Raises:
        HydraException: if there is one.
    """
    value = override._value
    inside = value.list if isinstance(value, ChoiceSweep) else value if isinstance(value, list | dict) else []
    if any(map(holds_sweep, inside.values() if isinstance(inside, dict) else inside)):
        reason = SweepFunctionError("a sweep stands alone, and in no list, mapping or other sweep")
        raise HydraException(str(reason)) from reason


def holds_sweep(value: Any) -> bool:
    """Whether a value is a sweep, or a list or mapping with one in it."""
    if isinstance(value, dict | list):
        return any(map(holds_sweep, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Sweep | Glob)


@contextmanager
def read_by_hydra() -> Iterator[None]:
    """Have Hydra itself, and every sweeper, read overrides by this grammar while the block runs."""
    before = OverridesParser.__dict__["create"]
    OverridesParser.create = classmethod(lambda _, config_loader=None: Parser(config_loader))  # type: ignore[method-assign,assignment]  # put back below
    try:
        yield
    finally:
        OverridesParser.create = before  # type: ignore[method-assign]  # Hydra's own
