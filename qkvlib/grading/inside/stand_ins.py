"""What a student's code finds in place of plots, prompts, notebook helpers and the course's own library.

Everything of qkvlib but the few files named in `contents` has a stand-in: most names do nothing at all, the numbers of
`qkvlib.examples` are handed in as data, and a function of `qkvlib.attention` that the hand-out offers is a question to
the grader, answered from outside.
"""

from __future__ import annotations

import builtins
import sys
import sysconfig
import types
import warnings
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Literal, NoReturn, Self

from qkvlib.grading.inside.contents import INERT


class Inert:
    """Accepts every use and does nothing: plots, widgets, `display`, `get_ipython`, the notebook's own checks."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return INERT_OBJECT

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return INERT_OBJECT

    def __iter__(self) -> Iterator:
        return iter((INERT_OBJECT, INERT_OBJECT))  # so that `fig, ax = plt.subplots()` unpacks

    def __getitem__(self, key: Any) -> Any:
        return INERT_OBJECT

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "<not used in grading>"


INERT_OBJECT = Inert()


class InertModule(types.ModuleType):
    """A module whose every name is inert."""

    __path__ = ()  # type: ignore[assignment]  # nothing is looked up there

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT_OBJECT


class InertFinder:
    """Imports anything below an inert package as another inert module."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        from importlib.machinery import ModuleSpec

        if any(name == inert or name.startswith(inert + ".") for inert in INERT):
            return ModuleSpec(name, InertFinder, is_package=True)  # type: ignore[arg-type]  # a class will do
        return None

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        return InertModule(spec.name)

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        pass


class Printed:
    """Stands in for sys.stdout: counts what is printed and keeps none of it."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.count = 0

    def write(self, text: str) -> int:
        self.count += len(text)
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def no_input(prompt: object = "") -> NoReturn:
    """What `input` is during grading."""
    raise EOFError("nobody is there to answer input() while a notebook is graded")


class Library(types.ModuleType):
    """`qkvlib.attention`: the functions that the hand-out offers, each a question to the grader, and no others."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*args: Any, **kwargs: Any) -> NoReturn:
            raise RuntimeError(f"qkvlib's own {name} is not part of this hand-out: write it yourself")

        return refuse


def install() -> None:
    """Put stand-ins in the place of prompts, plots, notebook helpers and everything of qkvlib."""
    builtins.input = no_input
    for name in [name for name in sys.modules if name.partition(".")[0] == "qkvlib"]:
        del sys.modules[name]
    for name in INERT:
        sys.modules[name] = InertModule(name)
    # Where this Python was built and installed is the teacher's business; numpy.testing wants the module to exist.
    nothing = types.ModuleType(sysconfig._get_sysconfigdata_name())  # type: ignore[attr-defined]
    nothing.__dict__["build_time_vars"] = {}
    sys.modules[nothing.__name__] = nothing
    sys.meta_path.insert(0, InertFinder)
    _put("check", InertModule("qkvlib.check"))
    _put("attention", Library("qkvlib.attention"))
    _put("examples", InertModule("qkvlib.examples"))
    warnings.simplefilter("ignore")


def _put(name: str, module: types.ModuleType) -> None:
    sys.modules[module.__name__] = module
    setattr(sys.modules["qkvlib"], name, module)


def show_library(functions: dict, examples: dict) -> None:
    """Fill in what the hand-out offers of `qkvlib.attention`, and the numbers of `qkvlib.examples`."""
    sys.modules["qkvlib.attention"].__dict__.update(functions, ShapeError=ValueError)
    sys.modules["qkvlib.examples"].__dict__.update(examples)


def show_given(shown: dict) -> None:
    """Let `check.exercise(name).given` be what this student was given."""
    sys.modules["qkvlib.check"].__dict__["exercise"] = lambda name: (
        types.SimpleNamespace(given=shown[name]) if name in shown else INERT_OBJECT
    )
