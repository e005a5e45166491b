"""Golden files: a text as it was reviewed, beside the text as it is now."""

import difflib
from pathlib import Path

from checkout import DATA

FOLDER = DATA / "golden"
_SHOWN = 60


def check(path: Path, text: str, *, update: bool) -> None:
    """Fail where a text is not that of its golden file; with `update`, write the file anew."""
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    assert path.exists(), f"{path} is missing; write it: pytest --update-golden"
    golden = path.read_text(encoding="utf-8")
    if text == golden:
        return
    lines = difflib.unified_diff(golden.splitlines(), text.splitlines(), "golden", "now", "", "", 1)
    shown = "\n".join([line[:300] for line in lines][:_SHOWN])
    raise AssertionError(f"{path.name} differs; where it should: pytest --update-golden\n{shown}")
