"""Tables on a terminal: what fits beside each other, and what does not."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from modeldex.cli.table import Heading, lines

WORDS = st.text("abc/0é模", min_size=1, max_size=30)
CELLS = st.lists(WORDS, max_size=4).map(" ".join)
HEADINGS = st.builds(Heading, WORDS, st.booleans(), st.booleans(), st.booleans())


def screen(headings: list[Heading], rows: list[list[str]], columns: int | None) -> list[str]:
    """The lines of a table as text."""
    return [line.plain for line in lines(headings, rows, columns)]


@given(data=st.data(), headings=st.lists(HEADINGS, min_size=1, max_size=6))
def test_whatever_is_known_is_on_the_screen(data: st.DataObject, headings: list[Heading]) -> None:
    """No line is wider than the screen, each value is there, and only long words are broken."""
    row = st.lists(CELLS, min_size=len(headings), max_size=len(headings))
    rows = data.draw(st.lists(row, max_size=4))
    columns = data.draw(st.sampled_from((20, 40, 80, 120)))
    printed = screen(headings, rows, columns)
    assert max(map(cell_len, printed), default=0) <= columns
    whole = " ".join(printed)
    for cells in rows:
        for heading, cell in zip(headings, cells, strict=True):
            broken_at = min(20, columns // 2) if heading.breaks else columns // 2
            kept = [word for word in cell.split() if cell_len(word) <= broken_at]
            assert [word for word in kept if word not in whole] == []


def test_what_has_no_room_stands_below_with_its_title() -> None:
    """First what may go below, then the last column; nothing is lost."""
    headings = [Heading("model"), Heading("says", may_go_below=True), Heading("since")]
    rows = [["acme/one", "a b c d e f g h i j k l m n o p q r s t u v w x y z" * 2, "2026-11-01"]]
    assert screen(headings, rows, 200)[1].count("2026-11-01") == 1
    long = [["acme/one", "x" * 60, "2026-11-01"]]
    assert screen(headings, long, 40) == [
        "model     since", "acme/one  2026-11-01",
        "    says:", f"    {'x' * 36}", f"    {'x' * 24}",
    ]  # fmt: skip


def test_a_wide_table_has_a_line_per_row() -> None:
    """Without a screen nothing is wrapped, however long."""
    rows = [["one", "word " * 50], ["two", ""]]
    assert len(screen([Heading("a"), Heading("b")], rows, None)) == 3


def test_columns_without_a_value_are_left_out() -> None:
    """A dash is unknown, as is nothing; a table without rows has all its titles."""
    headings = [Heading("a"), Heading("b"), Heading("c", is_number=True)]
    assert screen(headings, [["1", "-", "2"], ["3", "", "44"]], 80) == ["a   c", "1   2", "3  44"]
    assert screen(headings, [], 80) == ["a  b  c"]
