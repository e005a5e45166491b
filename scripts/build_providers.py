"""Write the shipped providers as JSON, which is read at every start, forty times as fast as TOML.

    python scripts/build_providers.py [--check]

With --check nothing is written; the exit code is 1 if the file is out of date.
"""

import json
import sys
import tomllib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "src/modeldex/vocabulary"


def main(*arguments: str) -> int:
    """Write the file, or with --check report whether it is up to date."""
    source, made = FOLDER / "providers.toml", FOLDER / "providers.json"
    rows = tomllib.loads(source.read_text("utf-8")).items()
    lines = ",\n".join(f"{json.dumps(key)}:{json.dumps(row)}" for key, row in rows)
    text = f"{{\n{lines}\n}}\n"
    if made.exists() and made.read_text("utf-8") == text:
        return 0
    check = "--check" in arguments
    print(f"{made.name} {'is out of date' if check else 'written'}")
    if not check:
        made.write_text(text, "utf-8")
    return int(check)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
