"""`modeldex forget`."""

from difflib import get_close_matches

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.errors import Failure
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere


class UnknownSource(Failure):
    """The catalog has no source of this name; `near` are similar ones."""

    def __init__(self, source: str, near: list[str]) -> None:
        self.source = source
        self.near = near
        hint = f"; did you mean {' or '.join(near)}?" if near else "; modeldex status names them"
        super().__init__(f"there is no source {source}{hint}")


@everywhere()
@click.command()
@click.argument("source", callback=parsed_by(word))
@click.option("--dry-run", is_flag=True, help="Print what would be forgotten, and write nothing.")
@click.pass_obj
def forget(settings: Settings, source: str, dry_run: bool) -> None:
    """Forget what SOURCE lists: its offers can no longer be called by its word.

    For a gateway, a server or a plug-in that is gone. Facts and history stay, and a later refresh
    that finds the source again lists them again.
    """
    from modeldex.storage.forget import end_source
    from modeldex.storage.open import open_writer

    with opened(settings) as catalog:
        known = [str(name) for (name,) in catalog.rows("SELECT name FROM sources ORDER BY name")]
        if source not in known:
            raise UnknownSource(source, get_close_matches(source, known, 3))
        given = {"source": source}
        [(offers,)] = catalog.rows(
            "SELECT count(*) FROM sightings WHERE source = :source AND missing_since IS NULL", given
        )
        [(listings,)] = catalog.rows(
            "SELECT count(*) FROM listings WHERE provider = :source", given
        )
        if not dry_run:
            with open_writer(catalog.path) as writer:
                end_source(writer, source)
    if settings.json:
        found = {"source": source, "dry_run": dry_run, "offers": offers, "listings": listings}
        terminal.print_json(found)
        return
    done = "would be forgotten" if dry_run else "are forgotten"
    terminal.print_text(settings, f"{offers:,} offers that {source} listed {done}")
