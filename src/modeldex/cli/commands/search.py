"""`modeldex search`."""

import sys

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import as_of, opened
from modeldex.cli.errors import NO_MATCH, Failure
from modeldex.cli.page import page_options, say_more
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.query.search import FEW, meant_instead, search

_ALL = 1_000_000_000

COLUMNS = (
    Column("id", "model"),
    Column("display_name", "name", may_go_below=True),
    Column("callable"),
    Column("usable_context", "context", terminal.tokens, number=True),
    Column("input_cost_per_1m", "$in/1M", terminal.money, number=True),
    Column("output_cost_per_1m", "$out/1M", terminal.money, number=True),
    Column("quality_tier", "tier"),
    Column("retires_at", "ends"),
)


class NothingFound(Failure):
    """No known model is named so; `meant` is a text that may be meant."""

    exit_code = NO_MATCH

    def __init__(self, text: str, meant: str | None) -> None:
        self.text, self.meant = text, meant
        super().__init__(
            f"no known model is named {text}" + (f"; did you mean {meant}?" if meant else "")
        )


@everywhere()
@click.command("search")
@click.argument("text", nargs=-1, required=True, callback=parsed_by(word), metavar="TEXT...")
@page_options
@as_of
@click.pass_obj
def search_command(
    settings: Settings,
    text: tuple[str, ...],
    limit: int | None,
    offset: int | None,
    as_of: str | None,
) -> None:
    """Print the known models that are named so: all words of TEXT occur in their names.

    These are provider, name, display name, base, family and aliases. A word with * or ? is a
    pattern for a whole name: '*haiku*', 'gpt-5*'. First come the models that are called exactly so,
    then those whose name begins so; of equal ones the maker's offer if it can be called, else one
    that can be called. `modeldex list TEXT` takes criteria, too. On a terminal only the first 20
    are printed without --limit, elsewhere all. Exits with 3 if no model is named so.
    """
    words = " ".join(text)
    on_terminal = terminal.is_terminal(sys.stdout) and not settings.json
    with opened(settings, as_of) as catalog:
        hits, total = search(catalog, words, limit or (FEW if on_terminal else _ALL), offset or 0)
        if not total:
            raise NothingFound(words, meant_instead(catalog, words))
    if settings.json:
        terminal.print_json({"total": total, "offset": offset or 0, "hits": hits})
        return
    names = [column.name for column in COLUMNS]
    rows = [[getattr(hit, name) for name in names] for hit in hits]
    terminal.print_table(settings, COLUMNS, rows)
    if on_terminal and limit is None:
        say_more(settings, (offset or 0) + len(hits), total)
