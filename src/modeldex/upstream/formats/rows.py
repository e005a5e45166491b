"""Collects the rows of a data set or a listing: validated, with all losses counted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from modeldex.upstream.formats import price_tiers
from modeldex.upstream.formats.price_basis import settle
from modeldex.vocabulary.fields import BY_NAME, NAMES
from modeldex.vocabulary.normalize import Dropped, Identity, identity, normalize_answer
from modeldex.vocabulary.pages import KEY


class Mapped(NamedTuple):
    """A data set or listing mapped to catalog fields.

    A row has `provider`, `name`, optionally `family`, `display_name`, `aliases` and `source_url`,
    and valid capability fields, sets as sorted lists. `listed` is False on a row that states facts
    about a name but is no evidence that the model exists. `dropped` counts dropped rows by
    reason, `values` counts dropped or doubtful values of accepted rows. `complete` is False for a
    listing that says itself that it is not all.
    """

    rows: list[dict[str, object]]
    dropped: Counter[str]
    values: Counter[str]
    complete: bool = True

    @property
    def accepted(self) -> int:
        """The number of accepted rows."""
        return len(self.rows)

    @property
    def seen(self) -> int:
        """The number of rows seen: accepted and dropped."""
        return self.accepted + self.dropped.total()

    def losses(self, model: str) -> list[Dropped]:
        """One Dropped per reason, its `field` holding the reason, as a run step stores it."""
        lost = self.dropped + self.values
        return [Dropped(model, reason, f"{count} times") for reason, count in lost.items()]


def facts_of(row: Mapping[str, object]) -> dict[str, object]:
    """The capability fields of a row."""
    return {field: value for field, value in row.items() if field in BY_NAME}


def stated(row: Mapping[str, object]) -> dict[str, object]:
    """The capability fields of a row, and the page that states them."""
    return {field: value for field, value in row.items() if field in BY_NAME or field == KEY}


def table(value: object) -> dict[str, object]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """The value if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def words(value: object) -> set[str]:
    """The strings in a JSON array; empty for anything else."""
    return {item for item in items(value) if isinstance(item, str)}


class Rows:
    """Collects the rows of one payload; the first row of a provider and name wins.

    `bare` accepts rows without any fact: in a listing they prove that the model exists, in a
    data set of facts they mean nothing.
    """

    def __init__(self, *, bare: bool = False) -> None:
        self._bare = bare
        self._rows: dict[tuple[str, str], dict[str, object]] = {}
        self._dropped: Counter[str] = Counter()
        self.values: Counter[str] = Counter()
        self.complete = True

    def skip(self, reason: str) -> None:
        """Count a dropped row."""
        self._dropped[reason] += 1

    def objects(self, value: object, what: str) -> Iterator[tuple[str, dict[str, object]]]:
        """The objects in a JSON object by sorted key; other values are counted as dropped."""
        for key, item in sorted(table(value).items()):
            if isinstance(item, dict):
                yield key, item
            else:
                self.skip(f"{what} is not an object")

    def add(self, row: Mapping[str, object]) -> None:
        """Validate and collect one row of identity and facts, in upstream's values."""
        model, refused = identity(row)
        if model is None:
            self.skip(f"{refused[0].field}: {refused[0].reason}")
        elif (model.provider, model.name) in self._rows:
            self.skip("a second row for the same provider and name")
        elif (facts := self._facts(model, row)) or self._bare:
            self.values.update(f"{loss.field}: {loss.reason}" for loss in refused)
            unlisted = {"listed": False} if row.get("listed") is False else {}
            self._rows[model.provider, model.name] = {**_identity(model), **unlisted, **facts}
        else:
            self.skip("states nothing")

    def mapped(self) -> Mapped:
        """Everything collected, rows sorted by provider and name."""
        rows = [self._rows[key] for key in sorted(self._rows)]
        return Mapped(rows, self._dropped, self.values, self.complete)

    def _facts(self, model: Identity, row: Mapping[str, object]) -> dict[str, object]:
        settled = settle(model.provider, model.name, row, self.values)
        given = {name: settled[name] for name in NAMES if name in settled}
        if others := given.pop("other_prices", None):
            basis = given.get("price_basis")
            stated = cast("Iterable[price_tiers.Stated]", others)
            given["other_prices"] = price_tiers.price_words(stated, basis, self.values)
        # A host that enforces a JSON Schema enforces valid JSON as well.
        if given.get("supports_structured_outputs") is True and not given.get("supports_json_mode"):
            given["supports_json_mode"] = True
        values, refused = normalize_answer(model.name, {**given, KEY: row.get(KEY)})
        self.values.update(f"{loss.field}: {loss.reason}" for loss in refused)
        page = {KEY: values.pop(KEY)} if KEY in values else {}
        facts = {name: _plain(BY_NAME[name].restore(value)) for name, value in values.items()}
        if facts.get("target") == f"{model.provider}/{model.name}":
            del facts["target"]  # an offer under the name of its model stands for itself
        self._doubt(values)
        return facts | page if facts else {}

    def _doubt(self, values: Mapping[str, object]) -> None:
        window = values.get("max_context") or values.get("max_input_tokens")
        output = values.get("max_output_tokens")
        if isinstance(window, int) and isinstance(output, int) and output >= window:
            self.values["max_output_tokens: not below the window (kept)"] += 1


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def _identity(model: Identity) -> dict[str, object]:
    optional = {
        "family": model.family,
        "display_name": model.display_name,
        "aliases": list(model.aliases) or None,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return {"provider": model.provider, "name": model.name, **given}


# Some upstreams write days such as 2098-12-31 for "no shutdown announced".
_NEVER = "2090"


def ending(day: str | None) -> dict[str, object]:
    """`retires_at` and `lifecycle` for a shutdown date; empty if none is announced.

    The lifecycle is `deprecated` even if the date has passed: the model is still listed.
    """
    if not day or day >= _NEVER:
        return {}
    return {"retires_at": day, "lifecycle": "deprecated"}


class Page(NamedTuple):
    """The models of one response, and the query parameters that request the next page.

    `following` is merged over the query of the last request; None means the last page.
    """

    mapped: Mapped
    following: Mapping[str, str] | None = None
