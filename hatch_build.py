"""What the wheel carries besides the package: the notebooks as the build wrote them, not as somebody changed them."""

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
        # By its path: importing the package would need numpy, which a builder does not have.
        trust = runpy.run_path(str(root / "qkvlib" / "course" / "trust.py"))
        listed = json.loads((root / trust["BUILT"]).read_text(encoding="utf-8"))
        built = {path.relative_to(root).as_posix(): path for path in trust["unchanged"](root)}
        if changed := sorted(listed.keys() - built.keys()):
            names = ", ".join(changed[:3]) + (" ..." if len(changed) > 3 else "")
            raise RuntimeError(f"Not as the build wrote them: {names}. Put them back with git, or run `make build`.")
        build_data["force_include"] |= {str(path): f"qkvlib/data/course/{name}" for name, path in built.items()}
