"""Measure every speed budget next to its reference, in one run.

python benchmarks/run.py [--json FILE] [--models 5000,1000000] [--only NAME]
"""

import argparse
import asyncio
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

from ground import Ground, Sizes, telling
from report import Row, document, table

CASES = (
    "warm", "unlucky", "flat", "cold", "shipped", "unchanged", "measurements", "opinions", "past",
)  # fmt: skip


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(part.replace("_", "")) for part in text.split(",")))


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    add("--only", choices=CASES, action="append", help="run only this case; repeatable")
    add("--models", type=_numbers, default=(5_000, 1_000_000), help="catalog sizes")
    add("--measurements", type=_numbers, default=(100_000,), help="number of samples to insert")
    add("--starts", type=int, default=15, help="number of processes to start")
    add("--rounds", type=int, default=30, help="laps of each contestant")
    add("--questions", type=int, default=90, help="queries per lap")
    return parser.parse_args(arguments)


def _isolate(folder: Path) -> None:
    """Isolate the run from the user's configuration and catalog."""
    overrides = folder / "overrides.yaml"
    overrides.touch()
    for name in [name for name in os.environ if name.startswith(("MODELDEX_", "OLLAMA_"))]:
        del os.environ[name]
    os.environ["MODELDEX_OVERRIDES"] = str(overrides)
    os.environ["MODELDEX_DB"] = str(folder / "default.db")


async def _measure(ground: Ground, names: list[str]) -> list[Row]:
    rows = []
    for name in names:
        with telling(f"case {name}"):
            case = importlib.import_module(f"cases.{name}")
            rows += [row async for row in case.rows(ground)]
    return rows


def finish(rows: list[Row], file: Path | None = None) -> int:
    """Print the report, write it to `file`; return 1 if two sides' results differ, else 0."""
    print(table(rows))
    if file:
        file.write_text(json.dumps(document(rows), indent=1) + "\n", encoding="utf-8")
    return int(any(row.same is False for row in rows))


def main(arguments: list[str] | None = None) -> int:
    """Run the cases and print the report; return the exit code of `finish`."""
    options = _arguments(arguments)
    sizes = Sizes(
        options.models, options.measurements, options.starts, options.rounds, options.questions
    )
    with tempfile.TemporaryDirectory(prefix="modeldex-bench-") as folder:
        _isolate(Path(folder))
        rows = asyncio.run(_measure(Ground(Path(folder), sizes), options.only or list(CASES)))
    return finish(rows, options.json)


if __name__ == "__main__":
    sys.exit(main())
