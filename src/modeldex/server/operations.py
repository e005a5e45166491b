"""The table of operations that HTTP (`routes`), MCP (`mcp`) and the web pages (`pages`) expose.

Each row has a name, a pydantic model of its parameters, one of its result, and a handler. The
three front ends convert a request to `parameters`, call `Operation.call`, and write the result
with `model_dump(mode="json")`, in which unknown values are absent, never null.

    best = await OPERATIONS["find_best"].call(registry, {"requires_tools": True})
    best.models[0].id

`call` validates its input; `run` takes validated parameters. Both take a ServedRegistry. The front
end must check that the caller may use an operation that `writes`. Errors are ModeldexErrors:

    InvalidParameter   unknown parameter or invalid value, whatever the catalog holds
    InvalidQuery       not valid for this catalog, such as a time before its history
    InvalidMeasurements, ModelNotFound, CatalogError as in modeldex.errors
    StatementStopped   exceeded the time limit
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from modeldex.server import handlers, parameters, sample_parameters
from modeldex.server import responses_schema as schema
from modeldex.server.parameters import Parameters, parsed
from modeldex.server.registry import ServedRegistry, time_limit_exceeded
from modeldex.vocabulary.timestamps import is_relative

RELATIVE_SECONDS = 10.0
"""How long an answer about a time before now, such as `7d`, may be given again."""


class Operation(NamedTuple):
    """One operation.

    `path`: the HTTP route, with parameters in braces; `:path` marks one that may contain slashes.
    `also`: routes with fewer of them.
    `cacheable`: the result depends only on the parameters, the catalog and the date, so it may be
    cached until the catalog changes or the day ends; one about a past time that is relative to
    now for RELATIVE_SECONDS at most. A call with `at` or a workload is never cached, because a
    price may depend on the hour.
    """

    name: str
    summary: str
    parameters: type[Parameters]
    result: type[BaseModel]
    run: Callable[[ServedRegistry, Any], Awaitable[BaseModel]]
    path: str
    methods: tuple[str, ...] = ("GET",)
    writes: bool = False
    also: tuple[str, ...] = ()
    cacheable: bool = True

    async def call(self, registry: ServedRegistry, given: Mapping[str, object]) -> BaseModel:
        """Validate the parameters and run the operation."""
        return await self.run_in_time(registry, parsed(self.parameters, given))

    async def run_in_time(self, registry: ServedRegistry, given: Parameters) -> BaseModel:
        """Run with validated parameters. Raises StatementStopped at the time limit."""
        if self.writes:  # a cancelled write may still commit, so its outcome would be unknown
            return await self.run(registry, given)
        try:
            async with asyncio.timeout(registry.seconds):
                return await self.run(registry, given)
        except TimeoutError:
            raise time_limit_exceeded() from None

    def cache_seconds(self, given: Parameters) -> float:
        """Return how long the result for these parameters is valid while the catalog is the same.

        0 if it may not be cached.
        """
        timed = ("at", "input_tokens", "output_tokens")
        if not self.cacheable or any(getattr(given, name, None) for name in timed):
            return 0.0
        then = getattr(given, "as_of", None)
        return RELATIVE_SECONDS if then is not None and is_relative(then) else math.inf


OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            "find_best",
            "The best models that meet every criterion, ranked by quality tier, price and window.",
            parameters.FindBest, schema.Models, handlers.find_best, "/best",
        ),
        Operation(
            "query",
            "All models that meet every criterion, best first, in pages.",
            parameters.Query, schema.Models, handlers.query, "/query", ("GET", "POST"),
        ),
        Operation(
            "search",
            "Known models by a part of any of their names, likeliest first.",
            parameters.SearchText, schema.Hits, handlers.search, "/search",
        ),
        Operation(
            "find_model",
            "One model by provider and name or alias, even if it is retired, or the offer that a "
            "bare name means.",
            parameters.FindModel, schema.Model, handlers.find_model,
            "/models/{provider}/{name:path}", also=("/models/{name}",),
        ),
        Operation(
            "offers",
            "Who offers a base model, by price, and how the prices compare with the lab's.",
            parameters.OffersOf, schema.Offers, handlers.offers, "/offers/{base:path}",
        ),
        Operation(
            "bases",
            "Base models, with facts of their weights and the number of known offers.",
            parameters.Bases, schema.BaseModels, handlers.bases, "/bases",
        ),
        Operation(
            "scored_bases",
            "Base models that have scores on public benchmarks, the best first.",
            parameters.ScoredBases, schema.ScoredBases, handlers.scored_bases, "/benchmarks",
        ),
        Operation(
            "benchmarks",
            "Each score of a base model on public benchmarks, with day, source and licence.",
            parameters.ScoresOf, schema.ScoresOf, handlers.benchmarks, "/benchmarks/{base:path}",
        ),
        Operation(
            "explain",
            "All facts about one model: every opinion with its resolver and date, and why the "
            "default query excludes it.",
            parameters.OneModel, schema.Explained, handlers.explain,
            "/explain/{provider}/{name:path}",
        ),
        Operation(
            "explain_query",
            "Why a query finds what it finds: models excluded by each criterion, and near misses.",
            parameters.ExplainQuery, schema.QueryExplained, handlers.explain_query,
            "/explain_query",
        ),
        Operation(
            "changes",
            "Changes since a given time: new and removed models, prices, limits, capabilities.",
            parameters.ChangesSince, schema.Changes, handlers.changes, "/changes",
            cacheable=False,
        ),
        Operation(
            "expiring",
            "Models that retire or become deprecated within a period, and what replaces them.",
            parameters.ExpiringWithin, schema.ExpiringModels, handlers.expiring,
            "/expiring", cacheable=False,
        ),
        Operation(
            "drift",
            "Fields on which resolvers disagree: every opinion, and the effective value.",
            parameters.DriftOf, schema.Drift, handlers.drift, "/drift",
        ),
        Operation(
            "providers",
            "Providers, with the number of known models of each.",
            parameters.Nothing, schema.Providers, handlers.providers, "/providers",
        ),
        Operation(
            "status",
            "Number of models, age of the data, and results of the last refreshes.",
            parameters.Nothing, schema.Status, handlers.status, "/status",
        ),
        Operation(
            "record",
            "Store measurements: all of them, or none if one is invalid.",
            sample_parameters.Record, schema.RecordedRows, handlers.record, "/measurements",
            ("POST",), writes=True, cacheable=False,
        ),
    )
}  # fmt: skip
"""Operations by name."""
