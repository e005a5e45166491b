"""What the scripts that generate files share: they write them, or report which are out of date."""

import argparse
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def write(files: Mapping[Path, str], description: str | None) -> int:
    """Write the files that differ, or with --check only name them; returns the exit code.

    The code is 1 if --check finds one out of date. `description` is the text of --help.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    stale = [p for p, text in files.items() if not p.exists() or p.read_text("utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is out of date' if check else 'written'}")
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(files[path], "utf-8")
    return int(check and bool(stale))
