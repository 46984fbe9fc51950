"""What the wheel carries besides the package: the notebooks, as the build wrote them and never as somebody changed them."""

import json
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CarryTheNotebooks(BuildHookInterface):
    """An editable install carries none: it works on the clone's own."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        trust = runpy.run_path(
            str(root / "qkvlib" / "course" / "trust.py")
        )  # the package needs more than a builder has
        listed = json.loads((root / trust["BUILT"]).read_text(encoding="utf-8"))
        built = {path.relative_to(root).as_posix(): path for path in trust["unchanged"](root)}
        if changed := sorted(listed.keys() - built.keys()):
            names = ", ".join(changed[:3]) + (" ..." if len(changed) > 3 else "")
            raise RuntimeError(
                f"Not as the build wrote them: {names}. Put them back (git restore) or run `make build`."
            )
        build_data["force_include"] |= {str(path): f"qkvlib/data/course/{name}" for name, path in built.items()}
