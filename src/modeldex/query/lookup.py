"""Finds one model by its name; suggests similar names if there is none."""

from modeldex.errors import ModelNotFound
from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_find
from modeldex.query.rows import entry_of
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.providers import canonical

_LIKE = 5


def find(catalog: Catalog, provider: str, name: str) -> CatalogEntry:
    """The model of this exact name or alias, which may be retired.

    Raises ModelNotFound, with similar names.
    """
    provider = canonical(provider)
    for row in catalog.rows(*compile_find(provider, name)):
        return entry_of(row).found_by(name)
    raise not_found(catalog, provider, name)


def not_found(catalog: Catalog, provider: str | None, name: str) -> ModelNotFound:
    """The error for an unknown name, with the most similar ids.

    These are of the same provider if there are any, else of all; without a provider, one model
    per similar name.
    """
    ids = [str(row[0]) for row in catalog.rows("SELECT provider || '/' || name FROM catalog")]
    if provider is None:
        bare: dict[str, str] = {}
        for one in ids:
            bare.setdefault(one.partition("/")[2].lower(), one)
        return ModelNotFound(None, name, _near(name, bare))
    text = f"{provider}/{name}"
    own = {one.lower(): one for one in ids if one.startswith(f"{provider}/")}
    near = _near(text, own) or _near(text, {one.lower(): one for one in ids})
    return ModelNotFound(provider, name, near)


def _near(text: str, known: dict[str, str]) -> tuple[str, ...]:
    """The ids whose lower-case key is similar to the text, most similar first."""
    from difflib import get_close_matches

    return tuple(known[key] for key in get_close_matches(text.lower(), known, _LIKE))
