"""Put the ready file into a wheel, in place of the text of the snapshots; Hatchling runs this.

An editable install gets the same files, but where they are made: in the source tree.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

READY = Path("src", "modeldex", "data", "ready")
_ONLY_HERE = ("made-from", ".lock")
"""Files that mean nothing outside of a source tree."""


class ReadyFile(BuildHookInterface):
    """Makes the ready file in a process of its own and adds it to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the ready file if it is not current; `version` is standard or editable."""
        root = Path(self.root)
        subprocess.run([sys.executable, root / "scripts" / "build_ready.py"], check=True)
        if version == "editable":
            return
        for file in (root / READY).iterdir():
            if file.name not in _ONLY_HERE:
                build_data["force_include"][str(file)] = f"modeldex/data/ready/{file.name}"
