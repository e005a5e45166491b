"""One page of a provider's listing, in our terms."""

from collections.abc import Mapping
from typing import NamedTuple

from modeldex.listings.rows import Mapped


class Page(NamedTuple):
    """The models of one answer, and the query that asks for the next page.

    `following` replaces those parameters of the same name in the last request; None means
    that this page was the last.
    """

    mapped: Mapped
    following: Mapping[str, str] | None = None
