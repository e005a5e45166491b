"""Fields that follow from an announced shutdown date."""

# Some upstreams write days such as 2098-12-31 for "no shutdown announced".
_NEVER = "2090"


def ending(day: str | None) -> dict[str, object]:
    """`retires_at` and `lifecycle` for a shutdown date; empty if none is announced.

    The lifecycle is `deprecated` even if the date has passed: the model is still listed.
    """
    if not day or day >= _NEVER:
        return {}
    return {"retires_at": day, "lifecycle": "deprecated"}
