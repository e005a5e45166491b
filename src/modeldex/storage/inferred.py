"""Opinions that follow from what the catalog holds, each kind under a resolver of its own.

In this order, since each reads what the one before has written:

- `inferred`: the base model that a name says, and the window that a prompt cap implies
- `notices`: when offers end, from table `notices`; and `earlier_notices`, where older ones differ
- `consensus`: the price sheets of view `price_consensus`
- `dated_prices`: the main prices of a list in which a date has passed
- `target`: the facts of the offer that another one stands for
- `base`: facts of the weights, from table `bases`
- `coverage`: which offers are presumed gone, from view `unlisted_offers`
- `plausibility`: which offers are suspicious, from view `suspicious_offers`
- `evidence`: what benchmarks say, from view `evidence`
- `succession`: which newer version supersedes an offer, from view `superseded_offers`
"""

import re
from collections.abc import Callable, Collection, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from modeldex.storage import dated_prices, notices
from modeldex.storage.consensus import agreed
from modeldex.storage.opinions import stored_opinions
from modeldex.storage.run_log import Step, describe
from modeldex.storage.schema.evidence import STATED
from modeldex.storage.schema.version import CHANGES_ON, DERIVED
from modeldex.storage.sqlite.writer import Writer
from modeldex.storage.targets import FOLLOWS, facts_of_targets
from modeldex.version import __version__
from modeldex.vocabulary import timestamps
from modeldex.vocabulary.base_names import Identity, identify
from modeldex.vocabulary.normalize import Dropped, OfferKey, Stored

Answers = dict[OfferKey, dict[str, Stored]]


class Found(NamedTuple):
    """Opinions by offer, when they were observed where that is known, and what is refused."""

    opinions: Answers
    observed: Mapping[OfferKey, str] = {}
    dropped: tuple[Dropped, ...] = ()

    def step(self, resolver: str, token: str) -> Step:
        """The record of a resolver that found this."""
        return Step(
            "resolver", resolver, "ok", timestamps.now(), seen=len(self.opinions), token=token,
            dropped=len(self.dropped), detail=describe(self.dropped),
        )  # fmt: skip


_RULES = f"{__version__}+{DERIVED[1]}"
"""By which rules something was inferred."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
KEY = "inferred_from"
"""In table `about`: the state that was inferred from, and by which resolvers."""

_TABLES = (
    "SELECT * FROM bases ORDER BY id",
    "SELECT provider, class, maker FROM provider_classes ORDER BY provider",
    "SELECT * FROM notices ORDER BY provider, name, stated_by",
    "SELECT * FROM coverage ORDER BY source, provider",
    "SELECT * FROM suites ORDER BY name",
    "SELECT * FROM benchmarks ORDER BY base, suite, variant, day",
    "SELECT * FROM quality_tiers ORDER BY name",
)
_STATE = "SELECT count(*), max(valid_from), max(model_id) FROM catalog"
_CAPS = (
    "SELECT m.provider, m.name, c.max_input_tokens, c.observed_at FROM capabilities c "
    "JOIN models m ON m.id = c.model_id JOIN resolvers r ON r.name = c.resolver "
    "WHERE c.max_input_tokens IS NOT NULL AND c.resolver <> 'inferred' AND NOT EXISTS "
    "(SELECT 1 FROM capabilities x WHERE x.model_id = c.model_id AND x.resolver <> 'inferred' "
    "AND x.max_context IS NOT NULL) ORDER BY r.precedence, r.name DESC"
)
"""SQL: prompt caps of models for which no other resolver states a window; the winner is last."""
_OBSERVED = (
    "SELECT m.provider, m.name, coalesce(max(c.observed_at), max(m.first_seen)) FROM models m "
    "LEFT JOIN capabilities c ON c.model_id = m.id "
    f"AND c.resolver NOT IN ('inferred', 'consensus', {FOLLOWS}) "
    "GROUP BY m.provider, m.name"
)
"""SQL: when the newest of the opinions on each offer was observed from which others follow."""
_OF_BASES = (
    "SELECT c.provider, c.name, c.snapshot, b.released, b.cutoff, b.open_weights "
    "FROM catalog c JOIN bases b ON b.id = c.base"
)
_SUSPICIOUS = (
    "SELECT DISTINCT m.provider, m.name FROM suspicious_offers s JOIN models m ON m.id = s.model_id"
)
_UNLISTED = (
    "SELECT m.provider, m.name, max(u.day) FROM unlisted_offers u "
    "JOIN models m ON m.id = u.model_id GROUP BY m.provider, m.name"
)
_EVIDENCE = (
    f"SELECT m.provider, m.name, {', '.join('e.' + name for name in STATED)} "
    "FROM evidence e JOIN models m ON m.id = e.model_id"
)

_SUPERSEDED = (
    "SELECT m.provider, m.name, s.superseded_by, s.newer_versions "
    "FROM superseded_offers s JOIN models m ON m.id = s.model_id"
)


def state(connection: Any) -> str:
    """Return a text that is another one whenever anything was changed that may be read here."""
    tables = [[tuple(row) for row in connection.execute(sql).fetchall()] for sql in _TABLES]
    # These depend on the day, and on lists below what was answered on an earlier one.
    prices, _ = dated_prices.in_force(connection)
    digest = blake2b(repr((tables, sorted(prices.items()))).encode(), digest_size=8).hexdigest()
    counted = connection.execute(_STATE).fetchone()
    return " ".join(map(str, (_RULES, digest, *counted)))


def is_current(writer: Writer, resolvers: Collection[str]) -> bool:
    """Whether these resolvers were all run on the present state, so that nothing new follows."""
    with writer.reading() as connection:
        before, _, names = _remembered(connection).rpartition(" ")
        return before == state(connection) and set(resolvers) <= set(names.split(","))


def _remembered(connection: Any) -> str:
    """The state after the last inference; empty before the first."""
    rows = connection.execute(f"SELECT value FROM about WHERE key = '{KEY}'").fetchall()
    return str(rows[0][0]) if rows else ""


def remembered(connection: Any, resolvers: Collection[str]) -> str:
    """Return what is stored once these resolvers were run on the present state."""
    return f"{state(connection)} {','.join(resolvers)}"


def remember(writer: Writer, resolvers: Collection[str]) -> None:
    """Store the present state: of these resolvers nothing else follows than what is there."""
    with writer.reading() as reading:
        now = {KEY: remembered(reading, resolvers), CHANGES_ON: dated_prices.next_change(reading)}
    rows = [{"key": key, "value": value} for key, value in now.items() if value is not None]
    with writer.transaction() as connection:
        connection.exec_driver_sql(f"DELETE FROM about WHERE key IN ('{KEY}', '{CHANGES_ON}')")
        connection.exec_driver_sql("INSERT INTO about (key, value) VALUES (:key, :value)", rows)


def changes(writer: Writer, resolver: str) -> Found:
    """Return the opinions of a resolver that differ from the stored ones; empty: to withdraw."""
    with writer.reading() as connection:
        rules_are_new = _remembered(connection).partition(" ")[0] != _RULES
        stored = stored_opinions(connection, resolver)
        found = _FIND[resolver](connection, {} if rules_are_new else stored)
        seen = {row[:2]: row[2] for row in map(tuple, connection.execute(_OBSERVED))}
    opinions: Answers = {key: {} for key in stored}
    opinions |= found.opinions
    changed = {key: values for key, values in opinions.items() if stored.get(key, {}) != values}
    observed = {key: at for key in changed if (at := found.observed.get(key, seen.get(key)))}
    return Found(changed, observed, found.dropped)


def _from_names(connection: Any, stored: Answers) -> Found:
    """The base of each offer by its name; those that were found before are not looked at again."""
    found: Answers = {}
    for provider, name in connection.execute("SELECT provider, name FROM models").fetchall():
        known = stored.get((provider, name), {})
        if "base" in known:
            found[provider, name] = {n: it for n, it in known.items() if n in Identity._fields}
        elif identity := identify(provider, name):
            stated: dict[str, Any] = identity._asdict()
            found[provider, name] = {n: it for n, it in stated.items() if it is not None}
    observed = {}
    for provider, name, cap, moment in connection.execute(_CAPS).fetchall():
        found.setdefault((provider, name), {})["max_context"] = cap
        observed[provider, name] = moment
    return Found(found, observed)


def _from_targets(connection: Any, _stored: Answers) -> Found:
    found, dropped = facts_of_targets(connection)
    return Found(found, dropped=tuple(dropped))


def _from_bases(connection: Any, _stored: Answers) -> Found:
    found: Answers = {}
    for provider, name, snapshot, released, cutoff, is_open in connection.execute(_OF_BASES):
        day = snapshot if snapshot and _DAY.fullmatch(snapshot) else released
        facts = {"release_date": day, "knowledge_cutoff": cutoff, "open_weights": is_open}
        if known := {field: value for field, value in facts.items() if value is not None}:
            found[provider, name] = known
    return Found(found)


def _from_coverage(connection: Any, _stored: Answers) -> Found:
    rows = connection.execute(_UNLISTED).fetchall()
    opinions: Answers = {(provider, name): {"presumed_gone": day} for provider, name, day in rows}
    return Found(opinions, {(row[0], row[1]): f"{row[2]}T00:00:00.000Z" for row in rows})


def _from_notices(connection: Any, _stored: Answers) -> Found:
    found = notices.stated(connection)
    return Found(found.opinions, found.observed, tuple(found.dropped))


def _from_earlier_notices(connection: Any, _stored: Answers) -> Found:
    found = notices.settled(connection)
    return Found(found.opinions, found.observed)


def _from_consensus(connection: Any, _stored: Answers) -> Found:
    return Found(*agreed(connection))


def _from_dated_prices(connection: Any, _stored: Answers) -> Found:
    return Found(*dated_prices.in_force(connection))


def _from_plausibility(connection: Any, _stored: Answers) -> Found:
    rows = connection.execute(_SUSPICIOUS).fetchall()
    return Found({(provider, name): {"suspicious": 1} for provider, name in rows})


def _from_benchmarks(connection: Any, _stored: Answers) -> Found:
    found: Answers = {}
    for provider, name, *values in connection.execute(_EVIDENCE):
        known = dict(zip(STATED, values, strict=True))
        found[provider, name] = {field: it for field, it in known.items() if it is not None}
    return Found(found)


def _from_newer_versions(connection: Any, _stored: Answers) -> Found:
    rows = connection.execute(_SUPERSEDED).fetchall()
    return Found({
        (provider, name): {"superseded_by": newest, "newer_versions": number}
        for provider, name, newest, number in rows
    })  # fmt: skip


_FIND: Mapping[str, Callable[[Any, Answers], Found]] = {
    "inferred": _from_names,
    "notices": _from_notices,
    "earlier_notices": _from_earlier_notices,
    "consensus": _from_consensus,
    "dated_prices": _from_dated_prices,
    "target": _from_targets,
    "base": _from_bases,
    "coverage": _from_coverage,
    "plausibility": _from_plausibility,
    "evidence": _from_benchmarks,
    "succession": _from_newer_versions,
}
ORDER = tuple(_FIND)
"""The resolvers, in the order in which they state."""
