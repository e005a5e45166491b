"""Figures as people read them, alone and side by side."""


def dollars(value: float) -> str:
    """US dollars: cents where there are any, three digits for less than one."""
    text = f"{value:,.2f}".removesuffix(".00") if value >= 1 or value == 0 else f"{value:.3g}"
    return f"${text}0" if 0 < value < 1 and len(text) == len("0.5") else f"${text}"


def amount(column: str, value: object) -> str:
    """A value of a column: dollars where it is a price, thousands marked in other numbers."""
    if not isinstance(value, int | float):
        return str(value)
    if "cost" in column:
        return dollars(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.12g}"


def compared(title: str, column: str, one: object, sign: str, other: object) -> str:
    """Two values of a column side by side, in full where they would read the same."""
    left, right = amount(column, one), amount(column, other)
    if left == right:
        left, right = (f"{'$' if 'cost' in column else ''}{value}" for value in (one, other))
    return f"{title} {left} {sign} {right}"
