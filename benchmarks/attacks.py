"""How much memory and time hostile statements take through `modeldex sql` before they are stopped.

python benchmarks/attacks.py [--seconds 0.1] [--json FILE]

The statements are those of the tests, which look at how each of them ends. Here is what they
cost: megabytes by which a process grew, and seconds of processor time beyond the time limit.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from modeldex import ModelRegistry

MEGABYTES, LATE = 64, 0.1
"""What a statement may grow a process by, and by how many seconds it may overstay."""

TESTS = Path(__file__).resolve().parents[1] / "tests" / "support"
STRIKE = "import sys, sql_attacks; sql_attacks.strike(*sys.argv[1:])"


async def load(path: Path) -> None:
    """Make a catalog of the shipped data."""
    async with ModelRegistry(db=path, environ={}) as registry:
        await registry.load_shipped()


def struck(folder: Path, seconds: float) -> list[list[object]]:
    """What came of each statement, as `sql_attacks.strike` tells it."""
    path = folder / "catalog.db"
    asyncio.run(load(path))
    paths = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-c", STRIKE, str(path), str(folder), str(seconds)],
        env={**os.environ, "PYTHONPATH": paths, "SQLITE_TMPDIR": str(folder)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> None:
    """Print the largest figures of each kind of statement."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = struck(Path(folder), options.seconds)
    figures = {}
    for kind in dict.fromkeys(str(each[0]) for each in told):
        mine = [each for each in told if each[0] == kind]
        grown = max(float(str(each[3])) for each in mine)
        late = max(float(str(each[4])) for each in mine) - options.seconds * (kind == "hangs")
        verdict = "ok" if grown <= MEGABYTES and (late <= LATE or kind == "eats") else "missed"
        figures[kind] = {"count": len(mine), "megabytes": grown, "late": late, "verdict": verdict}
        print(f"{kind:<10}{len(mine):>4}{grown:>8.1f} MB{late:>8.2f} s  {verdict}")
    if options.json:
        options.json.write_text(json.dumps(figures), "utf-8")


if __name__ == "__main__":
    main()
