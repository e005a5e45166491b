"""Numbers as people write them, on the command line and in Python."""

import pytest

from cases import case
from modeldex import InvalidQuery, ModelQuery, Workload
from modeldex.query.typed import query_of
from modeldex.vocabulary import quantities

COUNTS: list[tuple[str, int]] = [
    ("0", 0), ("8192", 8192), ("128_000", 128_000), ("128k", 128_000), ("128K", 128_000),
    ("1m", 1_000_000), ("1.5m", 1_500_000), (".5k", 500), (" 64k ", 64_000), ("2.0", 2),
]  # fmt: skip


def test_a_count_may_be_written_as_people_do() -> None:
    """The letter k is a thousand, m a million."""
    for text, number in COUNTS:
        found = quantities.count(text)
        assert (found, type(found)) == (number, int), text


NO_COUNTS = [
    "",
    "k",
    "-1",
    "1.5",
    "1e3",
    "1g",
    "0x10",
    "_1",
    "1 k",
    "nan",
    "inf",
    "٣",
    "1k1",
]


def test_a_count_is_nothing_else() -> None:
    """What is no whole number is refused, also digits of other scripts."""
    for text in NO_COUNTS:
        with case(text), pytest.raises(ValueError, match="whole number"):
            quantities.count(text)


def test_a_criterion_takes_what_its_option_takes() -> None:
    """Limits and days may be text in a query; other values and other texts are as before."""
    query = ModelQuery(min_context="128k", max_context="1M", min_output_tokens="8_192")
    assert (query.min_context, query.max_context) == (128_000, 1_000_000)
    assert (query.min_output_tokens, ModelQuery(min_days_left="60d").min_days_left) == (8192, 60)
    assert ModelQuery(min_input_tokens=20_000.0).min_input_tokens == 20_000  # type: ignore[arg-type]
    with pytest.raises(InvalidQuery) as raised:
        query_of({"min_context": "lots"})
    assert str(raised.value) == (
        "min_context='lots': 'lots': expected a whole number such as 8192, 128k or 1m"
    )


def test_a_workload_takes_them_too() -> None:
    """Tokens of a workload may be text; what it keeps are numbers."""
    assert Workload("20k", "1_000") == Workload(20_000, 1_000)
    with pytest.raises(InvalidQuery, match="input_tokens='many'"):
        Workload("many", 1)
