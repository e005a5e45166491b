"""The program at a fixed time: `python -m fixed_time COMMAND ...`, or several commands in turn.

With `--script FILE`, which holds a JSON list of command lines, each runs in a catalog file of
its own, `catalog.db` in this folder, which is copied from `original.db` before it.
"""

import json
import os
import shutil
import sys
from datetime import datetime
from pathlib import Path

from modeldex.vocabulary import clock

MOMENT = "2026-11-24T12:00:00.000Z"
"""The time in golden files."""

START = "\x1e$ "
"""What begins the record of one command."""


def stop() -> None:
    """Let it be MOMENT, for as long as this process lives."""
    seconds = datetime.fromisoformat(MOMENT).timestamp()
    clock.wall = lambda: seconds


def _run(arguments: list[str]) -> int:
    from modeldex.cli import main

    sys.argv = ["modeldex", *arguments]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    raise AssertionError("a command does not end by itself")


def _record(arguments: list[str], errors: Path) -> None:
    """Run one command; what it prints goes to stdout, what to stderr into the file `errors`."""
    for made in ("copy.db", "moved.db"):
        Path(made).unlink(missing_ok=True)
    shutil.copy("original.db", "catalog.db")
    begun = errors.stat().st_size if errors.exists() else 0
    print(START + " ".join(["modeldex", *arguments]), flush=True)
    code = _run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    said = errors.read_text()[begun:] if errors.exists() else ""
    print(f"[stderr]\n{said.rstrip()}" if said else "", end="\n" if said else "")
    print(f"[exit {code}]", flush=True)


def main() -> None:
    """Run what the command line names."""
    stop()
    if sys.argv[1:2] != ["--script"]:
        sys.exit(_run(sys.argv[1:]))
    os.environ["MODELDEX_DB"] = "catalog.db"
    for arguments in json.loads(Path(sys.argv[2]).read_text()):
        _record(arguments, Path("errors.txt"))


if __name__ == "__main__":
    main()
