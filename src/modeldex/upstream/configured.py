"""What an environment can call: its keys, addresses and accounts, and what these have listed."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from modeldex.storage.listings import Bound, Listing, bind
from modeldex.upstream.accounts import accounts, aws_region
from modeldex.upstream.outside import own_variable
from modeldex.upstream.own_listing import asked
from modeldex.vocabulary.providers import keyed, providers


def bound(environ: Mapping[str, str], listings: Sequence[Listing]) -> tuple[Bound, ...]:
    """How the offers of each provider that is configured here are callable, by provider id."""
    found = {each.provider: each for each in _bound(environ, listings)}
    return tuple(found[provider] for provider in sorted(found))


def _bound(environ: Mapping[str, str], listings: Sequence[Listing]) -> Iterator[Bound]:
    of_provider: dict[str, list[Listing]] = {}
    for each in listings:
        of_provider.setdefault(each.provider, []).append(each)
    with_key = keyed(environ)
    for provider, account in accounts(environ):
        if account.problem is None and provider not in with_key:
            yield Bound(provider, "account", region=account.region)
    for name in with_key:
        if name not in of_provider:
            yield Bound(name, "presumed", region=_region(name, environ))
    for name, own in of_provider.items():
        row = providers().get(name)
        request = asked(row, environ) if row else None
        if request is not None:
            yield bind(request, own)._replace(region=_region(name, environ))
        elif name in with_key:
            yield Bound(name, "presumed", region=_region(name, environ))


def _region(provider: str, environ: Mapping[str, str]) -> str | None:
    return aws_region(environ) if provider == "bedrock" else None


@cache
def _variables() -> frozenset[str]:
    """The names of all variables that decide about what is configured."""
    found = {
        "HOME", "OLLAMA_API_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ROLE_ARN", "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_LOCATION", "CLOUDSDK_CONFIG",
    }  # fmt: skip
    for row in providers().values():
        found.update(row.keys, row.base_url_vars, (own_variable(row.id),))
    return frozenset(found)


class Configured:
    """What one environment can call, computed anew only if it or the listings have changed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._seen: object = None
        self._bound: tuple[Bound, ...] = ()

    def bound(self, listings: Sequence[Listing]) -> tuple[Bound, ...]:
        """As the function `bound`, for the environment as it is now."""
        # Names first: os.environ decodes what is read of it, and few of its names count.
        environ = self._environ
        names = _variables().intersection(environ)
        seen = ({name: environ.get(name, "") for name in names}, listings)
        if self._seen != seen:
            self._seen = seen
            self._bound = bound(dict(seen[0]), listings)
        return self._bound
