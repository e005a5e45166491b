"""Hypothesis strategies that property tests share. Unknown values are the common case."""

import string
from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from modeldex.vocabulary.efforts import LEVELS
from modeldex.vocabulary.fields import BY_NAME, NAMES, Field
from modeldex.vocabulary.normalize import Stored
from modeldex.vocabulary.prices import PRICE_WORD, USUAL

Opinion = dict[str, Stored]
"""What is known, by field; a field that is missing is unknown."""

Opinions = dict[tuple[str, str], Opinion]
"""Opinions by model and resolver, in order of arrival."""

MODELS = ("acme/alpha", "acme/beta", "globex/alpha")
PRICES = (*USUAL.values(), "other_prices")
"""The fields of a price sheet."""

RESOLVERS = ("aa", "bb", "litellm", "perf_lab", "user", "zz")

_DAYS = st.dates().map(lambda day: day.isoformat())
_WORDS = st.text(string.ascii_lowercase + "_", min_size=1, max_size=4)
_PRICES = ("input>200000:2.5", "input/batch:0.5", "cache_write_1h:6", "output/flex>8:1")
_SPELLED = {
    "endpoints": st.sampled_from(("/v1/chat/completions", "/v1/responses", "/v1beta/models:do")),
    "effort_levels": st.sampled_from(LEVELS),
}
_TEXTS = st.text(string.ascii_letters + "äß漢 .-", min_size=1, max_size=8).map(
    lambda text: text.strip() or "x"
)


def _sets(field: Field) -> st.SearchStrategy[Stored]:
    words = st.sampled_from(_PRICES) if field.pattern is PRICE_WORD else _WORDS
    some = st.sets(_SPELLED.get(field.name, words), min_size=1, max_size=3)
    return some.map(lambda found: ",".join(sorted(found)))


def stored(field: Field) -> st.SearchStrategy[Stored]:
    """Known values of one field as a column holds them; few of them, so that they collide."""
    low, high = int(field.low), int(field.high)
    by_kind: dict[str, st.SearchStrategy[Stored]] = {
        "flag": st.sampled_from((0, 1)),
        "count": st.sampled_from((1, 2, 8192, 128_000)) | st.integers(max(low, 1), max(high, 1)),
        "price": st.sampled_from((0.0, 2.0, 2.009, 2.02))
        | st.floats(field.low, field.high, width=32),
        "rate": st.sampled_from((0.0, 35.5)) | st.floats(field.low, field.high, width=32),
        "choice": st.sampled_from(field.choices or ("",)),
        "date": _DAYS | _DAYS.map(lambda day: day[:7]),
        "set": _sets(field),
        "text": _TEXTS,
    }
    return by_kind[field.kind]


_STORED = {name: stored(BY_NAME[name]) for name in NAMES}
_SOME_NAMES = st.lists(st.sampled_from(NAMES), max_size=6, unique=True)


def opinion(fields: Iterable[str] = NAMES) -> st.SearchStrategy[Opinion]:
    """One opinion: up to six known fields, often none."""
    names = tuple(fields)
    some = _SOME_NAMES if names == NAMES else st.lists(st.sampled_from(names), unique=True)
    return some.flatmap(lambda known: st.fixed_dictionaries({n: _STORED[n] for n in known}))


def opinions(
    models: Iterable[str] = MODELS,
    resolvers: Iterable[str] = RESOLVERS,
    fields: Iterable[str] = ("max_context", "supports_tools", "known_params", "quality_tier"),
) -> st.SearchStrategy[Opinions]:
    """Opinions of several resolvers on several models.

    Most are about a few fields, or the prices, so that resolvers disagree; some are about any.
    """
    keys = st.tuples(st.sampled_from(tuple(models)), st.sampled_from(tuple(resolvers)))
    return st.dictionaries(keys, opinion(tuple(fields)) | opinion(PRICES) | opinion(), max_size=10)


def precedences(resolvers: Iterable[str] = RESOLVERS) -> st.SearchStrategy[Mapping[str, int]]:
    """A precedence per resolver; ties are frequent."""
    return st.fixed_dictionaries({name: st.sampled_from((-1, 0, 1, 2, 350)) for name in resolvers})
