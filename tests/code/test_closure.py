"""What a function of the user's uses, found in source files: what changes its hash, and what does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from xor_sweep.calls import source_of

FILES = {
    "my_nets.py": '''
"""Networks."""
import keras
import my_config
from my_blocks import block
from my_parts import tail as end
from my_star import *

UNITS = {"first": 3}


def build(units=UNITS, *, input_shape):
    """Build it."""
    x = keras.Input(input_shape)  # the start
    x = block(x, my_config.WIDTH)
    return keras.Model(x, end(wide(x)))


class Net(keras.Model):
    def call(self, x):
        return block(x, 2)


def other():
    return 1
''',
    "my_blocks.py": """
import keras
from my_deep.parts import Deep

SCALE = 2


def block(x, width):
    def inner(y):
        return Deep(width * SCALE)(y)

    return inner(x)


def unused():
    return 2
""",
    "my_deep/__init__.py": "",
    "my_deep/parts.py": """
import keras
from .base import Base, logged


class Deep(Base):
    @logged
    def call(self, x):
        return keras.ops.relu(x)
""",
    "my_deep/base.py": """
import keras


def logged(function):
    return function


class Base(keras.layers.Layer):
    def half(self, x):
        return x / 2


def loop_a(n):
    return n and loop_b(n - 1)


def loop_b(n):
    return n and loop_a(n - 1)
""",
    "my_parts.py": "def tail(x):\n    import my_late\n    return my_late.last(x)\n",
    "my_late.py": "def last(x):\n    return x\n",
    "my_star.py": "from my_deep.base import loop_a\n\n\ndef wide(x):\n    return loop_a(x)\n",
    "my_config.py": "WIDTH = 4\nOTHER = 5\n",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's modules."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def edited(project: Path, file: str, old: str, new: str) -> bool:
    """Whether an edit of a file changes the hash of `my_nets.build`."""
    before = source_of("my_nets.build")
    text = (project / file).read_text()
    assert old in text
    (project / file).write_text(text.replace(old, new, 1))
    return source_of("my_nets.build") != before


CHANGES = {
    "its body": ("my_nets.py", "end(wide(x))", "end(wide(wide(x)))"),
    "the value of a default": ("my_nets.py", '"first": 3', '"first": 4'),
    "a function of another module": ("my_blocks.py", "return inner(x)", "return inner(inner(x))"),
    "a nested function": ("my_blocks.py", "width * SCALE", "width + SCALE"),
    "a global of another module": ("my_blocks.py", "SCALE = 2", "SCALE = 2.0"),
    "a global of its module that becomes another type": ("my_nets.py", "3}", "True}"),
    "a method of a class": ("my_deep/parts.py", "relu", "tanh"),
    "a decorator": ("my_deep/base.py", "return function\n", "return lambda *a: function(*a)\n"),
    "a base class": ("my_deep/base.py", "x / 2", "x / 3"),
    "what an alias stands for": ("my_parts.py", "my_late.last(x)", "my_late.last(-x)"),
    "a module that is imported in a function": ("my_late.py", "return x", "return -x"),
    "what a star import brings": ("my_star.py", "loop_a(x)", "loop_a(2 * x)"),
    "one of two functions that call each other": ("my_deep/base.py", "loop_b(n - 1)", "loop_b(n - 2)"),
    "the other one": ("my_deep/base.py", "loop_a(n - 1)", "loop_a(n - 2)"),
    "an attribute of a module": ("my_config.py", "WIDTH = 4", "WIDTH = 8"),
    "a value that is changed later": ("my_nets.py", "\n\n\ndef build", '\nUNITS["first"] = 5\n\n\ndef build'),
    "what a module does when it is imported": ("my_late.py", "def", "print('here')\n\n\ndef"),
    "a package's file": ("my_deep/__init__.py", "", "import keras\nkeras.config.set_floatx('float64')\n"),
    "an installed name": ("my_deep/parts.py", "import keras", "import tf_keras as keras"),
}


@pytest.mark.parametrize(("file", "old", "new"), CHANGES.values(), ids=CHANGES)
def test_what_it_uses_changes_its_hash(project: Path, file: str, old: str, new: str) -> None:
    assert edited(project, file, old, new)


NO_CHANGES = {
    "a comment": ("my_nets.py", "# the start", "# where it begins"),
    "its docstring": ("my_nets.py", "Build it.", "Make it."),
    "a module's docstring": ("my_nets.py", "Networks.", "Models."),
    "formatting": ("my_nets.py", "block(x, my_config.WIDTH)", "block(\n        x,\n        my_config . WIDTH,\n    )"),
    "quotes": ("my_nets.py", '"first"', "'first'"),
    "a function that it does not use": ("my_nets.py", "return 1", "return 2"),
    "a class that it does not use": ("my_nets.py", "block(x, 2)", "block(x, 3)"),
    "a function of another module that it does not use": ("my_blocks.py", "return 2", "return 3"),
    "a global of another module that it does not use": ("my_config.py", "OTHER = 5", "OTHER = 6"),
    "an import that it does not use": ("my_nets.py", "import keras\n", "import keras\nimport os\n"),
    "what runs when it is started as a script": (
        "my_nets.py",
        "def other",
        'if __name__ == "__main__":\n    build()\n\n\ndef other',
    ),
    "lines above it": ("my_blocks.py", "import keras\n", "\n\n\nimport keras\n"),
}


@pytest.mark.parametrize(("file", "old", "new"), NO_CHANGES.values(), ids=NO_CHANGES)
def test_what_it_does_not_use_leaves_its_hash(project: Path, file: str, old: str, new: str) -> None:
    assert not edited(project, file, old, new)


REGISTERED = {
    "a decorator": "from my_registry import register\n\n\n@register\ndef relu(x):\n    return 1\n",
    "a decorator with arguments": (
        "import my_registry\n\n\n@my_registry.register('relu')\ndef relu(x):\n    return 1\n"
    ),
    "a decorator under another name": (
        "import my_registry\n\nnote = my_registry.register\n\n\n@note\ndef relu(x):\n    return 1\n"
    ),
    "a decorator of a star import": "from my_registry import *\n\n\n@register\nclass Relu:\n    size = 1\n",
    "a generic function": (
        "import functools\n\n\n@functools.singledispatch\ndef act(x):\n    return x\n\n\n"
        "@act.register\ndef _(x: int):\n    return 1\n"
    ),
    "a class below one with a hook": "from my_registry import Known\n\n\nclass Relu(Known):\n    size = 1\n",
    "a class below such a class": (
        "import my_registry\n\n\nclass Middle(my_registry.Known):\n    pass\n\n\nclass Relu(Middle):\n    size = 1\n"
    ),
    "a metaclass": "import my_registry\n\n\nclass Relu(metaclass=my_registry.Meta):\n    size = 1\n",
    "a call whose value is bound": "from my_registry import register\n\n_ = register(1)\n",
    "a call in a list": "from my_registry import register\n\nALL: list = [register(1)]\n",
    "attributes of the module": "def __getattr__(name):\n    return 1\n",
}

REGISTRY = """
KNOWN = []


def register(thing):
    KNOWN.append(thing)
    return thing


class Known:
    def __init_subclass__(cls):
        KNOWN.append(cls)


class Meta(type):
    pass
"""


@pytest.mark.parametrize("text", REGISTERED.values(), ids=REGISTERED)
@pytest.mark.parametrize("imports", ["import my_package.acts", "from my_package import acts"])
def test_what_is_registered_when_a_module_is_imported_changes_its_hash(project: Path, text: str, imports: str) -> None:
    (project / "my_registry.py").write_text(REGISTRY)
    (project / "my_package").mkdir()
    (project / "my_package" / "__init__.py").write_text("")
    (project / "my_package" / "acts.py").write_text(text)
    (project / "my_blocks.py").write_text(f"{imports}\n{FILES['my_blocks.py']}")
    assert edited(project, "my_package/acts.py", "1", "2")


@pytest.mark.parametrize(
    "text",
    [
        "import functools\n\n\n@functools.cache\ndef relu(x):\n    return 1\n",
        "import keras\n\nlayers = keras.layers\nUNUSED = layers.Dense(1)\n",
        "import keras\n\n\nclass Unused(keras.layers.Layer):\n    size = 1\n",
        "class Base:\n    pass\n\n\nclass Unused(Base):\n    size = 1\n",
        "UNUSED = lambda: helper(1)\n\n\ndef helper(x):\n    return x\n",
        "SIZES = dict(first=1)\nfirst = second = SIZES\n",
    ],
)
def test_what_only_installed_code_sees_and_nobody_uses_leaves_its_hash(project: Path, text: str) -> None:
    (project / "my_more.py").write_text(text)
    (project / "my_blocks.py").write_text(f"import my_more\n{FILES['my_blocks.py']}")
    assert not edited(project, "my_more.py", "1", "2")


def test_a_class_and_a_method_are_followed_like_a_function(project: Path) -> None:
    before = source_of("my_nets.Net"), source_of("my_deep.parts.Deep.call")
    (project / "my_deep" / "base.py").write_text(FILES["my_deep/base.py"].replace("return function", "return print"))
    assert source_of("my_nets.Net") != before[0]
    assert source_of("my_deep.parts.Deep.call") != before[1]


def test_an_installed_package_counts_by_its_names_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (installed / "my_installed.py").write_text("def helper(x):\n    return x\n")
    (tmp_path / "my_user.py").write_text("from my_installed import helper\n\n\ndef build(x):\n    return helper(x)\n")
    monkeypatch.syspath_prepend(installed)
    before = source_of("my_user.build")
    (installed / "my_installed.py").write_text("def helper(x):\n    return -x\n")
    assert source_of("my_user.build") == before


@pytest.mark.parametrize("seed", ["0", "7"])
@pytest.mark.parametrize("options", [[], ["-O"]])
def test_the_hash_is_the_same_in_every_process(project: Path, seed: str, options: list[str]) -> None:
    script = "from xor_sweep.calls import source_of; print(source_of('my_nets.build'))"
    path = os.pathsep.join([str(project), *sys.path])
    done = subprocess.run(
        [sys.executable, *options, "-c", script],
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == source_of("my_nets.build")


@pytest.mark.parametrize("text", ["def build(:\n", "def build():\n    return '\0'\n"], ids=["syntax", "a zero byte"])
def test_a_module_that_is_not_python_is_known_by_its_bytes(project: Path, text: str) -> None:
    (project / "my_nets.py").write_text(text)
    before = source_of("my_nets.build")
    (project / "my_nets.py").write_text(f"{text}\n")
    assert source_of("my_nets.build") != before
