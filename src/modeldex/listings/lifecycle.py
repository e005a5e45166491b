"""What an announced last day says."""

# days such as 2098-12-31 are written where none is known
_NEVER = "2090"


def ending(day: str | None) -> dict[str, object]:
    """The fields of the day on which a model goes away: until then its maker advises against it.

    A day that has passed is no proof that it is gone: being listed proves the contrary.
    """
    if not day or day >= _NEVER:
        return {}
    return {"retires_at": day, "lifecycle": "deprecated"}
