"""Metrics of this process and its catalog, for Prometheus."""

import time
from bisect import bisect_left
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from modeldex.errors import CatalogError
from modeldex.server.middleware import FinishedRequest
from modeldex.server.operations import OPERATIONS
from modeldex.server.registry import ServedRegistry
from modeldex.server.responses_schema import Status
from modeldex.version import __version__
from modeldex.vocabulary import clock

MEDIA = "text/plain; version=0.0.4; charset=utf-8"

_METHODS = frozenset({"GET", "HEAD", "POST"})
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram buckets, in seconds."""


class _Families(Collector):
    """Metrics that are known already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._families


class Metrics:
    """Counts requests; `text` returns all metrics."""

    def __init__(self, registry: ServedRegistry) -> None:
        self._registry = registry
        self._begun = clock.wall()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._bytes: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()
        self._buckets: dict[str, list[int]] = {}

    def on_finished(self, served: FinishedRequest) -> None:
        """Count one request."""
        method = served.scope["method"]
        # A client chooses the method: without this it could create any number of series.
        known = method if method in _METHODS else "other"
        route = served.route or "none"
        self._requests[route, known, served.status] += 1
        self._bytes[route] += served.bytes
        self._seconds[route] += served.seconds  # type: ignore[assignment]
        buckets = self._buckets.setdefault(route, [0] * (len(_BOUNDS) + 1))
        buckets[bisect_left(_BOUNDS, served.seconds)] += 1

    async def text(self, in_flight: Callable[[], int]) -> str:
        """Return all metrics in the text format."""
        families = (
            _gauge("modeldex_build_info", "Version of modeldex.", [((__version__,), 1)], "version"),
            _gauge("process_start_time_seconds", "Start time of the process.",
                   [((), self._begun)]),
            _gauge("modeldex_http_requests_in_flight", "Requests in progress.",
                   [((), in_flight())]),
            *self._of_requests(),
            *await self._of_catalog(),
        )  # fmt: skip
        collected = CollectorRegistry(auto_describe=False)
        collected.register(_Families(families))
        return generate_latest(collected).decode()

    def _of_requests(self) -> Iterator[Metric]:
        requests = CounterMetricFamily(
            "modeldex_http_requests", "Finished requests.", labels=("route", "method", "status")
        )
        for (route, method, status), count in self._requests.items():
            requests.add_metric((route, method, str(status)), count)
        sizes = CounterMetricFamily(
            "modeldex_http_response_bytes", "Bytes of response bodies sent.", labels=("route",)
        )
        for route, size in self._bytes.items():
            sizes.add_metric((route,), size)
        yield from (requests, sizes, self._durations())

    def _durations(self) -> Metric:
        name, meaning = "modeldex_http_request_duration_seconds", "Duration of requests in seconds."
        durations = HistogramMetricFamily(name, meaning, labels=("route",))
        for route, buckets in self._buckets.items():
            ends = (*map(str, _BOUNDS), "+Inf")
            cumulative = list(zip(ends, accumulate(buckets), strict=True))
            durations.add_metric((route,), cumulative, self._seconds[route])
        return durations

    async def _of_catalog(self) -> list[Metric]:
        """Return metrics of the catalog; only `modeldex_catalog_up 0` if it cannot be read."""
        try:
            status = await OPERATIONS["status"].call(self._registry, {})
        except CatalogError:
            return [_gauge("modeldex_catalog_up", _UP, [((), 0)])]
        return list(_of_status(status)) if isinstance(status, Status) else []


_UP = "1 if the catalog can be read, else 0."
_OLDEST = "Oldest last answer of the sources that should answer from outside; 0: never."


def _of_status(status: Status) -> Iterator[Metric]:
    yield _gauge("modeldex_catalog_up", _UP, [((), 1)])
    yield _gauge(
        "modeldex_models", "Number of known models, and of models this server can call.",
        [(("known",), status.known), (("available",), status.available)], "scope",
    )  # fmt: skip
    if status.last_refresh:
        yield _gauge(
            "modeldex_last_refresh_timestamp_seconds", "End of the last refresh.",
            [((), _seconds(status.last_refresh))],
        )  # fmt: skip
    if status.oldest_answer.source:
        yield _gauge(
            "modeldex_oldest_answer_timestamp_seconds", _OLDEST,
            [((), _answered(status.oldest_answer.at))],
        )  # fmt: skip
    yield _gauge(
        "modeldex_source_last_answer_timestamp_seconds",
        "Last answer of a source that should answer from outside; 0: never.",
        [((each.name,), _answered(each.last_answer)) for each in status.sources if each.outside],
        "source",
    )
    yield _gauge(
        "modeldex_source_last_success_timestamp_seconds", "Last success of a source.",
        [((each.name,), _seconds(each.last_success)) for each in status.sources
         if each.last_success],
        "source",
    )  # fmt: skip
    yield _gauge(
        "modeldex_source_problem", "1 if the last fetch of a source failed.",
        [((each.name,), float(each.error is not None)) for each in status.sources], "source",
    )  # fmt: skip


def _gauge(
    name: str, meaning: str, values: Iterable[tuple[tuple[str, ...], float]], *labels: str
) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for labelled, value in values:
        family.add_metric(labelled, value)
    return family


def _answered(moment: str | None) -> int:
    return _seconds(moment) if moment else 0


def _seconds(moment: str) -> int:
    return timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))
