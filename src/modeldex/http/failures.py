"""Kinds of failed requests, and which answer or exception is of which kind."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from modeldex.errors import SourceFailed
from modeldex.http.reach import Reach
from modeldex.http.redirects import is_loopback
from modeldex.http.retry import retry_after
from modeldex.vocabulary.timestamps import retry_time


class Unreachable(SourceFailed):
    """The server is unreachable or stopped responding; further requests would fail too."""

    problem = "unreachable"


class TooSlow(Unreachable):
    """The server did not send a complete response in time."""

    problem = "timeout"


class NotPermitted(Unreachable):
    """The account lacks the right to make this request."""

    problem = "refused"


class ConnectionLost(SourceFailed):
    """The connection broke during one request."""

    problem = "unreachable"


class KeyRefused(SourceFailed):
    """The server rejected the API key; a retry would not help."""

    problem = "key"


class Refused(SourceFailed):
    """The server responded with an error.

    `retry_at` is the earliest time for the next request, if it sent Retry-After.
    """

    problem = "refused"

    def __init__(self, source: str, reason: str, retry_at: str | None = None) -> None:
        super().__init__(source, reason)
        self.retry_at = retry_at


class NotFound(Refused):
    """The server has no such resource (404, 405, 410)."""


class OtherFormat(SourceFailed):
    """The server responded with something else than is found at this path: HTML, other JSON."""


class NotConfigured(SourceFailed):
    """A request is impossible: an address, a region or a library is missing."""

    problem = "error"


PRIVATE = "its address is in a private network, which allow_private=False refuses"
"""The reason of a NotConfigured, where a request may only reach public addresses."""


def problem_of(failure: BaseException) -> str:
    """Return the kind of a failure, as stored in `run_steps.problem`."""
    if isinstance(failure, SourceFailed):
        return failure.problem
    return "timeout" if isinstance(failure, TimeoutError) else "error"


def renamed_failure(failure: BaseException, source: str, reason: str) -> SourceFailed:
    """Return a SourceFailed of the same kind with another source and reason."""
    renamed = SourceFailed(source, reason)
    renamed.problem = problem_of(failure)
    renamed.retry_at = failure.retry_at if isinstance(failure, SourceFailed) else None
    return renamed


_REFUSED, _ABSENT = (401, 403), (404, 405, 410)
_RETRIED = (408, 425, 429, 500, 502, 503, 504, 529)
_BAD_REQUEST = 400
# Gemini and xAI return 400 for a wrong key, and so does a LiteLLM proxy without a database.
_NO_KEY = re.compile(r"api key|incorrect key|invalid key|no connected db", re.IGNORECASE)
_BREAKS: dict[str, tuple[type[SourceFailed], str]] = {
    "ConnectError": (Unreachable, "cannot connect"),
    "ConnectTimeout": (Unreachable, "connecting timed out"),
    "TimeoutException": (TooSlow, "the response timed out"),
    "RemoteProtocolError": (SourceFailed, "the response is incomplete or not HTTP"),
    "ProxyError": (ConnectionLost, "the proxy refused the connection"),
    "NetworkError": (ConnectionLost, "the connection broke"),
}


class Call(NamedTuple):
    """One HTTP request of a source.

    `deadline` is in seconds for the whole exchange, `cap` the largest response body in bytes;
    `follow` false: redirects are not followed; `reach` is the nearest address that may be asked.
    """

    source: str
    method: str
    url: str
    body: object
    form: Mapping[str, str] | None
    headers: Mapping[str, str]
    connect_timeout: float
    deadline: float
    cap: int
    follow: bool = True
    reach: Reach = Reach.MACHINE

    def failure_args(self, reason: str) -> tuple[str, str]:
        """Return source and reason of a failure, the reason prefixed with the host."""
        return self.source, f"{host_of(self.url)}: {reason}"


class RetryableFailure(Exception):
    """The request may be retried, after `wait` seconds if the server sent Retry-After."""

    def __init__(self, failure: SourceFailed, wait: float | None = None) -> None:
        self.failure = failure
        self.wait = wait
        super().__init__(failure)


def host_of(url: str) -> str:
    """Return the host and port of a URL, without user name, path and query."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower() or "no host"
    except ValueError:
        return "malformed URL"


def classify_status(
    call: Call, status: int, retry_after_header: str, payload: object, message: str
) -> SourceFailed | RetryableFailure:
    """Classify an HTTP error status; `payload` is the JSON body, `message` its redacted text."""
    if status in _REFUSED:
        return KeyRefused(*call.failure_args(f"key refused ({status})"))
    reason = f"HTTP {status}: {message}" if message else f"HTTP {status}"
    if status == _BAD_REQUEST and _NO_KEY.search(message):
        return KeyRefused(*call.failure_args(f"key refused ({reason})"))
    if status in _ABSENT:
        return NotFound(*call.failure_args(reason))
    # An exhausted quota is a 429 too, but no retry helps.
    if status not in _RETRIED or "insufficient_quota" in str(payload):
        return Refused(*call.failure_args(reason))
    wait = retry_after(retry_after_header, payload)
    if not wait:
        return RetryableFailure(Refused(*call.failure_args(reason)), wait)
    described = call.failure_args(f"{reason}; asks to wait {wait:g} s")
    return RetryableFailure(Refused(*described, retry_time(wait)), wait)


def classify_exception(call: Call, error: Exception) -> SourceFailed | RetryableFailure:
    """Classify an exception of the HTTP client."""
    names = [kind.__name__ for kind in type(error).__mro__]
    kind, reason = next((_BREAKS[name] for name in names if name in _BREAKS), (None, ""))
    if kind is None:
        return Unreachable(*call.failure_args("not a valid HTTP URL"))
    if "SSL" in str(error):
        return Unreachable(*call.failure_args("no trusted TLS connection"))
    failure = kind(*call.failure_args(reason))
    # A local server that is down stays down: no retry.
    return failure if is_loopback(call.url) else RetryableFailure(failure)
