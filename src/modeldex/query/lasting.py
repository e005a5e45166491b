"""The best offers that last: those that end soon are given only where nothing else is found."""

from collections.abc import Callable, Mapping

from modeldex.vocabulary.ends import USUAL_DAYS
from modeldex.vocabulary.entry import CatalogEntry

NOTHING_LASTS = f"nothing that lasts {USUAL_DAYS} days meets the criteria"
"""Why offers are given that end soon."""

_CRITERION = "min_days_left"


def lasting(criteria: Mapping[str, object]) -> Mapping[str, object]:
    """The criteria with the usual `min_days_left`; the same ones if they state it."""
    if criteria.get(_CRITERION) is not None:
        return criteria
    return {**criteria, _CRITERION: USUAL_DAYS}


def last_resort(ending: str | None) -> str:
    """What is to be said of an offer that ends soon, and is given as nothing else is found."""
    return f"{ending}; {NOTHING_LASTS}"


def best_entries(
    criteria: Mapping[str, object], select: Callable[[Mapping[str, object]], list[CatalogEntry]]
) -> tuple[list[CatalogEntry], Mapping[str, object]]:
    """The offers that `select` finds, and the criteria they meet: lasting ones if there are any.

    Others have a `remark`.
    """
    wanted = lasting(criteria)
    found = select(wanted)
    if found or wanted is criteria:
        return found, wanted
    ending = select(criteria)
    return [each._replace(remark=last_resort(each.ending)) for each in ending], criteria
