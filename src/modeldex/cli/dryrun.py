"""A refresh of a copy, and how that differs from what is there."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from modeldex.cli import terminal
from modeldex.cli.settings import Settings
from modeldex.cli.terminal import Column
from modeldex.db import check, connect_reader, state, translated

if TYPE_CHECKING:
    from modeldex.difference import Difference

SCREENFUL = 40

COLUMNS = (
    Column("change"),
    Column("id", "model", wraps=True),
    Column("field"),
    Column("old", wraps=True),
    Column("new", wraps=True),
    Column("by", wraps=True),
)

Line = tuple[object, ...]
"""One line of COLUMNS."""


@contextmanager
def copies(path: Path) -> Iterator[tuple[Path, Path]]:
    """Two copies of a catalog as it is now, up to date; of one that does not exist, empty ones."""
    from modeldex.migrate import migrate

    with TemporaryDirectory(prefix="modeldex-") as folder:
        before, after = Path(folder) / "before.db", Path(folder) / "after.db"
        if path.exists():
            with translated(path), closing(connect_reader(path)) as connection:
                check(path, state(connection), connection)
                connection.execute("PRAGMA query_only=OFF")  # the copy is written, not the file
                connection.execute("VACUUM INTO ?", (str(before),))
        migrate(before)
        shutil.copyfile(before, after)
        yield before, after


def as_json(found: "Difference") -> dict[str, object]:
    """The difference as JSON values; sets are sorted lists."""
    return {
        "dry_run": True,
        "added": [{"id": o.id, "sources": o.sources} for o in found.added],
        "gone": [{"id": o.id, "sources": o.sources} for o in found.gone],
        "changed": [
            {
                "id": c.id, "field": c.field, "old": _plain(c.old), "new": _plain(c.new),
                "resolver": c.resolver,
            }
            for c in found.changed
        ],
    }  # fmt: skip


def print_difference(settings: Settings, found: "Difference") -> None:
    """A line per model added or gone and per changed field; on a terminal the first of them."""
    if not terminal.is_terminal(sys.stdout):
        terminal.print_table(settings, COLUMNS, _lines(found))
        return
    total = sum(map(len, found))
    if total:
        terminal.print_table(settings, COLUMNS, islice(_lines(found), SCREENFUL))
    if total > SCREENFUL:
        terminal.note(settings, f"{SCREENFUL} of {total:,} lines; a pipe gets all, --json too")
    added, gone, changed = (f"{len(part):,}" for part in found)
    summary = f"{added} models added, {gone} gone, {changed} fields changed; nothing was written"
    terminal.print_text(settings, summary)


def _lines(found: "Difference") -> Iterator[Line]:
    for word, offers in (("added", found.added), ("gone", found.gone)):
        for offer in offers:
            yield word, offer.id, None, None, None, offer.sources
    for change in found.changed:
        old, new = _plain(change.old), _plain(change.new)
        yield "changed", change.id, change.field, old, new, change.resolver


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value
