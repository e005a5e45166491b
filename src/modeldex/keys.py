"""Which providers have their key set in this process, told again whenever it is asked."""

from collections.abc import Mapping
from typing import Any

from modeldex.providers import keyed


class Keys:
    """The keyed providers of one environment, recomputed only when that has changed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        # os.environ decodes each name on every look; its own dict compares in microseconds.
        self._raw: Mapping[Any, object] = getattr(environ, "_data", environ)
        self._seen: dict[object, object] | None = None
        self._keyed: tuple[str, ...] = ()

    def keyed(self) -> tuple[str, ...]:
        """Provider ids, sorted."""
        if self._seen != self._raw:
            self._seen = dict(self._raw)
            self._keyed = keyed(self._environ)
        return self._keyed
