"""The `qkv` command: each subcommand is a thin call into the module that does the work."""

import sys
from typing import Annotated

import typer

from qkvlib.course import NotTheCourse, course_root

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The Q/K/V course: open it, build it, check it, grade it.",
)


def _fail(message: object) -> typer.Exit:
    """Say in one line what is wrong; raise what this returns."""
    print(f"qkv: {message}", file=sys.stderr)
    return typer.Exit(1)


@app.callback()
def main() -> None:
    """Keeps `qkv build` a subcommand however many there are."""


@app.command()
def build(
    lessons: Annotated[
        list[str] | None, typer.Argument(metavar="[NN]...", help="Lesson numbers; all when none.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail when something is out of date.")] = False,
) -> None:
    """Build notebooks/, solutions/ and exercises/ from lessons/."""
    import subprocess

    try:
        root = course_root()
    except NotTheCourse as error:
        raise _fail(error) from None
    command = [sys.executable, "-m", "tools.build", *(lessons or []), *(["--check"] if check else [])]
    raise typer.Exit(subprocess.run(command, cwd=root).returncode)
