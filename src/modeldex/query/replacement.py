"""Which offer of the catalog is meant by the replacement that a maker recommends.

The text is a name in any spelling, or several ("a or b"). It is looked up at the provider of what
it replaces, else at the lab of the recommended model, as `modeldex.query.lookup` does; a text that
may mean several models means none. A model that has ended, or ends soon, is no replacement: what
its maker recommends in its stead is.
"""

import re
from collections.abc import Iterator

from modeldex.errors import AmbiguousName
from modeldex.query.catalog import Catalog
from modeldex.query.conditions import conditions
from modeldex.query.lookup import at_provider
from modeldex.vocabulary.base_names import identify
from modeldex.vocabulary.ends import USUAL_DAYS, comparable, day_after
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.providers import canonical, providers

_SEVERAL = re.compile(r"\s*[,;]\s*(?:(?:or|and)\s+)?|\s+(?:or|and|/)\s+")
_LABS = "SELECT provider FROM provider_classes WHERE class = 'lab' AND maker = :maker ORDER BY 1"


class Replacements:
    """The replacements in one catalog; each is looked up once. `today` is an ISO date."""

    def __init__(self, catalog: Catalog) -> None:
        self.today = catalog.scope.today
        self._catalog = catalog
        self._found: dict[tuple[str, str | None, str], tuple[CatalogEntry, ...]] = {}
        [self._in_use] = [
            c for c in conditions({}, catalog.scope) if c.criterion == "include_deprecated"
        ]

    def of(self, provider: str, base: str | None, text: str, *, beyond: str) -> CatalogEntry | None:
        """The offer that replaces one of `provider`, whose model is `base`, by what is recommended.

        It goes on beyond that ISO date, and for USUAL_DAYS. None if there is none.
        """
        soon = day_after(self.today, USUAL_DAYS)
        return self._of(provider, base, text, max(beyond, soon), frozenset())

    def _of(
        self, provider: str, base: str | None, text: str, beyond: str, seen: frozenset[str]
    ) -> CatalogEntry | None:
        found = self._named(provider, base, text)
        for entry in found:
            if self._lives(entry, beyond):
                return entry
        for entry in found:
            after = entry.value("replacement")
            if entry.id not in seen and isinstance(after, str):
                follower = self._of(provider, base, after, beyond, seen | {entry.id})
                if follower:
                    return follower
        return None

    def _named(self, provider: str, base: str | None, text: str) -> tuple[CatalogEntry, ...]:
        """The offers that a text names, in its order."""
        key = provider, base, text
        if key not in self._found:
            names = dict.fromkeys((text, *filter(None, _SEVERAL.split(text))))
            found = (self._called(provider, base, name) for name in names)
            self._found[key] = tuple(entry for entry in found if entry)
        return self._found[key]

    def _called(self, provider: str, base: str | None, name: str) -> CatalogEntry | None:
        for place, called in self._places(provider, base, name):
            try:
                found = at_provider(self._catalog, place, called)
            except AmbiguousName:
                return None
            if found and _is_meant(found, called):
                return found
        return None

    def _places(self, provider: str, base: str | None, name: str) -> Iterator[tuple[str, str]]:
        """Where a name may be known: at the provider, at one that it begins with, at its lab."""
        yield provider, name
        first, _, rest = name.partition("/")
        if rest and canonical(first) in providers():
            yield canonical(first), rest
        identity = identify(provider, name)
        maker = (identity.base if identity else base or "").partition("/")[0]
        for (lab,) in self._catalog.rows(_LABS, {"maker": maker}):
            yield str(lab), name

    def _lives(self, entry: CatalogEntry, beyond: str) -> bool:
        ends = entry.value("retires_at")
        if ends and comparable(str(ends)) <= beyond:
            return False
        which = "c.provider = :of_provider AND c.name = :of_name"
        key = {"of_provider": entry.spec.provider, "of_name": entry.spec.name}
        sql = f"SELECT 1 FROM catalog c WHERE {which} AND {self._in_use.sql}"
        return bool(self._catalog.rows(sql, {**self._in_use.parameters, **key}))


def _is_meant(found: CatalogEntry, name: str) -> bool:
    """Whether it is called so, or is no other variant of the same model than the name spells."""
    if name in (found.spec.name, *found.spec.aliases):
        return True
    identity = identify(found.spec.provider, name)
    return identity is None or found.value("variant") in (None, identity.variant)
