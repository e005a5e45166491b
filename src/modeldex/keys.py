"""The providers whose API key is set in the environment of this process."""

from collections.abc import Mapping
from typing import Any

from modeldex.providers import keyed


class Keys:
    """The providers with a key in one environment, recomputed only if it has changed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        # os.environ decodes every name and value on access; its inner dict compares in
        # microseconds.
        self._raw: Mapping[Any, object] = getattr(environ, "_data", environ)
        self._seen: dict[object, object] | None = None
        self._keyed: tuple[str, ...] = ()

    def keyed(self) -> tuple[str, ...]:
        """Ids of the providers that have a key now, sorted."""
        if self._seen != self._raw:
            self._seen = dict(self._raw)
            self._keyed = keyed(self._environ)
        return self._keyed
