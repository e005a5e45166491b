"""A server elsewhere never leads a request to this machine, however it spells the address."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from cases import case
from misbehaving_host import Reply, Seen, StandIn, error, ok
from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_changed, fetch_json, open_client
from modeldex.http.failures import NotConfigured
from modeldex.http.reach import Reach, reach_of
from modeldex.upstream.remote.mcp import models
from modeldex.upstream.remote.registry import RemoteRegistry

ANY = "0.0.0.0"  # noqa: S104 - nobody listens there
ADDRESSES = {
    Reach.PUBLIC: [
        "93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "2002:5db8:d822::1",
    ],
    Reach.PRIVATE: [
        "10.0.0.1", "172.16.3.4", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1",
        "224.0.0.1", "ff02::1", "240.0.0.1", "255.255.255.255", "64:ff9b::a00:1", "2002:a00:1::1",
    ],
    Reach.MACHINE: [
        "127.0.0.1", "127.8.9.10", ANY, "::", "::1", "::ffff:127.0.0.1", "169.254.169.254",
        "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
}  # fmt: skip

SPELLINGS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", ANY, "0", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "localhost", "localhost.", "LOCALHOST", "169.254.169.254", "10.0.0.1",
]  # fmt: skip


def test_an_address_is_judged_by_whom_it_belongs_to() -> None:
    """Also where an IPv6 address holds an IPv4 address."""
    for reach, addresses in ADDRESSES.items():
        for address in addresses:
            assert reach_of(address) is reach, address


async def test_no_spelling_leads_from_elsewhere_to_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A host elsewhere, here behind a proxy, redirects to this machine and is not followed."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for spelling in SPELLINGS:
        with case(spelling), StandIn({"/y": ok(1)}) as local:
            away = error(302, location=f"http://{spelling}:{local.port}/y")
            with StandIn({"http://models.invalid/x": away}) as proxy:
                monkeypatch.setenv("http_proxy", proxy.url)
                with pytest.raises(SourceFailed, match="not followed"):
                    await fetch_json("http://models.invalid/x", source="test")
            assert (local.requests, proxy.paths) == ([], ["GET http://models.invalid/x"])


async def test_a_connection_that_is_open_is_no_way_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shared client that asked a server here is not led to it from elsewhere."""
    with StandIn({"/y": ok(1)}) as local:
        away = error(302, location=f"{local.url}/y")
        with StandIn({"http://models.invalid/x": away}) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            async with open_client() as client:
                await fetch_json(f"{local.url}/y", source="test", client=client)
                with pytest.raises(SourceFailed, match="not followed"):
                    await fetch_json("http://models.invalid/x", source="test", client=client)
    assert len(local.requests) == 1


async def test_a_server_here_may_lead_to_another_spelling_of_here() -> None:
    """127.1 and localhost are this machine, as 127.0.0.1 is."""
    with StandIn({"/y": ok(1)}) as other:
        away = error(302, location=f"http://localhost:{other.port}/y")
        with StandIn({"/x": away}) as server:
            assert await fetch_json(f"http://127.1:{server.port}/x", source="test") == 1


def rebinding(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Have the name rebinding.test resolve to one address after the other; return those left."""
    left, resolve = list(addresses), socket.getaddrinfo

    def getaddrinfo(host: Any, *more: Any, **named: Any) -> Any:
        if host in ("rebinding.test", b"rebinding.test"):
            host = left.pop(0)
        return resolve(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return left


Ask = Callable[[str], Any]
ASKS: dict[str, Ask] = {
    "GET": lambda url: fetch_changed(url, source="s", validator=None, reach=Reach.PUBLIC),
    "MCP": lambda url: models(url, "s", "", 10, reach=Reach.PUBLIC),
}


@pytest.mark.parametrize("way", ASKS)
async def test_a_name_that_changes_its_address_reaches_nothing(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is looked up and local when it is connected is refused."""
    monkeypatch.setenv("no_proxy", "*")
    with StandIn({"/x": ok([1])}) as local:
        left = rebinding(monkeypatch, "93.184.216.34", "127.0.0.1")
        with pytest.raises(NotConfigured, match="private network"):
            await ASKS[way](f"http://rebinding.test:{local.port}/x")
    assert (left, local.requests) == ([], [])


@pytest.mark.parametrize("spelling", ["127.1", "localhost.", "[::ffff:127.0.0.1]", ANY])
async def test_a_registry_in_a_private_network_can_be_refused(spelling: str) -> None:
    """However its address is spelled."""
    with StandIn({"/models": ok([])}) as server:
        registry = RemoteRegistry(f"http://{spelling}:{server.port}", allow_private=False)
        with pytest.raises(NotConfigured, match="private network"):
            await registry.rows()
    assert server.requests == []


async def test_a_registry_leads_nowhere_with_its_next_page() -> None:
    """The next page of a list is on the same host, or is not asked for."""
    with StandIn({"/models": ok([])}) as local:

        def page(_seen: Seen) -> Reply:
            link = f'<http://127.1:{local.port}/models>; rel="next"'
            return 200, {"content-type": "application/json", "link": link}, b"[]"

        with StandIn({"/models": page}) as server, pytest.raises(SourceFailed, match="next page"):
            await RemoteRegistry(server.url).rows()
    assert local.requests == []
