"""Which offers a notice reaches, and what it says of them.

A notice names a snapshot: it reaches that snapshot under every spelling at its provider, and an
undated name where all known snapshots have ended. One that names the undated model reaches the
dated ones, too, unless one of them lives on. Other hosts have days of their own; but an offer of
closed weights at a gateway or reseller is presumed gone once they have ended at their lab.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from modeldex.storage.provider_notices import Notice, NoticesOfProvider, Offer
from modeldex.vocabulary.base_names import Identity
from modeldex.vocabulary.ends import last_day
from modeldex.vocabulary.normalize import Dropped, OfferKey, Stored
from modeldex.vocabulary.providers import canonical

_OFFERS = (
    "SELECT c.model_id, c.provider, c.name, c.base, c.snapshot, c.variant, c.live, "
    "(SELECT max(r.release_date) FROM capabilities r WHERE r.model_id = c.model_id "
    "AND r.resolver <> 'notices') FROM catalog c"
)
_ALIASES = "SELECT model_id, alias FROM aliases"
# A row of the user's own counts as the newest, unless it says when it was read.
_NOTICES = (
    "SELECT provider, name, deprecated_at, retires_at, replacement, source_url, read_at, "
    "presumed_gone FROM notices ORDER BY "
    "coalesce(read_at, CASE shipped WHEN 1 THEN '' ELSE '9999' END) DESC, stated_by DESC"
)
_CLASSES = "SELECT provider, class, maker FROM provider_classes"
_CLOSED = "SELECT id FROM bases WHERE open_weights = 0"
# Data sets that follow what hosts list: where they are younger than the end, a gateway goes on.
_LISTED = (
    "SELECT s.model_id, max(substr(o.observed_at, 1, 10)) FROM sightings s "
    "JOIN capabilities o ON o.model_id = s.model_id AND o.resolver = s.source "
    "WHERE s.missing_since IS NULL AND s.source IN (SELECT source FROM coverage) "
    "GROUP BY s.model_id"
)
_BEYOND_THE_LAB = ("gateway", "reseller", "unclassed")
_DATES = "deprecated_at", "retires_at"


class Reached(NamedTuple):
    """Facts by offer with the days on which they were read, and notices without effect."""

    opinions: dict[OfferKey, dict[str, Stored]]
    observed: dict[OfferKey, str]
    dropped: list[Dropped]


def _full(day: str | None) -> str | None:
    """Return a full date; YYYY-MM means the last day of the month."""
    return str(last_day(day)) if day else None


class _World:
    """All providers with their notices and offers, as the catalog has them."""

    def __init__(self, connection: Any) -> None:
        rows = connection.execute
        self.providers: dict[str, NoticesOfProvider] = {}
        self.earlier: dict[OfferKey, Notice] = {}
        """By provider and name in lower case: the newest of those that a newer one settles."""
        for row in rows(_OFFERS).fetchall():
            offer = Offer(*row)
            self._at(offer.provider).offers.append(offer)
        for row in rows(_NOTICES).fetchall():
            self._take(Notice(canonical(row[0]), row[1], *map(_full, row[2:4]), *row[4:]))
        self.aliases: dict[int, list[str]] = defaultdict(list)
        for model_id, alias in rows(_ALIASES).fetchall():
            self.aliases[model_id].append(alias)
        classes = rows(_CLASSES).fetchall()
        self.beyond = {name for name, kind, _ in classes if kind in _BEYOND_THE_LAB}
        self.lab_of = {maker: name for name, kind, maker in classes if maker and kind == "lab"}
        self.closed = {row[0] for row in rows(_CLOSED).fetchall()}
        self.listed = dict(map(tuple, rows(_LISTED).fetchall()))

    def _at(self, provider: str) -> NoticesOfProvider:
        return self.providers.setdefault(provider, NoticesOfProvider(provider))

    def _take(self, notice: Notice) -> None:
        """Take a notice; they come the newest first."""
        known, name = self._at(notice.provider).notices, notice.name.lower()
        first = known.setdefault(name, notice)
        if first is notice:
            return
        if first.source_url is None and notice.source_url:
            # Only what is recommended was known without a page.
            known[name] = notice._replace(replacement=first.replacement or notice.replacement)
        else:
            self.earlier.setdefault((notice.provider, name), notice)

    def named(self, offer: Offer) -> Iterator[str]:
        """Yield the names of an offer in lower case."""
        yield from (name.lower() for name in (offer.name, *self.aliases[offer.id]))

    def about(self, offer: Offer) -> Notice | None:
        """Return the notice that reaches an offer, by its name or by what it spells."""
        at = self.providers[offer.provider]
        exact = [at.notices[name] for name in self.named(offer) if name in at.notices]
        announced = next((notice for notice in exact if notice.is_announced), None)
        if announced is None and offer.base and at.notices:
            announced = at.about(Identity(offer.base, offer.snapshot, offer.variant))
        return announced or next(iter(exact), None)

    def ended_at_lab(self, offer: Offer) -> Notice | None:
        """Return the notice by which closed weights of a gateway's offer ended at their lab."""
        if offer.provider not in self.beyond or not offer.base or offer.base not in self.closed:
            return None
        lab = self.providers.get(self.lab_of.get(offer.base.partition("/")[0], ""))
        if lab is None or offer.live:
            return None
        who = Identity(offer.base, offer.snapshot, offer.variant)
        notice = lab.about(who) or lab.about(who._replace(variant=None))
        ended = notice.retires_at if notice else None
        return notice if ended and self.listed.get(offer.id, "") <= ended else None


def _facts(notice: Notice, offer: Offer, listed: str) -> dict[str, Stored]:
    """What a notice says of an offer; `listed` is the day of the newest list that has it."""
    days = {field: getattr(notice, field) for field in _DATES}
    other = notice.replacement if notice.replacement != offer.name else None
    gone = notice.presumed_gone or ""
    stated = {
        **days, "replacement": other, "lifecycle": _lifecycle(notice, offer),
        "presumed_gone": gone if listed < gone else None,
    }  # fmt: skip
    known: dict[str, Stored] = {name: value for name, value in stated.items() if value}
    if known and notice.source_url:
        known["source_url"] = notice.source_url
    return known


def _presumed(notice: Notice) -> dict[str, Stored]:
    """What follows at a gateway from the end of weights at their lab."""
    facts = {
        "presumed_gone": notice.retires_at, "replacement": notice.replacement,
        "source_url": notice.source_url,
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value}


def _lifecycle(notice: Notice, offer: Offer) -> str | None:
    """What a page said of the state on the day on which it was read."""
    read = notice.read_at or ""
    if notice.retires_at and notice.retires_at <= read:
        return None if offer.live else "retired"
    return "deprecated" if notice.deprecated_at and notice.deprecated_at <= read else None


def _is_before(notice: Notice, offer: Offer) -> bool:
    """Whether a model would have ended before its release: the notice is of another one."""
    return bool(offer.released and notice.retires_at and notice.retires_at < offer.released)


def stated(connection: Any) -> Reached:
    """Return what the newest notices say, and which offers are presumed gone by them."""
    world = _World(connection)
    found = Reached({}, {}, [])
    effective: set[Notice] = set()
    for provider in list(world.providers.values()):
        for offer in provider.offers:
            notice = world.about(offer)
            if notice and _is_before(notice, offer):
                reason = f"ends {notice.retires_at}, before its release"
                found.dropped.append(Dropped("/".join(offer.key), "retires_at", reason))
            elif notice:
                effective.add(notice)
                _add(found, offer, notice, _facts(notice, offer, world.listed.get(offer.id, "")))
            elif gone := world.ended_at_lab(offer):
                _add(found, offer, gone, _presumed(gone))
    found.dropped.extend(_without_effect(world.providers.values(), effective))
    return found


def _add(found: Reached, offer: Offer, notice: Notice, facts: Mapping[str, Stored]) -> None:
    if facts:
        found.opinions[offer.key] = dict(facts)
        if notice.read_at:
            found.observed[offer.key] = f"{_full(notice.read_at)}T00:00:00.000Z"


def _without_effect(
    providers: Iterable[NoticesOfProvider], effective: set[Notice]
) -> Iterator[Dropped]:
    """Yield the notices that say nothing, or that nothing here is known for."""
    for provider in providers:
        for notice in provider.notices.values():
            if not notice.says_something:
                yield Dropped(f"{provider.name}/{notice.name}", "retires_at", "no date")
            elif notice not in effective:
                yield Dropped(f"{provider.name}/{notice.name}", "name", "no such model is known")


def settled(connection: Any) -> Reached:
    """Return the days of older notices that the newest ones differ from, for comparison."""
    world = _World(connection)
    found = Reached({}, {}, [])
    for provider in world.providers.values():
        for offer in provider.offers:
            for name in world.named(offer):
                older = world.earlier.get((offer.provider, name))
                if older is None:
                    continue
                newest = provider.notices[name]
                days = {f: getattr(older, f) for f in _DATES if getattr(newest, f)}
                facts = {f: day for f, day in days.items() if day and day != getattr(newest, f)}
                page = {"source_url": older.source_url} if facts and older.source_url else {}
                _add(found, offer, older, {**facts, **page})
    return found
