"""The command line `modeldex`: one thin module per command, imported when it is asked for."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line with this process's arguments; the exit codes are in `failures`."""
    # A short life that makes little garbage: by default a tenth of it goes into looking for some.
    gc.set_threshold(100_000)
    from modeldex.cli.program import program

    program.main()
    raise AssertionError("unreachable")
