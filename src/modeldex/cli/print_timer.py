"""The output of `modeldex refresh --print-timer`."""

import platform
from collections.abc import Sequence
from pathlib import Path

from modeldex.cli import terminal
from modeldex.cli.settings import Settings
from modeldex.refresh import schedule
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.vocabulary.user_folders import user_folder

_CRON = """\
# Add this line to your crontab (crontab -e). Failures are mailed to its owner.
# API keys, if any, go into {keys} (chmod 600), one NAME=value per line.
{line}"""
_UNITS = """\
# Save each part as the file named above it, then run:
#   systemctl --user daemon-reload
#   systemctl --user enable --now modeldex-refresh.timer
#   loginctl enable-linger    # run it also while you are not logged in"""


def print_timer(settings: Settings, kind: str, arguments: Sequence[str]) -> None:
    """Print systemd units or a crontab line that run modeldex with `arguments` every hour."""
    path, keys = str(catalog_path(settings.db)), user_folder("config") / "env"
    command = [*schedule.program(), "--db", path, *arguments]
    if kind == "cron":
        line = schedule.cron(command, keys, schedule.minute(f"{platform.node()} {path}"))
        _print(settings, {"crontab": line}, _CRON.format(keys=keys, line=line))
        return
    folder = Path("~/.config/systemd/user")
    units = {str(folder / name): text for name, text in schedule.systemd(command, keys).items()}
    shown = [f"# {name}\n{text}" for name, text in units.items()]
    _print(settings, units, "\n".join([_UNITS, *shown]).rstrip())


def _print(settings: Settings, parts: dict[str, str], text: str) -> None:
    if settings.json:
        terminal.print_json(parts)
        return
    for line in text.split("\n"):
        terminal.print_text(settings, line)
