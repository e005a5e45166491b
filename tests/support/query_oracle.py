"""Random offers, queries and scopes, and what the offers that meet one are."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from hypothesis import strategies as st

from modeldex import ModelCapabilities, ModelQuery
from modeldex.query.scope import Scope
from modeldex.storage.listings import Bound
from modeldex.storage.location import Place
from modeldex.vocabulary.criteria import COST_TIERS
from modeldex.vocabulary.fields import LIFECYCLES, MODES, PRICE_BASES, TIERS
from modeldex.vocabulary.normalize import normalize_answer
from modeldex.vocabulary.provider_classes import CLASSES, classes
from modeldex.vocabulary.suites import TASKS
from raw_catalog import is_file, migrated, plain, undone
from scopes import READ_AT, listed

TODAY = "2026-11-22"
LIVE, KEYED, REFERENCE = ("alive", "lively"), ("api",), ("dataset", "listing")
PROVIDERS = ("openai", "groq", "o'ne", "ollama", "z")
CUTS = {"cheap": (0.0, 0.5), "standard": (0.5, 2.0), "premium": (2.0, 9e99)}
DAYS = ("2026-11-21", TODAY, "2026-11-23", "2026-11", "2026-12", "2025-06")
WINDOWS = (1, 8_192, 128_000, 1_000_000)
PRICES = (0.0, 0.1, 0.5, 1.0, 2.0, 30.0)
SCORES = ("quality_score", "coding_score", "vision_score", "documents_score")
POINTS = (0.0, 40.0, 55.0, 55.1, 62.5, 80.0, 80.1, 84.9, 100.0)
BASES = ("acme/alpha-2", "openai/gpt-4o")
SEARCHES = (
    "a", "GPT", "openai a", "é", "o'ne/z", "*", "?", "a?pha*", "c/*", "*:e gpt", "100%", "_",
    "o_ne", "alpha-2 z", "\\",
)  # fmt: skip
PATHS = ("/v1/responses", "/v1/chat/completions", "/v1/realtime", "/v1beta/models:generateContent")
LEVELS = ("none", "low", "high", "xhigh")
PARAMS = ("seed", "top_p", "top", "stop", "100%", "a_b")
FLAGS = (
    "supports_tools", "supports_vision", "supports_audio", "supports_json_mode",
    "supports_structured_outputs", "supports_streaming", "supports_system_messages",
    "supports_reasoning", "supports_video", "supports_parallel_tools", "supports_pdf",
    "supports_prompt_cache", "open_weights",
)  # fmt: skip
REQUIRED_FLAGS = {f"requires_{flag.removeprefix('supports_')}": flag for flag in FLAGS}
"""Criteria that require a flag to be true, with the field each one reads."""


class Offer(NamedTuple):
    """One model as a test writes it: `seen` and `lost` are the sources that (once) saw it.

    `listed` is whether the listing of its provider has it.
    """

    provider: str
    name: str
    family: str | None = None
    retired: bool = False
    seen: frozenset[str] = frozenset({"alive"})
    lost: frozenset[str] = frozenset()
    can: ModelCapabilities = ModelCapabilities()
    listed: bool = False

    @property
    def id(self) -> str:
        """Provider and name."""
        return f"{self.provider}/{self.name}"

    @property
    def window(self) -> int | None:
        """The window that can be used: no prompt may be longer."""
        limits = [self.whole, self.can.max_input_tokens]
        return min((limit for limit in limits if limit is not None), default=None)

    @property
    def whole(self) -> int | None:
        """The window for prompt and output together."""
        return self.can.served_context or self.can.max_context or self.can.max_input_tokens

    @property
    def cost(self) -> float | None:
        """Three parts of the prompt's price and one of the answer's; None where one is unknown."""
        given, made = self.can.input_cost_per_1m, self.can.output_cost_per_1m
        return None if given is None or made is None else (3 * given + made) / 4

    @property
    def live(self) -> bool:
        """Whether a live source sees it now."""
        return bool(self.seen & {*LIVE, *KEYED})

    @property
    def own(self) -> bool:
        """Whether a live source sees it that no key decides."""
        return bool(self.seen & set(LIVE))


# The oracle.


def least(value: float | None, bound: float | None) -> bool:
    """Whether a known value reaches a bound; without a bound anything does."""
    return bound is None or (value is not None and value >= bound)


def most(value: float | None, bound: float | None) -> bool:
    """Whether a known value stays within a bound; without a bound anything does."""
    return bound is None or (value is not None and value <= bound)


def rank(tier: object) -> int:
    """Best is 0, not known is 3."""
    return (*TIERS, "unknown").index(str(tier))


def band(score: float | None) -> int:
    """Bands are five points wide, the first from 100 on down; all up to 55 are the tenth."""
    if score is None:
        return 10
    return min((1000 - round(10 * score)) // 50, 9)


def place(offer: Offer, task: str | None) -> tuple[int, ...]:
    """What stands before the price: tier and band, or the band of a task and what stands for it.

    Of the first an offer stands back by a band for each newer version, at most by three.
    """
    facts = offer.can
    if task in (None, "general"):
        back = min(facts.newer_versions or 0, 3)
        return rank(facts.quality_tier), band(facts.quality_score) + back
    score = getattr(facts, f"{task}_score")
    if score is not None:
        return (band(score),)
    if facts.quality_score is not None:
        return (band(facts.quality_score) + 1,)
    return (11 + rank(facts.quality_tier),)


def provider_rank(offer: Offer) -> int:
    """At the same price the lab itself is first, then a cloud; a reseller or plan is last."""
    maker = (offer.can.base or "").partition("/")[0]
    word = classes().get(offer.provider, "unclassed")
    if word == "lab" and offer.provider == maker:
        return 0
    return {"cloud": 1, "reseller": 3, "plan": 3}.get(word, 2)


def takes_task(offer: Offer, task: str | None) -> bool:
    """Images are needed for vision, and images or PDF for documents."""
    facts = offer.can
    needed = {"vision": facts.supports_vision, "documents": facts.supports_vision}
    if task == "documents" and facts.supports_pdf:
        return True
    return bool(needed.get(str(task), True))


def affordable(offer: Offer, tier: str | None) -> bool:
    """Whether the blended price is known and inside the tier's cut-points."""
    if tier in (None, "any"):
        return True
    if tier == "free" or not offer.cost:
        return tier == "free" and offer.cost == 0
    low, high = CUTS[str(tier)]
    return low <= offer.cost < high


def callable_here(offer: Offer, query: ModelQuery, scope: Scope) -> bool:
    """Whether one of the scope's sources sees it; else whether it is one's own or a key has it."""
    if not query.available:
        return True
    if scope.sources is not None:
        return not offer.seen.isdisjoint(scope.sources)
    return offer.own or any(
        each.provider == offer.provider
        and ((offer.listed and each.listing) or not each.only_listed)
        for each in in_use(query, scope)
    )


def in_use(query: ModelQuery, scope: Scope) -> list[Bound]:
    """What says of the providers that the query is about what is callable."""
    can = [each for each in scope.bound if each.how not in ("refused", "unread")]
    named = {query.provider, *query.providers}
    keyed = [each for each in can if each.how != "account" or each.provider in named]
    return can if all(each.how == "account" for each in can) else keyed


def only_presumed(offer: Offer, query: ModelQuery, scope: Scope) -> bool:
    """Whether it ranks behind offers of its band that are listed, where any are."""
    if not query.available or scope.sources is not None:
        return False
    asked = {query.provider, *query.providers} - {None}
    can = [each for each in in_use(query, scope) if not asked or each.provider in asked]
    listings = {each.provider for each in can if each.how in ("listed", "partial")}
    listed_here = offer.own or (offer.listed and offer.provider in listings)
    return bool(listings) and not listed_here


def vetted(offer: Offer, query: ModelQuery, scope: Scope) -> bool:
    """Whether its provider is of the class; by default one that may be recommended to anybody."""
    word = classes().get(offer.provider, "unclassed")
    if query.provider_class is not None:
        return query.provider_class in ("any", word)
    if query.available or query.provider or query.providers:
        return True
    by_hand = not (offer.seen or offer.lost)
    here = offer.live or callable_here(offer, ModelQuery(), scope)
    return word in ("lab", "cloud", "host", "gateway") or here or by_hand


def current(offer: Offer) -> bool:
    """Whether nothing says that it is gone, and advice against it only where its end is ahead.

    A month of retirement ends with its last day, one of advice begins on its first.
    """
    facts = offer.can
    ends = facts.retires_at
    lives_on = ends is not None and (ends > TODAY or ends == TODAY[:7] or offer.live)
    ended = ends is not None and not lives_on
    presumed = facts.presumed_gone is not None and facts.presumed_gone <= TODAY and not offer.live
    advised = facts.deprecated_at is not None and facts.deprecated_at <= TODAY
    advised = (advised or facts.lifecycle == "deprecated") and not lives_on
    return not (offer.retired or ended or presumed or advised or facts.lifecycle == "retired")


def lasts(offer: Offer, days: int | None) -> bool:
    """Whether no end is known within so many days; a month ends with its last day."""
    ends = offer.can.retires_at
    if not days or ends is None:
        return True
    last = {"2026-11": "2026-11-30", "2026-12": "2026-12-31", "2025-06": "2025-06-30"}
    return (date.fromisoformat(last.get(ends, ends)) - date.fromisoformat(TODAY)).days >= days


def takes_prompt(offer: Offer, query: ModelQuery) -> bool:
    """Whether the prompt that is required fits, and the output that is required beside it."""
    prompt = query.min_input_tokens
    both = None if prompt is None else prompt + (query.min_output_tokens or 0)
    return least(offer.window, prompt) and least(offer.whole, both)


def local(offer: Offer) -> bool:
    """Whether a machine of one's own serves it."""
    basis = offer.can.price_basis
    own = classes().get(offer.provider) == "local" and offer.provider != "litellm_proxy"
    return basis == "self_hosted" or (own and basis != "subscription")


def path(named: str) -> str:
    """The path that is meant by one of the spellings below."""
    return {"responses": "/v1/responses", "v1/chat/completions/": "/v1/chat/completions"}.get(
        named, named
    )


def named(offer: Offer, text: str | None) -> bool:
    """Whether each word occurs in its names; one with `*` or `?` fits one of them."""
    names = [offer.id, offer.can.base or "", offer.family or ""]
    ends = {
        f"/{name}"[start:] for name in names[:2]
        for start in range(len(name) + 1) if f"/{name}"[start] == "/"
    }  # fmt: skip
    return all(
        any(fnmatchcase(end.lower(), f"/{word}".lower().replace("[", "[[]")) for end in ends)
        if set(word) & set("*?")
        else word.lower() in " ".join(filter(None, names)).lower()
        for word in (text or "").split()
    )


def meets(offer: Offer, query: ModelQuery, scope: Scope) -> bool:
    """Whether the offer meets every criterion by a known value."""
    facts = offer.can
    shown = {None, "metered", "self_hosted"} | ({"free"} if query.cost_tier == "free" else set())
    return (
        callable_here(offer, query, scope)
        and vetted(offer, query, scope)
        and offer.provider not in query.not_providers
        and classes().get(offer.provider, "unclassed") not in query.not_classes
        and query.base in (None, facts.base)
        and takes_task(offer, query.task)
        and (query.include_suspicious or not facts.suspicious)
        and (query.include_deprecated or current(offer))
        and lasts(offer, query.min_days_left)
        and all(getattr(facts, f) for c, f in REQUIRED_FLAGS.items() if getattr(query, c))
        and least(offer.window, query.min_context)
        and most(offer.window, query.max_context)
        and takes_prompt(offer, query)
        and (local(offer) or not query.local_only)
        and least(facts.max_output_tokens, query.min_output_tokens)
        and least(facts.speed_hint_tps, query.min_speed_tps)
        and most(facts.input_cost_per_1m, query.max_cost_per_1m_input)
        and most(facts.output_cost_per_1m, query.max_cost_per_1m_output)
        and query.requires_params <= facts.known_params
        and (query.requires_endpoint is None or path(query.requires_endpoint) in facts.endpoints)
        and (query.requires_effort is None or query.requires_effort in facts.effort_levels)
        and query.quality_tier in (None, "any", facts.quality_tier)
        and rank(facts.quality_tier) <= rank(query.min_quality_tier or "unknown")
        and affordable(offer, query.cost_tier)
        and query.provider in (None, offer.provider)
        and (not query.providers or offer.provider in query.providers)
        and query.family in (None, offer.family)
        and named(offer, query.search)
        and (query.mode in (None, "any", facts.mode) or (query.mode, facts.mode) == ("chat", None))
        and (query.price_basis in ("any", facts.price_basis) or query.price_basis is None)
        and (query.price_basis is not None or facts.price_basis in shown)
    )


# Random offers, criteria and scopes; each value is unknown half of the time.


def maybe(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """One of the values, or as often nothing."""
    return st.none() | st.sampled_from(values)


def known(**facts: Any) -> ModelCapabilities:
    """Facts as they are stored: no limit is above the window."""
    window = facts.get("max_context")
    for name in ("served_context", "max_input_tokens", "max_output_tokens"):
        if window and facts.get(name):
            facts[name] = min(facts[name], window)
    return ModelCapabilities(**facts)


LIMITS = ("max_context", "served_context", "max_input_tokens", "max_output_tokens")
FACTS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(FLAGS, maybe((True, False))),
    **dict.fromkeys(LIMITS, maybe(WINDOWS)),
    **dict.fromkeys(("input_cost_per_1m", "output_cost_per_1m"), maybe(PRICES)),
    **dict.fromkeys(("deprecated_at", "retires_at", "presumed_gone"), st.none() | maybe(DAYS)),
    "release_date": maybe(DAYS),
    "speed_hint_tps": maybe((0.0, 10.0, 99.5)),
    "known_params": st.just(frozenset()) | st.frozensets(st.sampled_from(PARAMS)),
    "endpoints": st.frozensets(st.sampled_from(PATHS), max_size=2),
    "effort_levels": st.frozensets(st.sampled_from(LEVELS), max_size=3),
    "mode": st.none() | st.just("chat") | st.sampled_from(MODES),
    "price_basis": st.none() | st.just("metered") | st.sampled_from(PRICE_BASES),
    "lifecycle": st.none() | maybe(LIFECYCLES),
    "quality_tier": st.sampled_from((*TIERS, "unknown")),
    "base": maybe(BASES),
    "suspicious": maybe((True, False)),
    "supports_pdf": maybe((True, False)),
    **dict.fromkeys(SCORES, maybe(POINTS)),
}
OFFERS = st.builds(
    Offer,
    provider=st.sampled_from(PROVIDERS),
    name=st.sampled_from(("a", "b", "c/d:e", "é", "Z")),
    family=maybe(("gpt", "claude")),
    retired=st.sampled_from((False, False, False, True)),
    seen=st.frozensets(st.sampled_from((*LIVE, *KEYED, *REFERENCE)), max_size=2),
    lost=st.frozensets(st.sampled_from((*LIVE, *KEYED, *REFERENCE)), max_size=1),
    listed=st.booleans(),
    can=st.fixed_dictionaries(FACTS).map(lambda facts: known(**facts)),
).map(lambda offer: offer._replace(lost=offer.lost - offer.seen))
BOUNDS = ("min_context", "max_context", "min_input_tokens", "min_output_tokens")
CRITERION: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(REQUIRED_FLAGS, st.booleans()),
    **dict.fromkeys(BOUNDS, maybe((0, *WINDOWS))),
    **dict.fromkeys(("max_cost_per_1m_input", "max_cost_per_1m_output"), maybe(PRICES)),
    "min_speed_tps": maybe((0.0, 10.0, 10.5)),
    "requires_params": st.frozensets(st.sampled_from((*PARAMS, "to", "%")), max_size=2),
    "requires_endpoint": maybe((*PATHS, "responses", "v1/chat/completions/")),
    "requires_effort": maybe(LEVELS),
    "quality_tier": st.sampled_from((*TIERS, "unknown", "any", None)),
    "min_quality_tier": st.sampled_from((*TIERS, "unknown", None)),
    "cost_tier": st.sampled_from((*COST_TIERS, "any", None)),
    "provider": maybe((*PROVIDERS, "nobody")),
    "providers": st.frozensets(st.sampled_from(PROVIDERS), max_size=3),
    "family": maybe(("gpt", "claude", "")),
    "base": maybe(BASES),
    "search": maybe(SEARCHES),
    "provider_class": maybe((*CLASSES, "any")),
    "not_providers": st.frozensets(st.sampled_from(PROVIDERS), max_size=2),
    "not_classes": st.frozensets(st.sampled_from(CLASSES), max_size=2),
    "include_suspicious": st.booleans(),
    "local_only": st.booleans(),
    "task": st.sampled_from((*TASKS, None)),
    "mode": st.sampled_from((*MODES, "any", None)),
    "price_basis": st.sampled_from((*PRICE_BASES, "any", None)),
    "available": st.booleans(),
    "include_deprecated": st.booleans(),
    "min_days_left": maybe((0, 1, 8, 9, 39, 40, 10**12)),
    "limit": st.none() | st.integers(1, 5),
    "offset": st.integers(0, 5),
}
QUERIES = (
    st.lists(st.sampled_from(sorted(CRITERION)), unique=True, max_size=4)
    .flatmap(lambda names: st.fixed_dictionaries({name: CRITERION[name] for name in names}))
    .map(lambda criteria: ModelQuery(**criteria))
)
LISTING = {provider: number for number, provider in enumerate(PROVIDERS, 1)}
"""The id of the one listing of each provider."""

BOUND = st.sampled_from(PROVIDERS).flatmap(
    lambda provider: st.sampled_from((
        *(Bound(provider, how) for how in ("presumed", "account", "refused", "unread")),
        listed(provider, LISTING[provider]), listed(provider, LISTING[provider], offers=900),
        listed(provider, LISTING[provider], how="partial"),
    ))
)  # fmt: skip
SCOPES = st.builds(
    Scope,
    today=st.just(TODAY),
    bound=st.lists(BOUND, unique_by=lambda each: each.provider, max_size=4).map(tuple),
    sources=st.none() | st.lists(st.sampled_from((*LIVE, *REFERENCE)), unique=True).map(tuple),
)


def write(connection: Any, offers: list[Offer]) -> None:
    """Put the offers into the tables, as a person at the shell would."""
    run = connection.execute
    for offer in offers:
        moment = "2026-01-01T00:00:00Z"
        (key,) = run(
            "INSERT INTO models (provider, name, family, retired_at) VALUES (?, ?, ?, ?) "
            "RETURNING id",
            (offer.provider, offer.name, offer.family, moment if offer.retired else None),
        ).fetchone()
        sightings = [(key, s, None) for s in offer.seen] + [(key, s, moment) for s in offer.lost]
        connection.executemany(
            "INSERT INTO sightings (model_id, source, missing_since) VALUES (?, ?, ?)", sightings
        )
        if offer.listed:
            run(
                "INSERT INTO listed (listing_id, model_id) VALUES (?, ?)",
                (LISTING[offer.provider], key),
            )
        known = normalize_answer(offer.id, offer.can).values
        columns = ", ".join(("model_id", "resolver", *known))
        marks = ", ".join("?" * (2 + len(known)))
        run(
            f"INSERT INTO capabilities ({columns}) VALUES ({marks})",
            (key, "user", *known.values()),
        )


@contextmanager
def holding(connection: Any, offers: list[Offer]) -> Iterator[None]:
    """Inside the block the catalog holds these offers, afterwards none."""
    with undone(connection):
        write(connection, offers)
        yield


def dump(query: ModelQuery) -> dict[str, Any]:
    """The criteria of a query by name."""
    return {name: getattr(query, name) for name in ModelQuery.model_fields}


def made(place: Place) -> Any:
    """A new catalog that knows the tests' sources and takes odd provider ids."""
    connection = plain(migrated(place))
    if is_file(connection):
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
    else:
        for table in ("models", "listings"):
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT provider_is_a_lower_case_id")
    kinds = [(name, "live") for name in LIVE] + [(name, "reference") for name in REFERENCE]
    connection.executemany("INSERT INTO sources (name, kind) VALUES (?, ?)", kinds)
    connection.executemany(
        "INSERT INTO sources (name, kind, keyed) VALUES (?, 'live', 1)", [(n,) for n in KEYED]
    )
    connection.executemany(
        "INSERT INTO listings (id, provider, address, read_at) VALUES (?, ?, 'https://x', ?)",
        [(number, provider, READ_AT) for provider, number in LISTING.items()],
    )
    return connection
