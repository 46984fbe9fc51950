"""`python -m tools.lite` writes lite/, the course in the browser, whole or not at all.

Two ways: `selfhost` holds everything and asks nobody for anything; `cdn` takes Pyodide and what is compiled for it from
Pyodide's own server when a learner opens it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from qkvlib.atomic import replace_folder
from tools.lessonfile import Refusal
from tools.lite import packages, site


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=site.MODES, default="selfhost", help="where Python comes from (selfhost)")
    parser.add_argument("--out", type=Path, default=Path("lite"), help="the folder to replace (lite)")
    options = parser.parse_args(arguments)
    root, out = Path.cwd(), options.out.absolute()
    try:
        with TemporaryDirectory(prefix=".building-", dir=out.parent) as place:
            made = packages.make(root, Path(place, "packages"), options.mode == "selfhost")
            site.build(root, Path(place, "site"), made, options.mode)
            replace_folder(Path(place, "site"), out)
    except (Refusal, OSError) as error:
        print(f"lite: nothing was written.\n{error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
    where = os.path.relpath(out)
    print(f"{where}: {size:.0f} MB; `{Path(sys.executable).name} -m http.server -b 127.0.0.1 -d {where}` shows it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
