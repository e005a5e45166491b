"""`modeldex status`."""

import sys
from collections.abc import Collection, Iterator
from typing import Any

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.completion import words
from modeldex.cli.errors import Failure, advice
from modeldex.cli.parse import listed_by, parsed_by, seconds, span, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.refresh import health


class TooOld(Failure):
    """The oldest answer from outside is older than --max-age; `age`, `max_age` in seconds.

    `age` is None if `source` never answered, `source` if no source should answer.
    """

    def __init__(self, found: health.Answer, max_age: float) -> None:
        self.source = found.source
        self.age = found.age_s
        self.max_age = max_age
        allowed = f"; --max-age allows {span(max_age)}" if found.source else ""
        super().__init__(_oldest(found) + allowed)


@everywhere()
@click.command()
@click.option(
    "--max-age", callback=parsed_by(seconds), metavar="SPAN",
    help="Exit with 1 if the oldest answer from outside is older: 90m, 24h, 7d.",
)  # fmt: skip
@click.option(
    "--source", "only", shell_complete=words("source", many=True),
    callback=listed_by(word), metavar="NAME", multiple=True,
    help="Apply --max-age to this source alone; several with commas.",
)  # fmt: skip
@click.pass_obj
def status(settings: Settings, max_age: float | None, only: tuple[str, ...]) -> None:
    """Print the catalog's path and size, its sources and resolvers, and the last refreshes.

    --max-age looks at every source that should answer from outside here: the open data sets, the
    providers whose key is set, servers and registries whose address is set. The one whose last
    answer is the oldest decides. Failed and postponed requests are no answers, "not modified" is
    one, and what is on this machine does not count.
    """
    with opened(settings) as catalog:
        report = health.status(catalog)
    oldest = health.Answer(**report["oldest_answer"])
    if only:
        oldest = health.oldest_answer(report["sources"], _checked(only, report["sources"]))
    _add_advice(report)
    if settings.json:
        terminal.print_json(report)
    elif terminal.is_terminal(sys.stdout):
        _print(settings, report)
    else:
        lines = _flat("", report)
        terminal.print_table(settings, (Column("key"), Column("value")), lines)
    if max_age is not None and (oldest.age_s is None or oldest.age_s > max_age):
        raise TooOld(oldest, max_age)


def _checked(names: tuple[str, ...], sources: Collection[str]) -> tuple[str, ...]:
    """The names. Raises a usage error for one of no source that answers from outside."""
    known = [name for name in sources if name not in health.HERE]
    for name in names:
        if name not in known:
            here = name in health.HERE
            reason = "it is on this machine" if here else "no such source in this catalog"
            message = f"{name}: {reason}; expected one of {', '.join(known)}"
            raise click.BadParameter(message, param_hint="'--source'")
    return names


def _oldest(found: health.Answer) -> str:
    """What is said of the oldest answer from outside."""
    if found.source is None:
        return health.NOBODY_ASKED
    if found.age_s is None:
        return f"{found.source} has never answered"
    return f"oldest answer from outside: {found.source}, {span(found.age_s)} ago"


def _add_advice(report: dict[str, Any]) -> None:
    """Add `advice` to each source: what to do about its problem, or None."""
    for name, row in report["sources"].items():
        row["advice"] = advice(name, row["problem"], row["retry_at"])


def _flat(prefix: str, value: object) -> Iterator[tuple[str, object]]:
    """A report as pairs of dotted key and value; list items are numbered from 0."""
    if isinstance(value, dict):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        items = [(str(at), item) for at, item in enumerate(value)]
    else:
        yield prefix, value
        return
    for key, item in items:
        yield from _flat(f"{prefix}.{key}" if prefix else key, item)


def _ago(seconds: object) -> str:
    return f"{span(seconds)} ago" if isinstance(seconds, float) else "never"


def _since(moment: object) -> str:
    return "-" if moment is None else _ago(health.age(moment))


_MODELS = Column("models", "", terminal.tokens, number=True)
_TABLES = {
    "sources": (
        Column("name", "source"), Column("kind"), _MODELS, Column("age_s", "last success", _ago),
        Column("last_answer", "last answer", _since), Column("as_of", "data from", terminal.day),
        Column("answered"),
    ),
    "configured": (
        Column("name", "configured"), Column("how"), Column("address"), Column("variable", "key"),
        Column("offers", "", terminal.tokens, number=True), Column("age_s", "read", _ago),
        Column("problem"),
    ),
    "resolvers": (Column("name", "resolver"), Column("precedence", number=True), _MODELS),
    "runs": (
        Column("id", "run", number=True), Column("kind"), Column("status"),
        Column("started_at", "started"), Column("version"),
    ),
    "snapshots": (
        Column("name", "shipped data"), Column("as_of", "data from"),
        Column("rows", "", terminal.tokens, number=True),
    ),
}  # fmt: skip


def _print(settings: Settings, report: dict[str, Any]) -> None:
    keys = [f"{name} ({variable})" for name, variable in report["keys"].items()]
    known, here = report["models"]["known"], report["models"]["available"]
    size = f"{report['bytes'] / 1e6:.1f} MB"
    lines = {
        "catalog": report["path"],
        "file": f"schema {report['schema']}, {size}, {_storage(report)}",
        "models": f"{known:,} known, {here:,} of them can be called from here",
        "keys": terminal.plain(keys),
        "refresh": _ago(report["last_refresh_age_s"]),
        "fresh": _oldest(health.Answer(**report["oldest_answer"])),
    }
    if report["clock"]:
        lines["clock"] = report["clock"]
    for name, value in lines.items():
        terminal.print_text(settings, f"{name:8} {terminal.escaped(value)}")
    for part, columns in _TABLES.items():
        rows = report[part]
        if not rows:
            continue
        terminal.print_text(settings, "")
        if isinstance(rows, dict):
            rows = [{"name": name, **row} for name, row in rows.items()]
        cells = [[row[column.name] for column in columns] for row in rows]
        terminal.print_table(settings, columns, cells)
    for line in _problems(report):
        terminal.print_text(settings, terminal.escaped(line))


def _storage(report: dict[str, Any]) -> str:
    """The database server, or the journal mode of a file."""
    return str(report.get("server") or f"journal {report['journal_mode']}")


def _problems(report: dict[str, Any]) -> Iterator[str]:
    """Current problems of sources, with advice, remarks, then other failures of the last runs."""
    now = {name: row for name, row in report["sources"].items() if row["error"]}
    for name, row in now.items():
        advised = f"; {row['advice']}" if row["advice"] else ""
        error = str(row["error"]).removeprefix(f"{name}: ")
        yield f"source {name}: {error} ({_ago(health.age(row['problem_at']))}){advised}"
    for name, row in report["sources"].items():
        if row["remark"] and name not in now:
            yield f"source {name}: {row['remark']}"
    for name, row in report["configured"].items():
        if row["error"] and not row["address"]:
            yield f"account {name}: {row['error']}"
    for run in report["runs"]:
        for failure in run["errors"]:
            if failure["kind"] != "source" or failure["name"] not in now:
                yield f"run {run['id']}: {failure['kind']} {failure['name']}: {failure['error']}"
