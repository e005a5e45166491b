"""One page of a provider's listing, mapped to catalog fields."""

from collections.abc import Mapping
from typing import NamedTuple

from modeldex.listings.rows import Mapped


class Page(NamedTuple):
    """The models of one response, and the query parameters that request the next page.

    `following` is merged over the query of the last request; None means the last page.
    """

    mapped: Mapped
    following: Mapping[str, str] | None = None
