"""Set up `.venv` from the lock file: `python tools/setup.py` for learners, `--dev` for everything the tests need.

Standard library only, as it runs before anything is installed. It does nothing when the lock files, pyproject.toml
and the Python are those of the last time. `--pip` installs with plain pip instead of uv; `UV=/path/to/uv` uses that uv
instead of one of its own.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

NEEDED = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = VENV / "setup.log"
UV_LOCK, LOCK, DEV_LOCK = "requirements-uv.lock", "requirements.lock", "requirements-dev.lock"


class Trouble(Exception):
    """One sentence that says what to do."""


def fingerprint(lock: str) -> str:
    """What this environment is made from; a difference means it has to be made again."""
    digest = hashlib.sha256()
    names = [lock, UV_LOCK, "pyproject.toml", "tools/setup.py"]
    for name in (*names, "package-lock.json") if lock == DEV_LOCK else names:
        digest.update((ROOT / name).read_bytes())
    return f"{sys.version_info.major}.{sys.version_info.minor} {digest.hexdigest()}"


def works() -> bool:
    """True when `.venv` holds a Python that runs and is of this very version."""
    if not PYTHON.exists():
        return False
    ask = [str(PYTHON), "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(ask, capture_output=True, text=True, timeout=60)
    except OSError:
        return False
    return answer.stdout.split() == [str(part) for part in sys.version_info[:2]]


def create() -> None:
    try:
        venv.EnvBuilder(clear=VENV.exists(), symlinks=os.name != "nt", with_pip=True).create(VENV)
    except subprocess.CalledProcessError:
        raise Trouble(
            "This Python cannot make a virtual environment with pip in it; on Debian and Ubuntu run "
            "`apt install python3-venv`, then run this again."
        ) from None


def run(*command: str | Path) -> None:
    """Run a step with its words kept in the log; what pip and uv say when offline is long and unhelpful."""
    words = [str(part) for part in command]
    with open(LOG, "a", encoding="utf-8") as log:
        step = subprocess.run(words, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    if step.returncode == 0:
        return
    said = LOG.read_text(encoding="utf-8", errors="replace").lower()
    if ("hashes" in said and "do not match" in said) or "hash mismatch" in said:
        raise Trouble(f"A downloaded package is not the one the lock file names; nothing of it was used. See {LOG}.")
    if any(word in said for word in ("connect", "resolve", "network", "timed out", "dns", "fetch")):
        raise Trouble(f"The packages could not be downloaded: check the network and run this again. See {LOG}.")
    raise Trouble(f"Setting up failed; the last lines of {LOG} say why. Fix it and run this again.")


def install(lock: str, with_pip: bool) -> None:
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1")
    if with_pip:
        run(*pip, "--require-hashes", "--requirement", lock)
        run(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")
        return
    uv: tuple[str | Path, ...] = (os.environ["UV"],) if os.environ.get("UV") else (PYTHON, "-m", "uv")
    if len(uv) > 1:
        run(*pip, "--require-hashes", "--requirement", UV_LOCK)
    run(*uv, "pip", "install", "--python", PYTHON, "--require-hashes", "--requirement", lock)
    run(*uv, "pip", "install", "--python", PYTHON, "--no-deps", "--no-build-isolation", "--editable", ".")


def install_javascript_checkers() -> None:
    """Into node_modules, by the npm that the dev lock brought. All else works without them, so this only says so."""
    npm = PYTHON.with_name("npm.exe" if os.name == "nt" else "npm")
    try:
        run(npm, "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--silent")
    except (Trouble, OSError):
        print(f"setup: the checkers of the JavaScript could not be installed (see {LOG}); their tests will skip.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Set up .venv from the lock file.")
    parser.add_argument("--dev", action="store_true", help="everything the tests and the build need")
    parser.add_argument("--pip", action="store_true", help="install with plain pip instead of uv")
    options = parser.parse_args()
    if sys.version_info < NEEDED:
        raise Trouble(
            "This is Python {}.{}; the course needs 3.11 or newer. Install one, then name it: make lab "
            "PYTHON=python3.12".format(*sys.version_info[:2])
        )
    lock = DEV_LOCK if options.dev else LOCK
    record = VENV / ("dev.json" if options.dev else "learn.json")
    wanted = fingerprint(lock)
    if record.exists() and works() and json.loads(record.read_text()) == wanted:
        os.utime(record)
        return
    print(f"setting up .venv from {lock} (once; later starts skip this)", flush=True)
    if not works():
        create()
    LOG.write_text("")
    record.unlink(missing_ok=True)
    install(lock, options.pip)
    if options.dev:
        install_javascript_checkers()
    record.write_text(json.dumps(wanted))


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        sys.exit(f"setup: {trouble}")
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; run it again to go on")
