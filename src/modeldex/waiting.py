"""How long a server asks us to wait before the next try."""

import re
import time
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")


def retry_after(header: str, body: object = None, now: float | None = None) -> float | None:
    """Seconds, from a Retry-After header or from Google's RetryInfo in the body.

    The header holds seconds or an HTTP date; a date in the past means 0. None where nothing
    is said.
    """
    text = header.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except ValueError:
        return _retry_info(body)
    return max(0.0, moment - (time.time() if now is None else now))


def _retry_info(body: object) -> float | None:
    error = body[0] if isinstance(body, list) and body else body
    inner = error.get("error") if isinstance(error, dict) else None
    details = inner.get("details") if isinstance(inner, dict) else None
    for detail in details if isinstance(details, list) else []:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and _SECONDS.fullmatch(delay.removesuffix("s")):
            return float(delay.removesuffix("s"))
    return None
