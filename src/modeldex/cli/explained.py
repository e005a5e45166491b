"""Print why each known model matches a query or does not."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modeldex.catalog import Catalog
from modeldex.cli.settings import Settings
from modeldex.cli.terminal import (
    Column,
    is_terminal,
    print_json,
    print_table,
    print_text,
    show,
    tokens,
)

if TYPE_CHECKING:
    from modeldex.explain_query import QueryExplanation
    from modeldex.workloads import Workload

RANKED = (
    Column("place", "rank", number=True),
    Column("id", "model", wraps=True),
    Column("text", "why ranked lower", wraps=True),
)
# The first two counts add up to the models that do not match, each at its first requirement;
# the next two count all known models that fail a requirement or whose value is unknown.
REQUIREMENTS = (
    Column("wants", "requirement", wraps=True),
    Column("fell", "excluded", tokens, number=True),
    Column("fell_unknown", "+ unknown", tokens, number=True),
    Column("failed", "all failing", tokens, number=True),
    Column("unknown", "all unknown", tokens, number=True),
    Column("only", "fail only this", tokens, number=True),
)
NEAREST = (Column("id", "nearest miss", wraps=True), Column("text", "fails only", wraps=True))


def explained_by(
    catalog: Catalog, criteria: Mapping[str, object], load: "Workload | None"
) -> "QueryExplanation":
    """Explain a query; `modeldex.explain_query` is imported on demand."""
    from modeldex.explain_query import explain_query

    return explain_query(catalog, criteria, load)


def explanation(found: "QueryExplanation") -> dict[str, object]:
    """The explanation as a part of a JSON document."""
    from modeldex.cli.document import document

    return {"explanation": {**document(found), "only_unknown": found.only_unknown}}


def print_explanation(settings: Settings, found: "QueryExplanation") -> None:
    """Print the explanation: as JSON, as tables on a terminal, else one sentence per line."""
    if settings.json:
        print_json(explanation(found))
        return
    if not is_terminal(sys.stdout):
        for line in found.lines():
            print_text(settings, show(line))
        return
    if found.ranked[1:]:
        _print_table(settings, RANKED, [(r.place, r.id, r.text) for r in found.ranked[1:]])
    print_text(settings, f"\n{found.headline()}")
    _print_table(settings, REQUIREMENTS, [row[1:] for row in found.requirements])
    if found.nearest:
        _print_table(settings, NEAREST, [(miss.id, miss.lack.text) for miss in found.nearest])


def _print_table(
    settings: Settings, columns: tuple[Column, ...], rows: list[tuple[object, ...]]
) -> None:
    print_text(settings, "")
    print_table(settings, columns, rows)
