"""The aliases of providers: a row that names a provider by one is stored under its id."""

from modeldex.vocabulary.providers import shipped_aliases

CANONICAL = (
    "coalesce((SELECT provider FROM provider_aliases WHERE alias = lower(trim(NEW.provider))), "
    "lower(trim(NEW.provider)))"
)
"""SQL, in a trigger: the id of the provider that the new row names."""

IS_CANONICAL = f"NEW.provider = {CANONICAL}"

_ALIASES = ", ".join(map(repr, shipped_aliases().items()))
ROWS = (
    "DELETE FROM provider_aliases WHERE shipped = 1",
    (
        "INSERT INTO provider_aliases (alias, provider, shipped) SELECT column1, column2, 1 "
        f"FROM (VALUES {_ALIASES}) v WHERE column1 NOT IN (SELECT alias FROM provider_aliases)"
    ),
)
"""SQL for both engines: replaces the aliases that an earlier version brought; users' own stay."""
