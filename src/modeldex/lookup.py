"""One model by its name, and the names that look like it where there is none."""

from modeldex import search
from modeldex.catalog import Catalog, Record, as_record
from modeldex.errors import ModelNotFound
from modeldex.providers import canonical

_LIKE = 5


def find(catalog: Catalog, provider: str, name: str) -> Record:
    """The model of this exact name or alias, also a retired one.

    Raises ModelNotFound, with near names.
    """
    provider = canonical(provider)
    for row in catalog.rows(*search.compile_find(provider, name)):
        return as_record(row)
    raise not_found(catalog, provider, name)


def not_found(catalog: Catalog, provider: str | None, name: str) -> ModelNotFound:
    """The error for a name that no model has, with the most alike ones.

    Those of the same provider, else of all; without a provider, one model of each near name.
    """
    ids = [str(row[0]) for row in catalog.rows("SELECT provider || '/' || name FROM catalog")]
    if provider is None:
        bare: dict[str, str] = {}
        for each in ids:
            bare.setdefault(each.partition("/")[2].lower(), each)
        return ModelNotFound(None, name, _near(name, bare))
    text = f"{provider}/{name}"
    own = {each.lower(): each for each in ids if each.startswith(f"{provider}/")}
    near = _near(text, own) or _near(text, {each.lower(): each for each in ids})
    return ModelNotFound(provider, name, near)


def _near(text: str, known: dict[str, str]) -> tuple[str, ...]:
    """Ids whose key in lower case looks like the text, most alike first."""
    from difflib import get_close_matches

    return tuple(known[key] for key in get_close_matches(text.lower(), known, _LIKE))
