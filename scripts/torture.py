"""Run the large numbers on both engines, and print a table of what came of them.

    python scripts/torture.py [--only TEXT] [--list] [--write FILE]

Each row is a test of the suite with its nightly number. With --only those are run whose name holds
the text; with --write the table in FILE is replaced row by row, so that the whole may be run in
parts. Exits with 1 if a row failed. The whole takes hours.
"""

import argparse
import datetime as dt
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HEAD = ("what", "engine", "came of it", "wall", "CPU", "day")
_OPTIONS = (
    "-q",
    "-p",
    "no:cacheprovider",
    "-o",
    "addopts=--import-mode=importlib -p no:schemathesis",
)
_NO_TEST = 5
"""How pytest ends where nothing was selected: the test is about the other engine."""


class Row(NamedTuple):
    """A test with its nightly number: file below tests, and the words of pytest's -k."""

    what: str
    file: str
    words: str
    engines: tuple[str, ...] = ("sqlite", "postgresql")


TABLE = (
    Row("32 processes x 1,000 writes", "storage/test_concurrency.py",
        "test_concurrent_writers_lose_nothing and 32-1000", ("sqlite",)),
    Row("16 processes x 150 writes", "storage/test_concurrency.py",
        "test_concurrent_writers_lose_nothing and 16-150"),
    Row("20,000 openings in the middle of commits", "storage/test_concurrency.py",
        "test_a_catalog_opens_in_the_middle_of_commits and 20000"),
    Row("20,000 commits of others seen at once", "storage/test_concurrency.py",
        "test_a_commit_of_another_process_is_seen_at_once and 20000"),
    Row("2,500 cancels of a refresh", "refresh/test_cancel.py",
        "test_no_moment_is_the_wrong_one and 2500"),
    Row("1,000 answers given up", "refresh/test_cancel.py",
        "test_an_answer_may_be_given_up and 1000"),
    Row("1,000 and 2,500 kills of a refresh", "refresh/test_kills.py",
        "test_a_kill_during_a_refresh_harms_nothing and (1000 or 2500)"),
    Row("500 kills of the first load", "registry/test_lifecycle.py",
        "test_a_kill_while_loading_harms_nothing and 500"),
    Row("kills of a backup", "storage/test_backup.py", "test_a_killed_backup_leaves_no_half_file",
        ("sqlite",)),
    Row("power cuts", "storage/test_power_cut.py", "test_a_power_cut_harms_nothing", ("sqlite",)),
    Row("a server that ends refreshes", "storage/test_postgres_kills.py",
        "test_a_server_that_ends_a_refresh_harms_nothing", ("postgresql",)),
    Row("1 h of mixed use", "refresh/test_mixed_load.py",
        "test_mixed_use_loses_nothing_and_fails_nobody and 1500"),
    Row("200,000 typed statements", "storage/test_maintained_copy.py",
        "test_two_hundred_thousand_typed_statements", ("sqlite",)),
    Row("a year of cron", "refresh/test_year_of_cron.py",
        "test_a_catalog_grows_with_changes_and_not_with_days"),
    Row("10,000 sessions on /mcp", "server/test_mcp.py",
        "test_a_session_that_ends_leaves_nothing and 10000"),
    Row("1,000 readers beside a refresh", "server/test_bad_input.py",
        "test_readers_beside_a_refresh_are_all_served and 1000"),
    Row("every page in Chromium, its policy and its console", "server/test_web_pages.py", "test_",
        ("sqlite",)),
    Row("TLS in front", "server/test_tls.py", "test_", ("sqlite",)),
    Row("2,000 writes beside a newer SQLite in WAL", "storage/test_newer_sqlite.py",
        "test_two_versions_write_one_catalog and 2000", ("sqlite",)),
    Row("all checks of schemathesis, long", "server/test_fuzz.py",
        "test_all_checks_of_schemathesis_pass and long", ("sqlite",)),
)  # fmt: skip


def run(row: Row, engine: str) -> tuple[str, ...]:
    """Run a row on an engine; gives the cells of HEAD."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *_OPTIONS, "--engine", engine, f"tests/{row.file}",
         "-k", row.words],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode not in (0, _NO_TEST):
        print(done.stdout[-3000:], file=sys.stderr)
    last = done.stdout.strip().rpartition("\n")[2]
    came = "not on this engine" if done.returncode == _NO_TEST else last.partition(" in ")[0]
    return (
        row.what,
        engine,
        came,
        f"{wall:,.0f} s",
        f"{used:,.0f} s",
        f"{dt.datetime.now(dt.UTC):%F}",
    )


def line(cells: tuple[str, ...]) -> str:
    """Cells as a row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def replaced(text: str, cells: tuple[str, ...]) -> str:
    """The text with the row of this work and engine, in the place of its older one."""
    begins = re.escape(line(cells[:2])[:-2])
    older = re.search(rf"^{begins} \|.*$", text, re.MULTILINE)
    if older:
        return text[: older.start()] + line(cells) + text[older.end() :]
    return f"{text.rstrip()}\n{line(cells)}\n"


def chosen(only: str) -> Iterator[tuple[Row, str]]:
    """The rows whose name holds a text, on each of their engines."""
    return ((row, engine) for row in TABLE if only in row.what for engine in row.engines)


def main() -> int:
    """Run what was asked for; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--write", type=Path, metavar="FILE")
    asked = parser.parse_args()
    failed = False
    for row, engine in chosen(asked.only):
        if asked.list:
            print(f"{row.what} ({engine})")
            continue
        cells = run(row, engine)
        failed |= "failed" in cells[2] or "error" in cells[2]
        print(line(cells), flush=True)
        if asked.write:
            text = asked.write.read_text("utf-8")
            asked.write.write_text(replaced(text, cells), "utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
