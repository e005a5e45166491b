"""What is callable from here, and the shape of one requirement of a query as a condition in SQL."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from modeldex.storage.listings import Bound
from modeldex.storage.parameters import Bound as Parameters
from modeldex.vocabulary.providers import providers


class Scope(NamedTuple):
    """What is callable from here.

    `bound` says it of each provider that is configured in this process. With `sources`, only models
    that one of these sources lists now are callable. `today` is an ISO date.
    """

    today: str
    bound: tuple[Bound, ...] = ()
    sources: tuple[str, ...] | None = None

    @property
    def keyed(self) -> tuple[str, ...]:
        """The providers whose key is set in this process, servers of one's own left out."""
        rows = providers()
        hosted = (b.provider for b in self.bound if b.how != "account")
        return tuple(name for name in hosted if name in rows and not rows[name].local)

    def region_of(self, provider: str) -> str | None:
        """The region that the key or account of a provider is of; None if none is known."""
        regions = (each.region for each in self.bound if each.provider == provider)
        return next(filter(None, regions), None)


class Walk(NamedTuple):
    """A condition that is a part of an index, and the tables that it is about.

    Its offers are presumed callable, or they are listed or of one's own.
    """

    where: str = ""
    tables: str = "catalog c"
    presumed: bool = False

    @property
    def is_along_rank(self) -> bool:
        """Whether it reads an index in rank order; the few rows of others are sorted."""
        return self.tables == "catalog c"


class Condition(NamedTuple):
    """One requirement: its criterion, its SQL condition and the bound values.

    Where it is met, at least one of its `walks` is. Of those only some are `presumed` where that is
    SQL for 1 or 0, which ranks an offer. It may be shared by queries: its parameters are copied,
    never changed.
    """

    criterion: str
    sql: str
    parameters: Parameters
    walks: tuple[Walk, ...] = ()
    presumed: str = ""


Rule = Callable[[object, Mapping[str, object], Scope], Condition | None]
"""Make the condition for a value of a criterion, all criteria and a scope; None requires nothing.

Rules run for every query that is not a repetition, so they are made once for each criterion.
"""
