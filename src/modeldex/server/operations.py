"""The table of operations: what a registry does for others, whichever way they ask.

Each row has a name, what it takes and what it answers, both as pydantic models with a JSON
schema, and how it is done. HTTP (`routes`), MCP (`mcp`) and the pages (`pages`) are renderings
of this table: they turn what came in into `parameters`, call `Operation.ask`, and write what
comes out with `model_dump(mode="json")`. In that JSON what is unknown is absent, never null.

    best = await OPERATIONS["find_best"].ask(registry, {"requires_tools": True})
    best.models[0].id

`ask` validates, so it takes anything; `run` takes parameters that are validated already. Who
renders decides whether a caller may use an operation that `writes`. All raise ModeldexError:

    InvalidParameter   wrong by itself: unknown, or a value that it cannot have
    InvalidQuery       makes no sense to this catalog: a moment before its history, for one
    InvalidMeasurements, ModelNotFound, CatalogError as in modeldex.errors
    StatementStopped   took longer than a question may take

The registry is a ServedRegistry.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from modeldex.server import answering, parameters, results
from modeldex.server.parameters import Parameters, parsed
from modeldex.server.served import ServedRegistry, too_long
from modeldex.server.shapes import Shape


class Operation(NamedTuple):
    """One thing that can be asked.

    `path` is where HTTP has it, names in braces are parameters, one that may hold slashes ends
    in `:path`. `steady` says that the same parameters get the same answer until somebody
    writes to the catalog or the day ends, so that it may be kept for that long; `as_of` makes
    an exception, because a moment may be relative to now.
    """

    name: str
    summary: str
    parameters: type[Parameters]
    result: type[Shape]
    run: Callable[[ServedRegistry, Any], Awaitable[Shape]]
    path: str
    methods: tuple[str, ...] = ("GET",)
    writes: bool = False
    steady: bool = True

    async def ask(self, registry: ServedRegistry, given: Mapping[str, object]) -> Shape:
        """The answer to what was given, which is validated first."""
        return await self.within_time(registry, parsed(self.parameters, given))

    async def within_time(self, registry: ServedRegistry, given: Parameters) -> Shape:
        """The answer to validated parameters. Raises StatementStopped where it takes too long."""
        if self.writes:  # a write that is given up may have been done
            return await self.run(registry, given)
        try:
            async with asyncio.timeout(registry.seconds):
                return await self.run(registry, given)
        except TimeoutError:
            raise too_long() from None

    def is_steady(self, given: Parameters) -> bool:
        """Whether the answer to these parameters may be kept until somebody writes."""
        return self.steady and getattr(given, "as_of", None) is None


OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            "find_best",
            "The best models that meet every criterion: by quality tier, then price, then window.",
            parameters.FindBest, results.Models, answering.find_best, "/best",
        ),
        Operation(
            "query",
            "All models that meet every criterion, best first, a page at a time.",
            parameters.Query, results.Models, answering.query, "/query", ("GET", "POST"),
        ),
        Operation(
            "find_model",
            "One model by its provider and exact name or alias, also a retired one.",
            parameters.FindModel, results.Model, answering.find_model,
            "/models/{provider}/{name:path}",
        ),
        Operation(
            "explain",
            "Everything known of one model: who says what since when, and what queries leave it "
            "out.",
            parameters.OneModel, results.Explained, answering.explain,
            "/explain/{provider}/{name:path}",
        ),
        Operation(
            "explain_query",
            "Why a query finds what it finds: what each criterion keeps out, and near misses.",
            parameters.ExplainQuery, results.QueryExplained, answering.explain_query,
            "/explain_query",
        ),
        Operation(
            "changes",
            "What changed since a moment: models that came and went, prices, limits, flags.",
            parameters.ChangesSince, results.Changes, answering.changes, "/changes",
            steady=False,
        ),
        Operation(
            "expiring",
            "Models that stop answering, or are deprecated, within a span of time.",
            parameters.ExpiringWithin, results.ExpiringModels, answering.expiring, "/expiring",
            steady=False,
        ),
        Operation(
            "drift",
            "Fields on which resolvers disagree: who says what, and who wins.",
            parameters.DriftOf, results.Drift, answering.drift, "/drift",
        ),
        Operation(
            "providers",
            "The hosts of models, and how many models of each are known.",
            parameters.Nothing, results.Providers, answering.providers, "/providers",
        ),
        Operation(
            "status",
            "How much is known, how old it is, and how the last refreshes went.",
            parameters.Nothing, results.Status, answering.status, "/status",
        ),
        Operation(
            "record",
            "Keep measurements of a perf lab: all of them, or none where one cannot be a fact.",
            parameters.Record, results.RecordedRows, answering.record, "/measurements",
            ("POST",), writes=True, steady=False,
        ),
    )
}  # fmt: skip
"""Every operation by name."""
