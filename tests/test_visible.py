"""Text of others as it is shown."""

from __future__ import annotations

import pytest

from xor_sweep.predict import main as predict
from xor_sweep.visible import one_line, visible

HIDDEN = {
    "an escape of terminals": ("\x1b[31m", "\\x1b[31m"),
    "a title of a terminal": ("\x1b]0;x\x07", "\\x1b]0;x\\x07"),
    "a C1 control": ("\x9b31m", "\\x9b31m"),
    "a carriage return": ("a\rb", "a\\rb"),
    "text that turns": ("\u202egpj.exe", "\\u202egpj.exe"),
    "a letter without width": ("a\u200bb", "a\\u200bb"),
    "a soft hyphen": ("a\u00adb", "a\\xadb"),
    "a mark of byte order": ("\ufeffa", "\\ufeffa"),
    "a tag": ("a\U000e0041", "a\\U000e0041"),
    "half a character": ("\ud800", "\\ud800"),
}


@pytest.mark.parametrize(("text", "shown"), HIDDEN.values(), ids=HIDDEN)
def test_hidden_characters_are_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == one_line(text) == shown


def test_what_scripts_and_emoji_need_stays() -> None:
    for text in ("Köln São Łódź", "\u0645\u06cc\u200c\u062e\u0648", "\U0001f469\u200d\U0001f680", "a\tb\nc"):
        assert visible(text) == text


def test_an_error_of_predictions_is_one_line_whatever_a_file_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert predict(["no\nrun\x1b[2J", "rows.csv"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("no\\nrun\\x1b[2J: no such directory")
    assert error.count("\n") == 1
