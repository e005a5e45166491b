"""Expected output that is kept in files; `pytest --update-golden` writes it anew."""

from pathlib import Path

HOW = "if every difference is meant, write the file anew with pytest --update-golden"


def check(path: Path, text: str, update: bool) -> None:
    """Fails where a file does not hold this text; writes it instead where told to update."""
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    kept = path.read_text("utf-8") if path.exists() else ""
    assert text.splitlines() == kept.splitlines(), f"{path.name}: {HOW}"
