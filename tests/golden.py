"""Expected output that is kept in files; `pytest --update-golden` writes it anew."""

from difflib import unified_diff
from pathlib import Path

HOW = "If every difference is meant, pytest --update-golden writes the file anew."


def check(path: Path, text: str, update: bool) -> None:
    """Fails with the difference where a file does not hold this text; writes it where told to."""
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    kept = path.read_text("utf-8") if path.exists() else ""
    before, now = kept.splitlines(), text.splitlines()
    changes = unified_diff(before, now, str(path), "now", n=0, lineterm="")
    assert before == now, "\n".join(["", *changes, HOW])
