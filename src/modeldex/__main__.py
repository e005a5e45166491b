"""`python -m modeldex`."""

from modeldex.cli import main

main()
