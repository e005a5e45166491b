"""Finds the one offer that a name means; suggests similar names if there is none.

A name is read as PROVIDER/NAME, PROVIDER:NAME, or the bare name of a model at any provider. What no
offer is called may still be a spelling of a base model (`claude-sonnet-4.5`), or a name with a
suffix that routes a request (`openrouter/openai/gpt-4o:nitro`), or Google's own form of it
(`gemini/models/gemini-2.5-pro`). A bare name of a base model means
the offer of its maker if that can be called, else one that can be called, else that of its maker;
the others are named in the entry's remark.
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from modeldex.errors import AmbiguousName, ModelNotFound
from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_columns, compile_find
from modeldex.query.conditions import conditions
from modeldex.query.offers import known_bases
from modeldex.query.preference import OFFERS, PLAIN, preferred
from modeldex.query.rank import GENERAL
from modeldex.query.selection import rows_by_id
from modeldex.storage.parameters import named_parameters
from modeldex.vocabulary.criteria import EVERYTHING
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.likeness import likely
from modeldex.vocabulary.providers import canonical, providers

_PARTED = re.compile(r"([^/:]+)[/:](.+)")
_LIKE = 5
_NAMED = 5
"""Others that a remark names."""

_GOOGLES = "models/"

_MEANT = (
    f"SELECT c.model_id FROM {OFFERS} WHERE {{which}} ORDER BY {{preferred}}, "
    f"CASE WHEN c.name = :name THEN 0 ELSE 1 END, {PLAIN}, {GENERAL.order}"
)


def find(catalog: Catalog, provider: str, name: str) -> CatalogEntry:
    """The model of this name or alias at a provider, which may be retired.

    Raises ModelNotFound, with similar names.
    """
    found = at_provider(catalog, provider, name)
    if found is None:
        raise not_found(catalog, canonical(provider), name)
    return found


def at_provider(catalog: Catalog, provider: str, name: str) -> CatalogEntry | None:
    """The model that a name means at a provider, which may be retired; None if there is none."""
    provider = canonical(provider)
    return next((found for read in _WAYS if (found := read(catalog, provider, name))), None)


def exact(catalog: Catalog, text: str) -> CatalogEntry:
    """The one model of this name or alias. Raises ModelNotFound and AmbiguousName."""
    readings = list(_readings(text))
    for provider, name in readings:
        found = list(map(catalog.entry, catalog.rows(*compile_find(provider, name))))
        if len(found) > 1:
            raise AmbiguousName(name, tuple(entry.id for entry in found))
        if found:
            return found[0].found_by(name)
    raise not_found(catalog, *readings[0])


def resolve(catalog: Catalog, text: str) -> CatalogEntry:
    """The model that `text` names; see above. Raises ModelNotFound and AmbiguousName."""
    found = anywhere(catalog, text)
    if found is None:
        raise not_found(catalog, *next(_readings(text)))
    return found


def anywhere(catalog: Catalog, text: str) -> CatalogEntry | None:
    """The model that `text` names; None if there is none. Raises AmbiguousName."""
    readings = list(_readings(text))
    for read in _WAYS:
        for provider, name in readings:
            if found := read(catalog, provider, name):
                return found
    return None


def split(text: str) -> tuple[str, str]:
    """Provider and name in a text, parted by its first slash or colon; provider may be empty."""
    found = _PARTED.fullmatch(text)
    return (found[1], found[2]) if found else ("", text)


def _readings(text: str) -> Iterator[tuple[str | None, str]]:
    provider, slash, name = text.partition("/")
    if slash:
        yield canonical(provider), name
    provider, colon, name = text.partition(":")
    if colon and canonical(provider) in providers():
        yield canonical(provider), name
    yield None, text


def _at(catalog: Catalog, provider: str | None, name: str) -> CatalogEntry | None:
    """The offer of this exact name or alias; at any provider if that is None."""
    found = list(map(catalog.entry, catalog.rows(*compile_find(provider, name))))
    if not found:
        return None
    of_bases = [entry for entry in found if entry.value("base") is not None]
    if len(found) == 1 and (provider is not None or not of_bases):
        return found[0].found_by(name)
    if not of_bases:
        return _one_of(catalog, name, found)
    if len({entry.value("base") for entry in of_bases}) > 1:
        raise AmbiguousName(name, tuple(entry.id for entry in found))
    said = {column: of_bases[0].value(column) for column in ("base", "snapshot", "variant")}
    return _meant(catalog, name, said)


def _one_of(catalog: Catalog, name: str, found: list[CatalogEntry]) -> CatalogEntry:
    """The one of these that can be called, of models of which no base is known.

    Raises AmbiguousName if none or several can.
    """
    own = [entry for entry in found if _is_callable(catalog, entry)]
    if len(own) == 1:
        others = [entry.id for entry in found if entry is not own[0]]
        return own[0].found_by(name)._replace(remark=_others(others))
    raise AmbiguousName(name, tuple(entry.id for entry in found))


def _is_callable(catalog: Catalog, entry: CatalogEntry) -> bool:
    criteria = {**EVERYTHING, "provider": entry.spec.provider}
    sql, bound = compile_columns("c.name", criteria, catalog.scope)
    return (entry.spec.name,) in catalog.rows(sql, bound)


def _routed(catalog: Catalog, provider: str | None, name: str) -> CatalogEntry | None:
    """The offer whose name is followed by a suffix that only routes a request."""
    row = providers().get(provider or "")
    stem, _, suffix = name.rpartition(":")
    meaning = row.suffixes.get(suffix) if row and stem else None
    found = _at(catalog, provider, stem) if meaning else None
    if found is None:
        return None
    remark = f":{suffix} {meaning}; facts and prices are those of {found.id}"
    return found.found_by(name)._replace(remark=remark)


def _of_google(catalog: Catalog, provider: str | None, name: str) -> CatalogEntry | None:
    """The offer that Google calls `models/NAME`."""
    bare = name.removeprefix(_GOOGLES)
    found = _at(catalog, provider, bare) if bare != name else None
    return found.found_by(name) if found else None


def _of_base(catalog: Catalog, provider: str | None, name: str) -> CatalogEntry | None:
    """The offer that is meant by a spelling of a base model."""
    from modeldex.vocabulary.base_names import identify

    identity = identify(provider or "", name)
    if identity is None:
        return _of_end(catalog, name) if provider is None else None
    said: dict[str, object] = identity._asdict()
    return _meant(catalog, name, said | ({"provider": provider} if provider in providers() else {}))


def _of_end(catalog: Catalog, name: str) -> CatalogEntry | None:
    """The offer of the one base model whose name ends with this. Raises AmbiguousName."""
    end = f"-{name.lower()}"
    found = sorted(b for b in known_bases(catalog) if b.replace("/", "-").endswith(end))
    if len(found) > 1:
        raise AmbiguousName(name, tuple(found))
    return _meant(catalog, name, {"base": found[0]}) if found else None


def _meant(catalog: Catalog, name: str, said: Mapping[str, object]) -> CatalogEntry | None:
    """The offer that a name means, by what it says of base, snapshot, variant and provider."""
    own = next(c for c in conditions({}, catalog.scope) if c.criterion == "available")
    known = {column: value for column, value in said.items() if value is not None}
    # Under other names than those of the criteria, which are bound beside them.
    which = " AND ".join(f"c.{column} = :of_{column}" for column in known)
    bound = {f"of_{column}": value for column, value in known.items()}
    sql = _MEANT.format(which=which, preferred=preferred(own.sql))
    rows = catalog.rows(sql, {**own.parameters, **bound, "name": name})
    if not rows:
        return None
    ids = [cast("int", row[0]) for row in rows]
    entries = list(map(catalog.entry, rows_by_id(catalog, ids)))
    others = [entry.id for entry in entries[1:]]
    first = entries[0].found_by(name)
    return first._replace(remark=_others(others)) if others else first


def _others(ids: list[str]) -> str:
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"the name also fits {', '.join(ids[:_NAMED])}{more}"


_WAYS = (_at, _routed, _of_google, _of_base)
"""How a name is read, the surest first."""


def not_found(catalog: Catalog, provider: str | None, name: str) -> ModelNotFound:
    """The error for an unknown name, with the ids that may be meant, the likeliest first.

    These are of the same provider if there are any, else of all; without a provider, the offer
    that each likely name means.
    """
    if provider is None:
        return ModelNotFound(None, name, tuple(_meant_by(catalog, _likely_names(catalog, name))))
    ids = [str(row[0]) for row in catalog.rows("SELECT provider || '/' || name FROM catalog")]
    text, own = f"{provider}/{name}", [one for one in ids if one.startswith(f"{provider}/")]
    return ModelNotFound(
        provider, name, tuple(likely(text, own, _LIKE) or likely(text, ids, _LIKE))
    )


def _likely_names(catalog: Catalog, name: str) -> list[str]:
    known = {str(row[0]).lower() for row in catalog.rows("SELECT DISTINCT name FROM catalog")}
    return likely(name, known, _LIKE)


def _meant_by(catalog: Catalog, names: list[str]) -> Iterator[str]:
    """The ids of the offers that are called so: for each name the one that it means."""
    own = next(c for c in conditions({}, catalog.scope) if c.criterion == "available")
    marks, bound = named_parameters("named", names)
    rows = catalog.rows(
        f"SELECT lower(c.name), c.provider || '/' || c.name FROM {OFFERS} "
        f"WHERE lower(c.name) IN ({marks}) ORDER BY {preferred(own.sql)}, {PLAIN}, {GENERAL.order}",
        {**own.parameters, **bound},
    )
    first = {str(name): str(id_) for name, id_ in reversed(rows)}
    return (first[name] for name in names if name in first)
