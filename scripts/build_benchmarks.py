"""Write src/modeldex/vocabulary/benchmarks.csv from tables of benchmark scores.

    python scripts/build_benchmarks.py arena_2026-10-20.csv models_dev_benchmarks_2026-07-02.csv

A table is a CSV file of one of the two shapes that modeldex.upstream.formats.benchmarks reads.
Shipped are scores with a stated open licence, of a reviewed base, on a suite of suites.toml, from a
page of TABLES; of several of one base, variant and suite the newest. What is left out is printed,
with its reason. With --check nothing is written: without tables the shipped file is only read and
checked itself.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from modeldex.upstream.formats.benchmarks import read_benchmarks
from modeldex.vocabulary import benchmarks as shipped
from modeldex.vocabulary.bases import bases
from modeldex.vocabulary.benchmarks import Benchmark, Table
from modeldex.vocabulary.suites import suites

TARGET = Path(shipped.__file__).with_name("benchmarks.csv")
_RECORDED = "recorded by models.dev (MIT, https://github.com/anomalyco/models.dev)"
_ARENA = ("overall", "coding", "expert", "hard_prompts", "instruction_following", "longer_query")
TABLES = (
    Table(
        "arena", "CC-BY-4.0", "Arena leaderboard dataset, CC BY 4.0",
        "https://huggingface.co/datasets/lmarena-ai/leaderboard-dataset",
        tuple(f"arena/{each}" for each in (*_ARENA, "webdev", "vision", "document")),
    ),
    Table(
        "artificial-analysis", "MIT", f"Artificial Analysis, as shown by OpenRouter, {_RECORDED}",
        "https://openrouter.ai/*/benchmarks",
        (
            "artificial-analysis-coding-index/index", "scicode/percent-correct",
            "terminal-bench-hard/success-rate",
        ),
    ),
    Table(
        "aider", "MIT", f"Aider polyglot leaderboard, {_RECORDED}",
        "https://aider.chat/docs/leaderboards/*", ("aider-polyglot/percent-correct",),
    ),
)  # fmt: skip
"""The pages whose scores are shipped.

Not among them: www.swebench.com (CC BY-NC), pages without a suite that counts, and what makers
report of their own models, which is of another harness each time.
"""

HEAD = """\
Scores of base models on public benchmarks; scripts/build_benchmarks.py writes it.
A table: its code | licence of its rows | attribution | page, * for column page | its suites.
A score: value, low, high, n; | stands between suites."""


class Placed(NamedTuple):
    """A score, the table it is from, and what its page adds to the table's."""

    row: Benchmark
    table: Table
    page: str


def place(row: Benchmark) -> Placed | str:
    """Return a score with its table, or the reason why it is not shipped."""
    if row.base not in bases():
        return "base is not reviewed"
    for table in TABLES:
        start, star, end = table.page.partition("*")
        source = row.source or ""
        if (source.startswith(start) and source.endswith(end)) if star else source == start:
            suite = suites().get(row.suite)
            if row.suite not in table.suites or suite is None:
                return f"suite does not count: {row.suite}"
            if not suite.holds(row.score):
                return f"outside the range of {row.suite}"
            if not (row.licence or "").startswith(table.licence):
                return "no open licence is stated"
            return Placed(row, table, source.removeprefix(start).removesuffix(end) if star else "")
    return f"page is not shipped: {(row.source or 'none').partition('//')[2].partition('/')[0]}"


def read(paths: Iterable[Path], lost: Counter[str]) -> Iterator[Placed]:
    """Yield what is shipped of some tables; count the rest by reason and model."""
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            for found in read_benchmarks(file, path.name):
                placed = place(found.row) if found.row else ", ".join(found.reasons)
                if isinstance(placed, str):
                    of = found.row.base if found.row else f"{path.name} line {found.line}"
                    lost[f"{placed}: {of}"] += 1
                else:
                    yield placed


def newest(rows: Iterable[Placed]) -> list[Placed]:
    """Return the newest score of each base, variant and suite; of one day the higher."""
    found: dict[tuple[str, ...], Placed] = {}
    for each in sorted(rows, key=lambda each: (each.row.date or "", each.row.score, each.page)):
        found[each.row.base, each.row.variant or "", each.row.suite] = each
    return list(found.values())


def written(rows: Iterable[Placed]) -> str:
    """Return the file: heads, tables, and a line for each base, variant, day and page."""
    lines: dict[tuple[str, ...], dict[str, Benchmark]] = defaultdict(dict)
    for row, table, page in rows:
        key = (table.code, row.base, row.variant or "", row.date or "", page)
        lines[key][row.suite] = row
    by_code = {table.code: table for table in TABLES}
    body = [
        ",".join((*key, "|".join(_cell(scores.get(suite)) for suite in by_code[key[0]].suites)))
        for key, scores in sorted(lines.items())
    ]
    heads = [f"# {line}" for line in HEAD.splitlines()]
    heads += ["#: " + " | ".join((*table[:4], " ".join(table.suites))) for table in TABLES]
    return "\n".join([*heads, "table,base,variant,date,page,scores", *body, ""])


def _cell(row: Benchmark | None) -> str:
    values = () if row is None else (row.score, row.low, row.high, row.n)
    return " ".join(f"{value:.12g}" if value is not None else "" for value in values).strip()


def problems(text: str) -> Iterator[str]:
    """Yield what is wrong with the shipped file itself."""
    if len(text.encode()) > 60_000:
        yield f"{len(text.encode())} bytes"
    if not text.isascii() or '"' in text:
        yield "quotes or characters that are not ASCII"
    for row in shipped.benchmarks():
        if isinstance(placed := place(row), str):
            yield f"{row.base}: {placed}"


def main() -> int:
    """Write the file, or check it; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("tables", nargs="*", type=Path, help="CSV files")
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    if not options.tables and not options.check:
        parser.error("give the CSV files, or --check")
    if options.tables:
        lost: Counter[str] = Counter()
        text = written(newest(read(options.tables, lost)))
        for reason, count in sorted(lost.items()):
            print(f"left out, {reason} ({count})")
        if options.check and TARGET.read_text("utf-8") != text:
            print(f"{TARGET.name} is not current: run scripts/build_benchmarks.py")
            return 1
        if not options.check:
            TARGET.write_text(text, encoding="utf-8", newline="\n")
    found = list(problems(TARGET.read_text("utf-8")))
    print(*found, sep="\n", end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
