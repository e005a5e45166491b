"""`modeldex serve`."""

import json
import os
from functools import partial
from importlib.util import find_spec

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.errors import Failure
from modeldex.cli.parse import listed_by
from modeldex.cli.settings import Settings, everywhere
from modeldex.server.root_path import prefix
from modeldex.vocabulary.caps import SETTINGS
from modeldex.vocabulary.user_folders import at_home

PORT = 8765
TOKEN = "MODELDEX_TOKEN"  # noqa: S105 - the name of a variable

_NEEDS = ("starlette", "uvicorn", "jinja2")


class NotListening(Failure):
    """The server cannot listen on the address and port."""


class NotInstalled(Failure):
    """A package that the command needs is not installed."""


def _prefix(_context: click.Context, _parameter: click.Parameter, given: str) -> str:
    try:
        return prefix(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@everywhere()
@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True,
    help="Port to listen on; 0 picks a free one.",
)  # fmt: skip
@click.option(
    "--token-file", metavar="FILE",
    help=f"File with the token that clients must send; by default the variable {TOKEN}.",
)  # fmt: skip
@click.option(
    "--allow-host", multiple=True, metavar="NAME", callback=listed_by(str),
    help="Accept this host name in Host and Origin headers, too; several with commas.",
)  # fmt: skip
@click.option(
    "--root-path", default="", metavar="PATH", callback=_prefix,
    help="Path prefix added by a reverse proxy, such as /models-registry.",
)  # fmt: skip
@click.option("--open-reads", is_flag=True, help="Allow reads without a token from any address.")
@click.option(
    "--timeout", type=click.FloatRange(0.1, 3600), default=10.0, show_default=True,
    metavar="SECONDS", help="Time in which a request must have arrived completely.",
)  # fmt: skip
@click.option(
    "--new-models", type=click.IntRange(0), default=100, show_default=True, metavar="N",
    help="Models that recorded measurements may add in a day; 0: known models only.",
)  # fmt: skip
@click.option("--no-access-log", is_flag=True, help="Do not log each request to stderr.")
@click.pass_obj
def serve(
    settings: Settings,
    host: str,
    port: int,
    token_file: str | None,
    allow_host: tuple[str, ...],
    *,
    root_path: str,
    open_reads: bool,
    timeout: float,
    new_models: int,
    no_access_log: bool,
) -> None:
    """Serve the catalog over HTTP until stopped: models, queries, explanations, measurements.

    Prints its URL on stderr as soon as it is ready, then one JSON line per request. It is
    reachable from other machines only with an explicit --host, which needs a token or
    --open-reads. Recording measurements always needs the token.
    """
    if any(find_spec(name) is None for name in _NEEDS):
        raise NotInstalled("serve needs more packages; run: pip install 'modeldex[server]'")
    from modeldex.server import auth, limits
    from modeldex.server import run as run_server

    try:
        rules = auth.rules(
            host, token=_token(token_file), allowed=allow_host, open_reads=open_reads
        )
    except auth.InsecureSetting as error:
        raise click.UsageError(str(error)) from None
    with opened(settings) as catalog:
        place = catalog.path
    try:
        listening = run_server.listen(run_server.Address(host, port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise NotListening(
            f"cannot listen on {host}, port {port}: {reason}; choose another with --host or --port"
        ) from None
    where = run_server.url(listening)
    bounds = limits.Limits(receive_seconds=timeout)
    ready = partial(_announce, settings, where)
    run_server.serve(
        place, listening, rules, bounds,
        ready=ready, new_models=new_models, root=root_path, log=not no_access_log,
    )  # fmt: skip


def _announce(settings: Settings, where: str) -> None:
    line = json.dumps({"listening": where}) if settings.json else f"Listening on {where}"
    click.echo(terminal.escaped(line), err=True)


def _token(file: str | None) -> str | None:
    """The token from the file, else from MODELDEX_TOKEN; None without both. Raises OSError."""
    if file is None:
        return os.environ.get(TOKEN) or None
    with at_home(file).open("rb") as content:
        return content.read(SETTINGS).decode(errors="replace").strip()
