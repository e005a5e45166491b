"""Make a new catalog a copy of the ready file, in place of a load of the shipped data."""

from collections.abc import Mapping

from modeldex.storage.location import Place, Postgres
from modeldex.storage.sqlite.new_file import copy_to_new, is_new
from modeldex.upstream import ready
from modeldex.vocabulary.providers import first_set_variable, keyed, providers

ENV = "env"
"""Name of the source that reads key variables."""


def copy_if_new(place: Place, environ: Mapping[str, str]) -> bool:
    """Make a missing or empty catalog file a copy of the ready file; True if this call did.

    False, too, without a usable ready file: then the caller loads the snapshots. Where the
    environment names models, parts that need no network are still to be loaded after it. Raises
    CatalogError or a subclass.
    """
    if isinstance(place, Postgres) or not is_new(place):
        return False
    image = ready.image()
    if image is None:
        return False
    return copy_to_new(place, image, (ENV,) if _names_models(environ) else ())


def _names_models(environ: Mapping[str, str]) -> bool:
    """Whether a part that reads the environment, without network, may state something."""
    return bool(
        keyed(environ)
        or first_set_variable(("MODELDEX_GGUF",), environ)
        or first_set_variable(providers()["ollama"].base_url_vars, environ)
    )
