"""Option `--id-for`: the id under which a client knows the chosen models."""

from typing import cast

import click

from modeldex.cli import terminal
from modeldex.cli.settings import Settings
from modeldex.query.records import Record
from modeldex.vocabulary.client_ids import CLIENTS, id_for

id_for_option = click.option(
    "--id-for", "client", type=click.Choice(list(CLIENTS)),
    help="Print only the model id that this client expects.",
)  # fmt: skip


def check(settings: Settings, client: str | None, explain: bool) -> None:
    """Refuse --id-for with --why: a script expects nothing but the id on stdout."""
    if client and explain and not settings.json:
        raise click.UsageError("--id-for prints nothing but the id; leave out --why or add --json")


def named(models: list[Record], count: int, client: str) -> list[Record]:
    """The models, the first `count` with the client's id as `id_for`. Raises NoIdFor."""
    return [{**model, "id_for": _id(model, client)} for model in models[:count]] + models[count:]


def _id(model: Record, client: str) -> str:
    provider, name, mode = (cast("str", model[key]) for key in ("provider", "name", "mode"))
    return id_for(provider, name, client, mode)


def print_ids(models: list[Record]) -> None:
    """Print one id per line, on a terminal too."""
    click.echo(
        "\n".join(terminal.escaped(model["id_for"]) for model in models if "id_for" in model)
    )
