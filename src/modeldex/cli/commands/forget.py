"""`modeldex forget`."""

from typing import Any, cast

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.completion import words
from modeldex.cli.errors import Failure
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.vocabulary.likeness import likely

_SHOWN = 20
"""Models that are printed one by one."""


class UnknownSource(Failure):
    """The catalog has no source of this name; `near` are similar ones."""

    def __init__(self, source: str, near: list[str]) -> None:
        self.source = source
        self.near = near
        hint = f"; did you mean {' or '.join(near)}?" if near else "; modeldex status names them"
        super().__init__(f"there is no source {source}{hint}")


@everywhere()
@click.command()
@click.argument("source", callback=parsed_by(word), shell_complete=words("source"), required=False)
@click.option("--unlisted", is_flag=True, help="Delete models that no source has ever listed.")
@click.option(
    "--since", metavar="WHEN",
    help="With --unlisted: of these only models added since: 7d, 2026-11-01.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="With --unlisted: delete them; else they are counted.")
@click.option("--dry-run", is_flag=True, help="Print what would be forgotten, and write nothing.")
@click.pass_obj
def forget(
    settings: Settings,
    source: str | None,
    *,
    unlisted: bool,
    since: str | None,
    yes: bool,
    dry_run: bool,
) -> None:
    """Forget what SOURCE lists: its offers can no longer be called by its word.

    For a gateway, a server or a plug-in that is gone. Facts and history stay, and a later refresh
    that finds the source again lists them again.

    With --unlisted instead: models that measurements or statements of a shell have added and that
    no source has ever listed, with their samples, opinions and history. They are counted first;
    --yes deletes them for good. A model of which you stated facts (resolver user) stays.
    """
    if unlisted == (source is not None):
        raise click.UsageError("give either SOURCE or --unlisted")
    if not unlisted and (since or yes):
        raise click.UsageError("--since and --yes belong to --unlisted")
    if source is None:
        _forget_unlisted(settings, since, dry_run=dry_run or not yes)
    else:
        _forget_source(settings, source, dry_run=dry_run)


def _forget_unlisted(settings: Settings, since: str | None, *, dry_run: bool) -> None:
    from modeldex.storage.forget import UNLISTED, Unlisted, forget_models
    from modeldex.storage.open import open_writer
    from modeldex.vocabulary.timestamps import parse_moment

    given = {"since": parse_moment("since", since) if since else ""}
    with opened(settings) as catalog:
        found = [Unlisted._make(cast("Any", row)) for row in catalog.rows(UNLISTED, given)]
        if not dry_run:
            with open_writer(catalog.path) as writer:
                forget_models(writer, found)
    models = [f"{each.provider}/{each.name}" for each in found]
    samples = sum(each.samples for each in found)
    opinions = sum(each.opinions for each in found)
    if settings.json:
        counts = {"models": models, "measurements": samples, "opinions": opinions}
        terminal.print_json({"unlisted": True, "dry_run": dry_run, **counts})
        return
    for model in models[:_SHOWN]:
        terminal.print_text(settings, terminal.escaped(model))
    if len(models) > _SHOWN:
        terminal.print_text(settings, f"and {len(models) - _SHOWN:,} more")
    done = "would be forgotten; --yes forgets them" if dry_run else "are forgotten"
    terminal.print_text(
        settings,
        f"{len(models):,} models that nobody lists, {samples:,} samples and {opinions:,} opinions "
        f"{done}",
    )


def _forget_source(settings: Settings, source: str, *, dry_run: bool) -> None:
    from modeldex.storage.forget import end_source
    from modeldex.storage.open import open_writer

    with opened(settings) as catalog:
        known = [str(name) for (name,) in catalog.rows("SELECT name FROM sources ORDER BY name")]
        if source not in known:
            raise UnknownSource(source, likely(source, known))
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
