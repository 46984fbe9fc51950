"""Bring package-lock.json up to date with package.json, and keep every address out of it (`make lock` runs it)."""

import json
import subprocess
import sys
from pathlib import Path

from qkvlib.atomic import write_atomically

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "package-lock.json"


def without_addresses(lock: dict) -> dict:
    """The lock without where a package comes from and where its authors ask for money; the hashes stay."""
    packages = {
        name: {key: value for key, value in package.items() if key not in ("resolved", "funding")}
        for name, package in lock["packages"].items()
    }
    return {**lock, "packages": packages}


def main() -> int:
    npm = Path(sys.executable).with_name("npm")
    made = subprocess.run(
        [npm, "install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved", "--silent"],
        cwd=ROOT,
    )
    if made.returncode:
        print("package-lock.json could not be brought up to date: npm failed, see above", file=sys.stderr)
        return 1
    lock = json.loads(TARGET.read_text(encoding="utf-8"))
    write_atomically(TARGET, json.dumps(without_addresses(lock), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
