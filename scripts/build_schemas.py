"""Write the JSON Schemas of every document that `--json`, HTTP and `export` give: docs/schemas.

    python scripts/build_schemas.py [--check]

With --check nothing is written; the exit code is 1 if a schema is out of date. The schemas follow
from the types of the library and from the vocabulary.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from generated import write
from pydantic import Field, TypeAdapter, create_model

from modeldex.history.diff import Difference
from modeldex.history.drift import Suspicion
from modeldex.history.timeline import Spell, Stated
from modeldex.query import explain_model
from modeldex.query.callability import Callability
from modeldex.query.export import FLAGS, STATED, TABLES
from modeldex.query.offers import Implausible
from modeldex.query.price_doubt import PriceDoubt
from modeldex.refresh.report import StepReport
from modeldex.server import responses_schema as http
from modeldex.server.json_types import ResponseModel, Value, response_model
from modeldex.server.openapi import document
from modeldex.storage.open import open_catalog
from modeldex.storage.sqlite.integrity import Check
from modeldex.upstream.import_benchmarks import BenchmarkReport
from modeldex.vocabulary.values import ModelCapabilities
from modeldex.vocabulary.workloads import Workload

SCHEMAS = Path(__file__).resolve().parent.parent / "docs" / "schemas"


class Explanation(http.QueryExplained):
    """Why a query finds what it finds."""


class Explained(ResponseModel):
    """`best --why` where nothing matches."""

    explanation: Explanation


class Called(response_model(Callability)):  # type: ignore[misc]
    """How an offer can be called from here."""


class Best(ResponseModel):
    """`best`: the model, the number of matches, and why it is the first of them."""

    model: http.Model
    matches: int
    why: str
    callability: Called
    id_for: str | None = None
    price_doubts: list[response_model(PriceDoubt)] | None = None  # type: ignore[valid-type]
    explanation: Explanation | None = None


class BestOfAll(ResponseModel):
    """`best -n`: the models, best first."""

    models: list[http.Model]
    matches: int
    id_for: list[str] | None = None
    price_doubts: list[response_model(PriceDoubt)] | None = None  # type: ignore[valid-type]
    explanation: Explanation | None = None


class Listed(ResponseModel):
    """`list`: one page of the models that match, best first."""

    total: int
    offset: int
    models: list[http.Model]


class Hits(http.Hits):
    """`search`: one page of the models that are named so, the likeliest first."""

    offset: int


class Frontier(ResponseModel):
    """`frontier`: the models that no other one beats."""

    total: int
    models: list[http.Model]


class Costs(ResponseModel):
    """`cost`: the workload, and the models with what it costs on each."""

    workload: response_model(Workload)  # type: ignore[valid-type]
    models: list[http.Model]
    price_doubts: list[response_model(PriceDoubt)] | None = None  # type: ignore[valid-type]


class Shown(ResponseModel):
    """`show`: the model, the opinions behind it, the sources that see it.

    `price_in_region`: input and output price where the key of the provider is of one region.
    """

    model: http.Model
    fields: list[response_model(Stated)]  # type: ignore[valid-type]
    sightings: list[response_model(explain_model.Sighting)]  # type: ignore[valid-type]
    price_in_region: str | None = None


class Opinion(response_model(explain_model.Opinion)):  # type: ignore[misc]
    """One resolver's opinion; `age` is the time since `observed_at`, in seconds."""

    age: float


class Known(ResponseModel):
    """One field with its effective value and all opinions on it, the winner first."""

    field: str
    value: Value | None = None
    opinions: list[Opinion]


class ExplainedModel(response_model(explain_model.Explanation, "fields")):  # type: ignore[misc]
    """`explain`: all facts about one model."""

    fields: list[Known]


class History(ResponseModel):
    """`history`: each value with the period in which it was valid; a current one has no end."""

    id: str
    history: list[response_model(Spell)]  # type: ignore[valid-type]


class Suspicions(ResponseModel):
    """`drift --suspicious`."""

    suspicious: list[response_model(Suspicion)]  # type: ignore[valid-type]
    total: int


class Parity(ResponseModel):
    """`drift --parity`: offers that are not plausible beside others of their base."""

    parity: list[response_model(Implausible)]  # type: ignore[valid-type]
    total: int


class Pruned(ResponseModel):
    """`prune`: the number of rows by table."""

    horizon: str
    dry_run: bool
    rows: dict[str, int]


class Forgotten(ResponseModel):
    """`forget`: how many offers a source listed, and for how many keys and addresses."""

    source: str
    dry_run: bool
    offers: int
    listings: int


class ForgottenModels(ResponseModel):
    """`forget --unlisted`: models that nobody lists, and how much hangs on them."""

    unlisted: bool
    dry_run: bool
    models: list[str]
    measurements: int
    opinions: int


class Recorded(http.RecordedRows):
    """`measure add` and `measure import`."""

    dry_run: bool


class ImportedScores(response_model(BenchmarkReport)):  # type: ignore[misc]
    """`benchmarks import`."""

    dry_run: bool


class Samples(ResponseModel):
    """`measure list`: the merged figures and the samples of a model."""

    id: str
    total: int
    figures: list[dict[str, Value]]
    measurements: list[dict[str, Value]]


class Provider(ResponseModel):
    """One provider; `key` and `missing` are names of environment variables."""

    id: str
    name: str
    key: str | None = None
    missing: str | None = None
    keys: list[str]
    base_url: str | None = None
    base_url_from: str | None = None
    base_url_vars: list[str]
    listing: str | None = None
    listing_path: str | None = None
    auth: str | None = None
    local: bool
    configured: bool
    known: int | None = None
    live: int | None = None
    aliases: list[str]
    default_model: str | None = None
    docs: str | None = None
    note: str | None = None
    file: str | None = None


class Providers(ResponseModel):
    """`providers`."""

    providers: list[Provider]


class Config(ResponseModel):
    """`config`: the options that the file states, by their names; `path` is absent without one."""

    path: str | None = None
    exists: bool
    defaults: dict[str, Any]
    profiles: dict[str, dict[str, Any]]


class PluginFound(ResponseModel):
    """A source or resolver of another package."""

    name: str
    kind: str
    package: str
    version: str
    status: str
    detail: str | None = None


class Plugins(ResponseModel):
    """`plugins`."""

    plugins: list[PluginFound]


def by_name(row: type[ResponseModel], name: str, **more: Any) -> type[ResponseModel]:
    """The value of an object by name: a row over HTTP but for its `name`, and fields of its own."""
    fields = {k: (f.annotation, f.default) for k, f in row.model_fields.items() if k != "name"}
    return create_model(name, __base__=ResponseModel, __doc__=row.__doc__, **fields, **more)


SourceStatus = by_name(
    http.SourceHealth, "SourceStatus", age_s=(float | None, None), advice=(str | None, None)
)
ResolverStatus = by_name(http.ResolverHealth, "ResolverStatus")


class RunError(http.RunError):
    """A source or resolver that failed in a run."""

    run_id: int


class Run(ResponseModel):
    """One refresh, or one load of shipped data."""

    id: int
    kind: str
    status: str
    started_at: str
    finished_at: str | None = None
    version: str
    errors: list[RunError]


class Snapshot(ResponseModel):
    """One data set shipped with this version."""

    package: str
    version: str
    as_of: str
    rows: int


class Counted(ResponseModel):
    """Numbers of models."""

    known: int
    available: int


class ConfiguredProvider(ResponseModel):
    """How a provider's offers can be called here, and the listing that decides it."""

    how: str
    region: str | None = None
    address: str | None = None
    variable: str | None = None
    offers: int | None = None
    read_at: str | None = None
    age_s: float | None = None
    stale: bool | None = None
    problem: str | None = None
    error: str | None = None


class OldestAnswer(http.OldestAnswer):
    """The source whose last answer from outside is the oldest, and its age in seconds."""

    age_s: float | None = None


class Status(ResponseModel):
    """`status`: counts, the age of the data, and what the last refreshes did."""

    path: str
    modeldex: str
    schema_: int = Field(alias="schema")
    journal_mode: str | None = None
    server: str | None = None
    bytes: int
    models: Counted
    keys: dict[str, str]
    configured: dict[str, ConfiguredProvider]
    last_refresh: str | None = None
    last_refresh_age_s: float | None = None
    clock: str | None = None
    oldest_answer: OldestAnswer
    sources: dict[str, SourceStatus]
    resolvers: dict[str, ResolverStatus]
    runs: list[Run]
    snapshots: dict[str, Snapshot]


class Queried(ResponseModel):
    """`sql`: objects by column, in which NULL is null."""

    columns: list[str]
    more: bool
    rows: list[dict[str, Any]]


class Changed(response_model(Difference)):  # type: ignore[misc]
    """`diff`: models added and gone, and each changed value."""


class Refreshed(ResponseModel):
    """`refresh`: the outcome of each source and resolver, who was asked and who answered."""

    status: str
    asked: list[str]
    answered: list[str]
    steps: list[response_model(StepReport)]  # type: ignore[valid-type]


class DryRun(Changed):
    """`refresh --dry-run`."""

    status: str
    steps: list[response_model(StepReport)]  # type: ignore[valid-type]
    dry_run: bool


class BackedUp(ResponseModel):
    """`backup`: the copy, and the older ones that were removed."""

    path: str
    bytes: int
    schema_: int = Field(alias="schema")
    models: int
    removed: list[str]


class CopiedTo(ResponseModel):
    """`copy`: rows by table, and a digest of all values."""

    to: str
    rows: dict[str, int]
    digest: str


class Doctor(ResponseModel):
    """`doctor`."""

    path: str
    ok: bool
    repaired: bool
    checks: list[response_model(Check)]  # type: ignore[valid-type]


DOCUMENTS: dict[str, Any] = {
    "model": http.Model,
    "best": Best | BestOfAll | Explained,
    "list": Listed,
    "search": Hits,
    "frontier": Frontier,
    "cost": Costs,
    "show": Shown,
    "explain": ExplainedModel,
    "history": History,
    "changes": http.Changes,
    "expiring": http.ExpiringModels,
    "drift": http.Drift | Suspicions | Parity,
    "offers": http.Offers,
    "bases": http.BaseModels,
    "prune": Pruned,
    "forget": Forgotten | ForgottenModels,
    "benchmarks": http.ScoresOf | http.ScoredBases | ImportedScores,
    "measure": Recorded | Samples,
    "providers": Providers | Provider,
    "config": Config,
    "plugins": Plugins,
    "status": Status,
    "sql": Queried,
    "export": list[http.Model],
    "diff": Changed,
    "refresh": Refreshed | DryRun | dict[str, str],
    "backup": BackedUp,
    "copy": CopiedTo,
    "doctor": Doctor,
}
"""The type of what each command prints with --json, and `model`, which is a part of many."""

_TYPES = {"INTEGER": int, "REAL": float, "TEXT": str}


def tables() -> Iterator[tuple[str, Any]]:
    """Yield the type of `export --table` for each table, by the name of its file."""
    with TemporaryDirectory() as folder, closing(open_catalog(Path(folder) / "new.db")) as empty:
        for name, sql in TABLES.items():
            declared = {row[1]: row[2] for row in empty.execute(f"PRAGMA table_xinfo({name})")}
            columns = [column[0] for column in empty.execute(sql).description]
            if name != "catalog":
                fields: dict[str, Any] = {
                    each: (_column_type(each, declared) | None, None) for each in columns
                }
                row = create_model("Row", __base__=ResponseModel, **fields)
                yield f"export-{name}", list[row]  # type: ignore[valid-type]


def _column_type(name: str, declared: dict[str, str]) -> Any:
    if name in FLAGS:
        return bool
    if name in STATED:
        return Value
    field = ModelCapabilities.model_fields.get(name)
    if field is not None:
        return field.annotation
    return _TYPES.get(declared.get(name, ""), Value)


def schemas() -> dict[str, str]:
    """Return the text of each file by its name."""
    found: dict[str, Any] = {
        name: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **TypeAdapter(kind).json_schema(mode="serialization"),
        }
        for name, kind in [*DOCUMENTS.items(), *tables()]
    }
    found["openapi"] = document(reads_need_token=False)
    return {f"{name}.json": f"{json.dumps(each, indent=1)}\n" for name, each in found.items()}


if __name__ == "__main__":
    sys.exit(write({SCHEMAS / name: text for name, text in schemas().items()}, __doc__))
