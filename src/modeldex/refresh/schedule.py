"""Generate timers for an hourly refresh: two systemd units, or one line of a crontab.

Each machine gets a minute or delay of its own, so that machines do not send requests at once. Keys
come from a file of `NAME=value` lines, as neither systemd nor cron has the shell's environment.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

DELAY_MINUTES = 10

_SERVICE = """\
[Unit]
Description=Refresh the catalog of language models

[Service]
Type=oneshot
ExecStart={command}
# API keys, one NAME=value per line; optional. Protect it: chmod 600.
EnvironmentFile=-{keys}
# 5: some sources failed, the data of the others was stored.
SuccessExitStatus=5
TimeoutStartSec=10m
"""
_TIMER = """\
[Unit]
Description=Refresh the catalog of language models once an hour

[Timer]
OnCalendar=hourly
RandomizedDelaySec={delay}m
Persistent=true

[Install]
WantedBy=timers.target
"""


def program() -> list[str]:
    """Return the command line of this installation, by absolute path."""
    script = Path(sys.executable).with_name("modeldex")
    found = str(script) if os.access(script, os.X_OK) else shutil.which(sys.argv[0])
    if found and Path(found).name == "modeldex":
        return [os.path.abspath(found)]  # noqa: PTH100 - a link to it is as good and lasts longer
    return [sys.executable, "-m", "modeldex"]


def minute(seed: str) -> int:
    """Return a minute of the hour, a hash of `seed`: stable per machine, spread over machines."""
    # Not hash(): that is salted anew in each process.
    return crc32(seed.encode(errors="surrogateescape")) % 60


def systemd(command: Sequence[str], keys: Path) -> Mapping[str, str]:
    """Return the text of the systemd user units by file name; `keys` is the file of keys."""
    line = " ".join(map(_unit_word, command))
    return {
        "modeldex-refresh.service": _SERVICE.format(command=line, keys=_percents(str(keys))),
        "modeldex-refresh.timer": _TIMER.format(delay=DELAY_MINUTES),
    }


def cron(command: Sequence[str], keys: Path, at: int) -> str:
    """Return a crontab line that runs `command` at minute `at` of each hour."""
    file, line = shlex.quote(str(keys)), shlex.join(command)
    job = f"set -a; test ! -r {file} || . {file}; {line}"
    # In a crontab % means a newline unless escaped.
    return f"{at} * * * * {job.replace('%', chr(92) + '%')}"


def _percents(text: str) -> str:
    """Escape %, which begins a specifier in systemd units."""
    return text.replace("%", "%%")


def _unit_word(word: str) -> str:
    """Quote one word of ExecStart if needed."""
    plain = _percents(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    bare = plain and not set(plain) & set(" \t'\";")
    return plain if bare else f'"{plain}"'
