"""How much and how long: what one request may take."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Bounds of every request.

    `arrive` is in how many seconds its head, and then its body, must have arrived, `answer` in
    how many it must be answered and the caller have taken the answer. `head` and `body` are
    bytes, `at_once` is how many requests may be under way.
    """

    arrive: float = 10.0
    answer: float = 60.0
    head: int = 32 * 1024
    body: int = 4 * 1024 * 1024
    at_once: int = 4096


USUAL = Limits()
