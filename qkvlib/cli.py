"""The `qkv` command."""

import typer

app = typer.Typer(no_args_is_help=True, help="The Q/K/V course: open it, build it, check it, grade it.")
