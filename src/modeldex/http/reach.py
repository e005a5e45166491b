"""How near an address is, so that a server elsewhere never leads a request to this machine.

The address of the connected socket decides, before anything is sent on it: no spelling of an
address and no second reply of a name server gets around that. Where a proxy of the environment
connects instead, only what this machine's resolver returns can be judged.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

from modeldex.errors import SourceFailed

Trace = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""A callback for the request extension `trace` of httpcore."""

_NAT64 = IPv6Network("64:ff9b::/96")


class Reach(IntEnum):
    """Whom an address belongs to, the nearer the greater."""

    PUBLIC = 0
    PRIVATE = 1
    """A private network, or any other address that is not public."""
    MACHINE = 2
    """This machine, or its link, such as a cloud's metadata service."""


def reach_of(address: str) -> Reach:
    """The reach of an IP address; that of the IPv4 address inside of an IPv6 address counts."""
    found = _inner(ip_address(address.partition("%")[0]))
    if found.is_loopback or found.is_unspecified or found.is_link_local:
        return Reach.MACHINE
    public = found.is_global and not found.is_multicast and not found.is_reserved
    return Reach.PUBLIC if public else Reach.PRIVATE


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


async def nearest(host: str) -> Reach:
    """The nearest reach of all addresses of a host name or address, in any spelling."""
    if f".{host.lower().rstrip('.')}".endswith(".localhost"):
        return Reach.MACHINE  # by RFC 6761, whatever a resolver knows
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return Reach.PUBLIC  # a request fails anyway, or a proxy knows the name
    return max(reach_of(str(place[0])) for *_, place in found)


class Sockets:
    """The reach of the addresses to which one client has connected, by origin.

    URLs are those of httpx.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], set[Reach]] = {}

    def farthest(self, url: Any) -> Reach:
        """The farthest address that this origin was reached at; PUBLIC through a proxy."""
        return min(self._found.get(_origin(url), ()), default=Reach.PUBLIC)

    async def trace(self, url: Any, limit: Reach, refusal: SourceFailed) -> Trace:
        """A trace that raises `refusal` if the request connects to a nearer address than `limit`.

        Raises it at once where that is known: a connection that is open is used again.
        """
        before = self._found.setdefault(_origin(url), set())
        if limit < Reach.MACHINE and max(before or {await nearest(url.host)}) > limit:
            raise refusal
        host = url.raw_host.decode("ascii")
        direct = True

        async def judge(event: str, info: Mapping[str, Any]) -> None:
            nonlocal direct
            if event == "connection.connect_tcp.started":
                direct = info["host"] == host
            elif event == "connection.connect_tcp.complete":
                stream = info["return_value"]
                found = _reach_of_stream(stream) if direct else Reach.PUBLIC
                if found > limit:
                    await stream.aclose()
                    raise refusal
                before.add(found)

        return judge


def _origin(url: Any) -> tuple[object, ...]:
    return url.scheme, url.raw_host, url.port


def _reach_of_stream(stream: Any) -> Reach:
    here, there = (stream.get_extra_info(name)[0] for name in ("client_addr", "server_addr"))
    return Reach.MACHINE if here == there else reach_of(there)
