"""Limits on the time and size of a request."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Limits for every request.

    `receive_seconds`: the head, and then again the body, must arrive within this time.
    `response_seconds`: the response must be produced, and read by the client, within this time.
    """

    receive_seconds: float = 10.0
    response_seconds: float = 60.0
    head_bytes: int = 32 * 1024
    body_bytes: int = 4 * 1024 * 1024
    max_concurrent: int = 4096


USUAL = Limits()
