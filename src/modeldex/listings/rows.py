"""Rows of a data set or a listing on their way to our fields: cleaned, and losses counted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from modeldex.claims import Dropped, Identity, claim, identity
from modeldex.fields import BY_NAME, NAMES
from modeldex.listings import price_words
from modeldex.listings.price_basis import settle


class Mapped(NamedTuple):
    """What a data set or listing says in our terms.

    A row has `provider`, `name`, perhaps `family`, `display_name` and `aliases`, and fields
    as the catalog accepts them, sets as sorted lists. `listed` is False on a row that prices
    a name without saying that such a model exists. `dropped` counts lost rows by reason,
    `values` counts lost or doubtful values of the rows that were taken.
    """

    rows: list[dict[str, object]]
    dropped: Counter[str]
    values: Counter[str]

    @property
    def taken(self) -> int:
        """The number of rows that were taken."""
        return len(self.rows)

    @property
    def read(self) -> int:
        """The number of rows that were looked at."""
        return self.taken + self.dropped.total()

    def losses(self, model: str) -> list[Dropped]:
        """What was lost, one entry per reason, as the step of a source records it."""
        lost = self.dropped + self.values
        return [Dropped(model, reason, f"{count} times") for reason, count in lost.items()]


def facts_of(row: Mapping[str, object]) -> dict[str, object]:
    """The capability fields of a row."""
    return {field: value for field, value in row.items() if field in BY_NAME}


def table(value: object) -> dict[str, object]:
    """The JSON object in a value; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """The JSON array in a value; an empty one for anything else."""
    return value if isinstance(value, list) else []


def words(value: object) -> set[str]:
    """The texts in a JSON array."""
    return {item for item in items(value) if isinstance(item, str)}


class Rows:
    """Collects the rows of one answer; the first row of a provider and name stays.

    A row that states nothing about its model counts only where `bare` says so: a listing
    tells that the model exists, a data set of facts without a fact tells nothing.
    """

    def __init__(self, *, bare: bool = False) -> None:
        self._bare = bare
        self._rows: dict[tuple[str, str], dict[str, object]] = {}
        self._dropped: Counter[str] = Counter()
        self.values: Counter[str] = Counter()

    def skip(self, reason: str) -> None:
        """Count a row that is not taken."""
        self._dropped[reason] += 1

    def objects(self, value: object, what: str) -> Iterator[tuple[str, dict[str, object]]]:
        """The objects in a JSON object by sorted key; others are counted as lost rows."""
        for key, item in sorted(table(value).items()):
            if isinstance(item, dict):
                yield key, item
            else:
                self.skip(f"{what} is not an object")

    def add(self, row: Mapping[str, object]) -> None:
        """Take a row of identity and facts as upstream gave them."""
        who, refused = identity(row)
        if who is None:
            self.skip(f"{refused[0].field}: {refused[0].reason}")
        elif (who.provider, who.name) in self._rows:
            self.skip("a second row for the same provider and name")
        elif (facts := self._facts(who, row)) or self._bare:
            self.values.update(f"{loss.field}: {loss.reason}" for loss in refused)
            unlisted = {"listed": False} if row.get("listed") is False else {}
            self._rows[who.provider, who.name] = {**_identity(who), **unlisted, **facts}
        else:
            self.skip("states nothing")

    def mapped(self) -> Mapped:
        """Everything collected, rows by provider and name."""
        rows = [self._rows[key] for key in sorted(self._rows)]
        return Mapped(rows, self._dropped, self.values)

    def _facts(self, who: Identity, row: Mapping[str, object]) -> dict[str, object]:
        settled = settle(who.provider, who.name, row, self.values)
        given = {name: settled[name] for name in NAMES if name in settled}
        if others := given.pop("other_prices", None):
            basis = given.get("price_basis")
            stated = cast("Iterable[price_words.Stated]", others)
            given["other_prices"] = price_words.words(stated, basis, self.values)
        if given.get("supports_structured_outputs") is True and not given.get("supports_json_mode"):
            given["supports_json_mode"] = True
        values, refused = claim(who.name, given)
        self.values.update(f"{loss.field}: {loss.reason}" for loss in refused)
        facts = {name: _plain(BY_NAME[name].restore(value)) for name, value in values.items()}
        self._doubt(values)
        return facts

    def _doubt(self, values: Mapping[str, object]) -> None:
        window = values.get("max_context") or values.get("max_input_tokens")
        output = values.get("max_output_tokens")
        if isinstance(window, int) and isinstance(output, int) and output >= window:
            self.values["max_output_tokens: not below the window (kept)"] += 1


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def _identity(who: Identity) -> dict[str, object]:
    optional = {
        "family": who.family,
        "display_name": who.display_name,
        "aliases": list(who.aliases) or None,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return {"provider": who.provider, "name": who.name, **given}
