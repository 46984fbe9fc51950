"""axe-core on a page: the violations inside one element, as readable lines."""

from pathlib import Path

import axe_core_python

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page, selector: str, impacts: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds wrong inside `selector`: rule, element, explanation, of those `impacts` where named."""
    page.evaluate(AXE)
    found = page.evaluate(
        "selector => axe.run(selector, {resultTypes: ['violations']}).then((result) => result.violations)", selector
    )
    return [
        f"{v['id']}: {n['html'][:120]}: {n['failureSummary']}"
        for v in found
        if not impacts or v["impact"] in impacts
        for n in v["nodes"]
    ]
