"""The benchmark cases, one per module, each with an async generator `rows(ground)`."""
