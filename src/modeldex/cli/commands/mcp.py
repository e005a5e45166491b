"""`modeldex mcp`."""

from importlib.util import find_spec

import click

from modeldex.cli.catalog import opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.errors import NotInstalled

_NEEDS = ("mcp", "starlette")


@everywhere()
@click.command()
@click.option("--allow-record", is_flag=True, help="Let the client record measurements.")
@click.pass_obj
def mcp(settings: Settings, *, allow_record: bool) -> None:
    """Serve the catalog to one MCP client on stdin and stdout, until it closes them.

    The client starts this command: its configuration names the command `modeldex` with the
    argument `mcp`. stdout carries only the protocol. For MCP over HTTP use modeldex serve, path
    /mcp.
    """
    for package in _NEEDS:
        if find_spec(package) is None:
            raise NotInstalled(package, "mcp")
    import asyncio

    from modeldex.server.mcp import serve_stdio
    from modeldex.server.registry import ServedRegistry

    with opened(settings) as catalog:
        place = catalog.path
    asyncio.run(serve_stdio(ServedRegistry(db=place), writes=allow_record))
