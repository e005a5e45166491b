"""Which of several offers is meant by a name that fits all of them. No I/O.

The maker's if it can be called, else one that can be called, else the maker's; a lab before others,
a vetted provider before others, and what is retired last.
"""

_OF_MAKER = "coalesce(k.maker = substr(c.base, 1, instr(c.base, '/') - 1), 1 = 0)"

PLAIN = "CASE WHEN c.variant IS NULL AND c.snapshot IS NULL THEN 0 ELSE 1 END"
"""SQL: sorts what is no variant and has no date before the others."""

OFFERS = "catalog c LEFT JOIN provider_classes k ON k.provider = c.provider"
"""FROM-clause text that `preferred` needs."""


def preferred(callable_here: str) -> str:
    """Return SQL terms that sort offers, those that are meant first.

    `callable_here` is the condition on `catalog c` that an offer can be called from here.
    """
    flags = (
        "c.retired_at IS NULL",
        f"({callable_here} AND {_OF_MAKER})",
        callable_here,
        _OF_MAKER,
        "coalesce(k.class = 'lab', 1 = 0)",
        "coalesce(k.class IN ('cloud', 'host', 'gateway'), 1 = 0)",
    )
    return ", ".join(f"CASE WHEN {flag} THEN 0 ELSE 1 END" for flag in flags)
