"""Derive environment.yml (for conda users) from pyproject.toml and requirements.lock; `--check` only compares."""

import argparse
import re
import sys
import tomllib
from pathlib import Path

from qkvlib.atomic import write_atomically

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "environment.yml"
_PIN = re.compile(r"(?P<pin>[A-Za-z0-9][\w.-]*==[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+?))?\s*\\?")


def pins(lock: str) -> list[str]:
    """`name==version`, with its marker where it has one, for every package of a lock file's text."""
    found = []
    for line in lock.splitlines():
        if match := _PIN.fullmatch(line):
            found.append(f"{match['pin']} ; {match['marker']}" if match["marker"] else match["pin"])
    return found


def environment(lock: str, requires_python: str) -> str:
    lines = [
        "# Derived from requirements.lock by `make lock`; do not edit.",
        "name: qkv",
        "channels: [conda-forge, nodefaults]",
        "dependencies:",
        f'  - "python {requires_python}"',
        "  - pip",
        "  - pip:",
        *(f'      - "{pin}"' if '"' not in pin else f"      - {pin}" for pin in pins(lock)),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when it is out of date")
    options = parser.parse_args()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = environment((ROOT / "requirements.lock").read_text(encoding="utf-8"), project["requires-python"])
    if options.check:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != wanted:
            print("environment.yml does not agree with requirements.lock; run `make lock`", file=sys.stderr)
            return 1
        return 0
    write_atomically(TARGET, wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
