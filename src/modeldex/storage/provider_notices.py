"""The notices and offers of one provider: which notice holds for what a name spells."""

from collections import defaultdict
from functools import cached_property
from typing import NamedTuple

from modeldex.vocabulary.base_names import Identity, identify
from modeldex.vocabulary.normalize import OfferKey


class Notice(NamedTuple):
    """What one page says of one name; days are full dates."""

    provider: str
    name: str
    deprecated_at: str | None
    retires_at: str | None
    replacement: str | None
    source_url: str | None
    read_at: str | None
    presumed_gone: str | None

    @property
    def says_something(self) -> bool:
        """Whether anything follows from it."""
        return bool(self.is_announced or self.presumed_gone)

    @property
    def is_announced(self) -> bool:
        """Whether somebody has said it, who then means the model under every name."""
        return bool(self.deprecated_at or self.retires_at or self.replacement)


class Offer(NamedTuple):
    """An offer of the catalog, with what its name says."""

    id: int
    provider: str
    name: str
    base: str | None
    snapshot: str | None
    variant: str | None
    live: bool
    released: str | None

    @property
    def key(self) -> OfferKey:
        """Provider and name."""
        return self.provider, self.name


class NoticesOfProvider:
    """The notices and offers of one provider."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.offers: list[Offer] = []
        self.notices: dict[str, Notice] = {}
        """By the name in the notice, in lower case; the newest of each."""

    @cached_property
    def by_identity(self) -> dict[Identity, Notice]:
        """The notices by what their names spell; the newest of each."""
        found: dict[Identity, Notice] = {}
        for notice in sorted(self.notices.values(), key=lambda n: n.read_at or ""):
            if notice.is_announced and (who := identify(self.name, notice.name)):
                found[who] = notice
        return found

    @cached_property
    def dated(self) -> dict[tuple[str, str | None], set[str]]:
        """The snapshots that are known of a base and variant, from offers and notices."""
        found: dict[tuple[str, str | None], set[str]] = defaultdict(set)
        names = [Identity(o.base, o.snapshot, o.variant) for o in self.offers if o.base]
        for who in (*names, *self.by_identity):
            if who.snapshot:
                found[who.base, who.variant].add(who.snapshot)
        return found

    @cached_property
    def living(self) -> set[Identity]:
        """The snapshots that a live source lists."""
        return {Identity(o.base, o.snapshot, o.variant) for o in self.offers if o.live and o.base}

    def about(self, who: Identity) -> Notice | None:
        """Return the notice that holds for what a name spells; None if none does."""
        undated = self.by_identity.get(who._replace(snapshot=None))
        if own := self.by_identity.get(who):
            return own
        if who.snapshot is None:
            return self._last_of(who)
        return undated if undated and not self._outlived(who, undated) else None

    def _siblings(self, who: Identity) -> list[Identity]:
        known = self.dated.get((who.base, who.variant), set())
        return [who._replace(snapshot=snapshot) for snapshot in sorted(known)]

    def _last_of(self, who: Identity) -> Notice | None:
        """The notice of the snapshot that ends last; None if one of them is to stay."""
        notices = [self.by_identity.get(each) for each in self._siblings(who)]
        ending = [n for n in notices if n and n.retires_at]
        if not ending or len(ending) < len(notices):
            return None
        return max(ending, key=lambda n: n.retires_at or "")

    def _outlived(self, who: Identity, undated: Notice) -> bool:
        """Whether one of the dated models lives on after the end of the undated name."""
        for each in self._siblings(who):
            own = self.by_identity.get(each)
            if each in self.living or (
                own and (own.retires_at or "9") > (undated.retires_at or "")
            ):
                return True
        return False
