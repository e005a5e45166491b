"""The command line `modeldex`: one module per command, imported on demand."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line with this process's arguments and exit, with a code of `errors`."""
    # A command is short and makes few cycles: by default a tenth of its time is spent on the
    # cyclic garbage collector.
    gc.set_threshold(100_000)
    from modeldex.cli.program import program

    program.main()
    raise AssertionError("unreachable")
