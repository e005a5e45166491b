"""Metrics of this process and its catalog, in the Prometheus text format."""

import time
from bisect import bisect_left
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

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

Sample = tuple[dict[str, str], float]


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
        """Return all metrics in the Prometheus text format."""
        lines = [
            *_family("modeldex_build_info", "gauge", "Version of modeldex.",
                     [({"version": __version__}, 1)]),
            *_family("process_start_time_seconds", "gauge", "Start time of the process.",
                     [({}, self._begun)]),
            *_family("modeldex_http_requests_in_flight", "gauge", "Requests in progress.",
                     [({}, in_flight())]),
            *self._of_requests(),
            *await self._of_catalog(),
        ]  # fmt: skip
        return "\n".join(lines) + "\n"

    def _of_requests(self) -> Iterator[str]:
        requests = [
            ({"route": route, "method": method, "status": str(status)}, count)
            for (route, method, status), count in self._requests.items()
        ]
        sizes = [({"route": route}, size) for route, size in self._bytes.items()]
        yield from _family(
            "modeldex_http_requests_total", "counter", "Finished requests.", requests
        )
        yield from _family(
            "modeldex_http_response_bytes_total", "counter", "Bytes of response bodies sent.", sizes
        )
        yield from self._durations("modeldex_http_request_duration_seconds")

    def _durations(self, name: str) -> Iterator[str]:
        yield from _family(name, "histogram", "Duration of requests in seconds.", [])
        for route, buckets in self._buckets.items():
            cumulative = 0
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), buckets, strict=True):
                cumulative += count
                yield _line(f"{name}_bucket", {"route": route, "le": bound}, cumulative)
            yield _line(f"{name}_sum", {"route": route}, self._seconds[route])
            yield _line(f"{name}_count", {"route": route}, cumulative)

    async def _of_catalog(self) -> list[str]:
        """Return metrics of the catalog; only `modeldex_catalog_up 0` if it cannot be read."""
        try:
            status = await OPERATIONS["status"].call(self._registry, {})
        except CatalogError:
            return list(_family("modeldex_catalog_up", "gauge", _UP, [({}, 0)]))
        return list(_of_status(status)) if isinstance(status, Status) else []


_UP = "1 if the catalog can be read, else 0."
_OLDEST = "Oldest last answer of the sources that should answer from outside; 0: never."


def _of_status(status: Status) -> Iterator[str]:
    yield from _family("modeldex_catalog_up", "gauge", _UP, [({}, 1)])
    yield from _family(
        "modeldex_models", "gauge", "Number of known models, and of models this server can call.",
        [({"scope": "known"}, status.known), ({"scope": "available"}, status.available)],
    )  # fmt: skip
    if status.last_refresh:
        yield from _family(
            "modeldex_last_refresh_timestamp_seconds", "gauge", "End of the last refresh.",
            [({}, _seconds(status.last_refresh))],
        )  # fmt: skip
    if status.oldest_answer.source:
        yield from _family(
            "modeldex_oldest_answer_timestamp_seconds", "gauge", _OLDEST,
            [({}, _answered(status.oldest_answer.at))],
        )  # fmt: skip
    yield from _family(
        "modeldex_source_last_answer_timestamp_seconds", "gauge",
        "Last answer of a source that should answer from outside; 0: never.",
        [
            ({"source": each.name}, _answered(each.last_answer))
            for each in status.sources
            if each.outside
        ],
    )  # fmt: skip
    yield from _family(
        "modeldex_source_last_success_timestamp_seconds", "gauge", "Last success of a source.",
        [
            ({"source": each.name}, _seconds(each.last_success))
            for each in status.sources
            if each.last_success
        ],
    )  # fmt: skip
    yield from _family(
        "modeldex_source_problem", "gauge", "1 if the last fetch of a source failed.",
        [({"source": each.name}, float(each.error is not None)) for each in status.sources],
    )  # fmt: skip


def _answered(moment: str | None) -> int:
    return _seconds(moment) if moment else 0


def _seconds(moment: str) -> int:
    return timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))


def _family(name: str, kind: str, meaning: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield _line(name, labels, value)


def _line(name: str, labels: dict[str, str], value: float) -> str:
    shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{shown}}} {value:.15g}" if shown else f"{name} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
