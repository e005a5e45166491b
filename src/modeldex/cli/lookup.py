"""Find one model by a name typed by a user."""

from collections.abc import Iterator

from modeldex.cli.errors import Failure
from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_find
from modeldex.query.lookup import not_found
from modeldex.query.rows import entry_of
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.providers import canonical, providers

_MAX_CANDIDATES = 10


class AmbiguousName(Failure):
    """A name that fits several models; `candidates` are all their ids, best first."""

    def __init__(self, name: str, candidates: list[str]) -> None:
        self.name = name
        self.candidates = candidates
        shown = ", ".join(candidates[:_MAX_CANDIDATES])
        more = len(candidates) - _MAX_CANDIDATES
        super().__init__(
            f"{name} is the name of {len(candidates)} models; use one of these ids: {shown}"
            + (f" and {more} more" if more > 0 else "")
        )


def find(catalog: Catalog, text: str) -> CatalogEntry:
    """The model that `text` names. Raises ModelNotFound, with similar names, or AmbiguousName.

    Tries provider/name, split at the first slash, then provider:name if that provider is
    known, then a bare name or alias, which must be unique.
    """
    for provider, name in _readings(text):
        found = list(map(entry_of, catalog.rows(*compile_find(provider, name))))
        if len(found) > 1:
            raise AmbiguousName(name, [model.id for model in found])
        if found:
            return found[0].found_by(name)
    raise not_found(catalog, *next(_readings(text)))


def _readings(text: str) -> Iterator[tuple[str | None, str]]:
    provider, slash, name = text.partition("/")
    if slash:
        yield canonical(provider), name
    provider, colon, name = text.partition(":")
    if colon and canonical(provider) in providers():
        yield canonical(provider), name
    yield None, text
