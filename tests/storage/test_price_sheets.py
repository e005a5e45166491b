"""Price sheets: whose prices of an offer count together, and limits that lie within the window."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from raw_catalog import Below

Sheet = Mapping[str, float | str | None]

SHORT = {
    "input": "input_cost_per_1m", "output": "output_cost_per_1m",
    "read": "cache_read_cost_per_1m", "write": "cache_write_cost_per_1m", "other": "other_prices",
}  # fmt: skip


@pytest.fixture
def catalog(below: Below) -> Iterator[Any]:
    """A catalog with the usual resolvers and one model."""
    with below() as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'alpha')")
        yield connection


def states(connection: sqlite3.Connection, resolver: str, **values: float | str) -> None:
    """Write an opinion, which replaces that of the same resolver; prices have short names."""
    named = {SHORT.get(name, name): value for name, value in values.items()}
    connection.execute("DELETE FROM capabilities WHERE resolver = ?", (resolver,))
    connection.execute(
        f"INSERT INTO capabilities (model_id, resolver, {', '.join(named)}) "
        f"VALUES (1, ?{', ?' * len(named)})",
        (resolver, *named.values()),
    )


def sheet(connection: sqlite3.Connection) -> dict[str, object]:
    """The effective prices that are known."""
    [row] = connection.execute(f"SELECT {', '.join(SHORT.values())} FROM catalog").fetchall()
    return {name: value for name, value in zip(SHORT, row, strict=True) if value is not None}


def winners(connection: sqlite3.Connection) -> dict[str, str]:
    """Who states each effective price."""
    rows = connection.execute("SELECT field, resolver FROM provenance WHERE wins = 1").fetchall()
    return {name: dict(map(tuple, rows)).get(column, "-") for name, column in SHORT.items()}


def test_another_sheet_adds_nothing(catalog: sqlite3.Connection) -> None:
    """Beside the winner's prices stand none of a resolver that states another output."""
    states(catalog, "genai_prices", input=2.0, output=6.0)
    states(catalog, "litellm", input=2.0, output=4.0, read=0.5, other="input/batch:1")
    assert sheet(catalog) == {"input": 2.0, "output": 6.0}
    assert winners(catalog)["read"] == "-"


def test_the_same_sheet_fills_what_is_missing(catalog: sqlite3.Connection) -> None:
    """A lower resolver with the same input and output adds its cache price and its other prices."""
    states(catalog, "genai_prices", input=2.0, output=6.0, read=0.5)
    states(catalog, "litellm", input=2.0, output=6.0, read=0.4, write=2.5)
    states(catalog, "models_dev", input=2.0, output=6.0, other="input/batch:1")
    assert sheet(catalog) == {
        "input": 2.0, "output": 6.0, "read": 0.5, "write": 2.5, "other": "input/batch:1",
    }  # fmt: skip
    assert winners(catalog) == {
        "input": "genai_prices", "output": "genai_prices", "read": "genai_prices",
        "write": "litellm", "other": "models_dev",
    }  # fmt: skip


@pytest.mark.parametrize(("price", "fills"), [(2.009, True), (1.991, True), (2.011, False)])
def test_half_a_percent_is_rounding(catalog: sqlite3.Connection, price: float, fills: bool) -> None:
    """Prices within half a percent are the same sheet, and beyond it another one."""
    states(catalog, "genai_prices", input=2.0, output=6.0)
    states(catalog, "litellm", input=price, output=6.0, read=0.5)
    assert ("read" in sheet(catalog)) == fills


def test_a_sheet_with_an_output_comes_first(catalog: sqlite3.Connection) -> None:
    """A higher resolver that states an input alone gives way to a whole sheet."""
    states(catalog, "genai_prices", input=0.13)
    states(catalog, "litellm", input=0.143, output=0.0)
    assert sheet(catalog) == {"input": 0.143, "output": 0.0}


def test_an_input_alone_is_a_sheet(catalog: sqlite3.Connection) -> None:
    """Where nobody states input and output, the sheet is that of the highest input."""
    states(catalog, "genai_prices", input=0.13)
    states(catalog, "litellm", input=0.2, other="input/batch:0.1")
    states(catalog, "models_dev", input=0.13, other="input/batch:0.065")
    assert sheet(catalog) == {"input": 0.13, "other": "input/batch:0.065"}


def test_an_input_alone_contradicts_no_output(catalog: sqlite3.Connection) -> None:
    """A lower resolver with the same input, and no output, is of the same sheet."""
    states(catalog, "genai_prices", input=5.0, output=40.0)
    states(catalog, "litellm", input=5.0, other="input/batch:2.5")
    assert sheet(catalog) == {"input": 5.0, "output": 40.0, "other": "input/batch:2.5"}


def test_without_any_input_every_price_counts(catalog: sqlite3.Connection) -> None:
    """Where nobody states an input there is no sheet that another price could contradict."""
    states(catalog, "genai_prices", output=6.0)
    states(catalog, "litellm", output=4.0, read=0.5)
    assert sheet(catalog) == {"output": 6.0, "read": 0.5}


@pytest.mark.parametrize("above", ["perf_lab", "overrides", "user"])
def test_what_is_measured_or_overridden_replaces_one_price(
    catalog: sqlite3.Connection, above: str
) -> None:
    """Such a price stands beside the sheet, whose other prices stay."""
    states(catalog, "litellm", input=2.0, output=6.0, read=0.5)
    states(catalog, above, output=1.0)
    assert sheet(catalog) == {"input": 2.0, "output": 1.0, "read": 0.5}


def test_whether_a_price_is_measured_follows_the_row_of_perf_lab(
    catalog: sqlite3.Connection,
) -> None:
    """A new precedence of perf_lab merges the prices of models anew that it says nothing of."""
    states(catalog, "genai_prices", input=2.0, output=6.0)
    states(catalog, "litellm", input=3.0, output=6.0, read=0.5)
    catalog.execute("UPDATE resolvers SET precedence = 215 WHERE name = 'perf_lab'")
    assert sheet(catalog) == {"input": 2.0, "output": 6.0, "read": 0.5}
    catalog.execute("UPDATE resolvers SET precedence = 500 WHERE name = 'perf_lab'")
    assert sheet(catalog) == {"input": 2.0, "output": 6.0}


def test_the_price_basis_is_no_part_of_the_sheet(catalog: sqlite3.Connection) -> None:
    """It merges as any field: also beside another sheet."""
    states(catalog, "genai_prices", input=2.0, output=6.0)
    states(catalog, "litellm", input=3.0, output=6.0, price_basis="metered")
    assert catalog.execute("SELECT price_basis FROM catalog").fetchall() == [("metered",)]


@pytest.mark.parametrize("limit", ["max_input_tokens", "max_output_tokens"])
def test_a_limit_is_at_most_the_window(catalog: sqlite3.Connection, limit: str) -> None:
    """What somebody else states above the window counts as the window, as `drift` says, too."""
    states(catalog, "models_dev", **{limit: 5000})
    states(catalog, "litellm", **{limit: 4000, "max_context": 3000})
    assert catalog.execute(f"SELECT {limit} FROM catalog").fetchall() == [(3000,)]
    rows = catalog.execute("SELECT winner, effective FROM drift WHERE field = ?", (limit,))
    assert [(winner, int(value)) for winner, value in rows.fetchall()] == [("litellm", 3000)]


def test_a_limit_below_the_window_stays(catalog: sqlite3.Connection) -> None:
    """And so does one whose window nobody knows."""
    states(catalog, "litellm", max_context=3000, max_input_tokens=2000)
    states(catalog, "models_dev", max_output_tokens=1000)
    row = catalog.execute("SELECT max_input_tokens, max_output_tokens FROM catalog").fetchone()
    assert tuple(row) == (2000, 1000)
    states(catalog, "litellm", max_input_tokens=2000)
    row = catalog.execute("SELECT max_input_tokens, max_output_tokens FROM catalog").fetchone()
    assert tuple(row) == (2000, 1000)
