"""What one answer can cost at most, measured in a process of its own: bytes, memory, patience."""

import gzip
import itertools
import random
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from child_processes import run
from fork_process import HANG
from misbehaving_host import Reply, Seen, StandIn, ok
from modeldex.vocabulary.caps import DOCUMENT, VALUES

MB = 1024 * 1024
MEMORY = 100
"""MB by which the process may grow."""

IN_FLIGHT = 8 * MB
"""What the system takes from a server before the client has asked for it."""

DEADLINE = 0.5
EVERY = 0.05

FETCH = """
import asyncio, re
from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_json

def peak():
    # what getrusage tells begins with the size of the parent
    return int(re.search("VmHWM:\\s+([0-9]+) kB", open("/proc/self/status").read())[1]) / 1024

async def fetch(url, deadline):
    try:
        await fetch_json(url, source="test", deadline=deadline)
    except SourceFailed as failed:
        return failed.problem, failed.reason
    return None, None

async def main(root, deadline):
    await fetch(root + "/fine", 900)
    before = peak()
    problem, reason = await fetch(root + "/x", deadline)
    say([problem, reason, peak() - before])

asyncio.run(main(*ARGS))
"""


class Sends:
    """A body that counts the bytes that were taken."""

    def __init__(self, pieces: Iterator[bytes], every: float = 0) -> None:
        self.pieces = pieces
        self.every = every
        self.taken = 0

    def __call__(self, seen: Seen) -> Iterator[bytes]:
        """Piece after piece, as long as somebody takes them."""
        for piece in self.pieces:
            if seen.stopping.wait(self.every) if self.every else seen.stopping.is_set():
                return
            yield piece
            self.taken += len(piece)


def endless() -> Iterator[bytes]:
    """A list that never ends, in few large values."""
    yield b"["
    yield from itertools.repeat(b'"' + b"a" * 65_000 + b'",')


def endless_and_packed() -> Iterator[bytes]:
    """The same compressed, not suspiciously well."""
    packer = zlib.compressobj(1, wbits=31)
    chance = random.Random(20261122)  # noqa: S311 - no secret
    for _ in itertools.count():
        yield packer.compress(chance.randbytes(2_000) * 16) + packer.flush(zlib.Z_SYNC_FLUSH)


BOMB = gzip.compress(b" " * 100 * MB, 1)
MANY = b"[" + b"[]," * (VALUES // 2 - 2) + b"[]]"
ZIPPED = {"content-encoding": "gzip"}


class Case(NamedTuple):
    """An answer, how long it may take, and the problem that it ends in."""

    headers: dict[str, str]
    body: Callable[[], Iterator[bytes]]
    problem: str | None
    reason: str | None
    every: float = 0
    deadline: float = HANG


CASES = {
    "bomb": Case(ZIPPED, lambda: iter([BOMB]), "answer", "expands to more than 100 times"),
    "endless": Case({}, endless, "answer", f"larger than {DOCUMENT:,} bytes"),
    "endless and packed": Case(ZIPPED, endless_and_packed, "answer", "larger than"),
    "drip": Case({}, lambda: itertools.repeat(b" "), "timeout", "within 0.5 s", EVERY, DEADLINE),
    "as many values as may be": Case({}, lambda: iter([MANY]), None, None),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the peak of Linux")
@pytest.mark.parametrize("kind", CASES)
def test_one_answer_costs_only_so_much(kind: str) -> None:
    """At most 32 MB are read and 100 MB of memory taken; what drips without an end is given up."""
    case = CASES[kind]
    sends = Sends(case.body(), case.every)
    reply: Reply = (200, case.headers, sends)
    with StandIn({"/fine": ok([1]), "/x": reply}) as server:
        done = run(FETCH, server.url, case.deadline)
        taken = sends.taken
    [(problem, reason, grown)] = done.said
    assert (done.code, problem) == (0, case.problem)
    assert (case.reason or "") in (reason or "")
    assert grown <= MEMORY
    assert taken <= DOCUMENT + IN_FLIGHT
