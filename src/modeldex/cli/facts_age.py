"""The age of the facts that decide an answer: in its JSON, and once a day on a terminal."""

import sys
from pathlib import Path

from modeldex.cli import terminal
from modeldex.cli.settings import Settings
from modeldex.errors import NoHome
from modeldex.query.catalog import Catalog
from modeldex.query.facts_age import age_remark, clock_remark, dated, oldest
from modeldex.vocabulary import clock
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.user_folders import here, user_folder


def aged(settings: Settings, catalog: Catalog, models: list[CatalogEntry]) -> list[CatalogEntry]:
    """The models of an answer; for JSON with `facts_from`. On a terminal, old facts are named."""
    may_say = _may_say(catalog)
    if not (settings.json or may_say):
        return models
    models = dated(catalog, models)
    if may_say:
        say_age(settings, catalog, oldest(models))
    return models


def say_age(settings: Settings, catalog: Catalog, facts_from: str | None) -> None:
    """Name facts that are old, or a clock that is wrong: once a day for each catalog file."""
    text = _may_say(catalog) and (clock_remark(catalog) or age_remark(facts_from))
    if text and _is_marked(catalog):
        terminal.print_hint(settings, text)


def _may_say(catalog: Catalog) -> bool:
    """Whether a line may be said: on a terminal, of the present, and not yet today."""
    return (
        terminal.is_terminal(sys.stderr) and catalog.moment is None and not _is_said(_mark(catalog))
    )


def _mark(catalog: Catalog) -> Path | None:
    """The file that holds the day of the last line for this catalog; None without a home."""
    from hashlib import sha256

    name = sha256(here(str(catalog.path)).encode()).hexdigest()[:16]
    try:
        return user_folder("state") / "age-said" / name
    except NoHome:
        return None


def _is_said(mark: Path | None) -> bool:
    """Whether the line was said today; yes where that cannot be known."""
    try:
        return mark is None or mark.read_text("utf-8") == clock.today().isoformat()
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError):
        return True


def _is_marked(catalog: Catalog) -> bool:
    """Write the mark of today; False if it cannot be written, as the line would come each time."""
    mark = _mark(catalog)
    try:
        if mark is not None:
            mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mark.write_text(clock.today().isoformat(), "utf-8")
    except OSError:
        return False
    return mark is not None
