"""Limits on the time and size of a request, and on what callers hold of the server."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Limits for every request.

    `receive_seconds`: the head, and then again the body, must arrive within this time.
    `response_seconds`: the response must be produced, and read by the client, within this time.
    `connections`: open ones in all; `connections_per_caller`: of one address.
    `unread_bytes`: of responses that their callers have not read yet, in all and of one address;
    while as much waits, a connection that does not take its response is cut.
    `quick_seconds`: a read that takes longer moves from the quick lane to the slow one.
    `slow_readers`: reads in the slow lane that run at a time; `slow_reads` and
    `slow_reads_per_caller`: those that run or wait, in all and of one address.
    """

    receive_seconds: float = 10.0
    response_seconds: float = 60.0
    head_bytes: int = 32 * 1024
    body_bytes: int = 4 * 1024 * 1024
    max_concurrent: int = 4096
    connections: int = 4096
    connections_per_caller: int = 2048
    unread_bytes: int = 256 * 1024 * 1024
    unread_bytes_per_caller: int = 64 * 1024 * 1024
    quick_seconds: float = 0.1
    slow_readers: int = 2
    slow_reads: int = 64
    slow_reads_per_caller: int = 16


USUAL = Limits()
