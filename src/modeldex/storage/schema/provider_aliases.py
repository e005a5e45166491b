"""The aliases of providers: a row that names a provider by one is stored under its id."""

CANONICAL = (
    "coalesce((SELECT provider FROM provider_aliases WHERE alias = lower(trim(NEW.provider))), "
    "lower(trim(NEW.provider)))"
)
"""SQL, in a trigger: the id of the provider that the new row names."""

IS_CANONICAL = f"NEW.provider = {CANONICAL}"
