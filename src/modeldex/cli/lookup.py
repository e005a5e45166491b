"""Find one model by a name typed by a user."""

from modeldex.cli import terminal
from modeldex.cli.settings import Settings
from modeldex.query.catalog import Catalog
from modeldex.query.lookup import resolve
from modeldex.vocabulary.entry import CatalogEntry


def find(settings: Settings, catalog: Catalog, text: str) -> CatalogEntry:
    """The model that `text` names; what is to be known about that is printed as a hint.

    Raises ModelNotFound, with similar names, and AmbiguousName.
    """
    found = resolve(catalog, text)
    if found.remark and not settings.json:
        terminal.print_hint(settings, f"{found.id}: {found.remark}")
    return found
