"""Option `--id-for`: the id under which a client knows the chosen models."""

from collections.abc import Sequence
from typing import cast

import click

from modeldex.cli.did_you_mean import Choice
from modeldex.cli.settings import Settings
from modeldex.vocabulary.client_ids import CLIENTS, id_for
from modeldex.vocabulary.entry import CatalogEntry

id_for_option = click.option(
    "--id-for", "client", type=Choice(list(CLIENTS)),
    help="Print only the model id that this client expects.",
)  # fmt: skip


def check(settings: Settings, client: str | None, explain: bool) -> None:
    """Refuse --id-for with --why: a script expects nothing but the id on stdout."""
    if client and explain and not settings.json:
        raise click.UsageError("--id-for prints nothing but the id; leave out --why or add --json")


def ids_for(models: Sequence[CatalogEntry], client: str) -> list[str]:
    """The client's ids of the models. Raises NoIdFor."""
    return [id_for(*model.spec[:2], client, _mode(model)) for model in models]


def _mode(model: CatalogEntry) -> str | None:
    return cast("str | None", model.value("mode"))
