"""Limits on the time and size of a request."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Limits for every request.

    `arrive`: seconds within which the head, and then again the body, must arrive. `answer`:
    seconds within which the response must be produced and read by the client. `head`, `body`:
    bytes. `at_once`: concurrent requests.
    """

    arrive: float = 10.0
    answer: float = 60.0
    head: int = 32 * 1024
    body: int = 4 * 1024 * 1024
    at_once: int = 4096


USUAL = Limits()
