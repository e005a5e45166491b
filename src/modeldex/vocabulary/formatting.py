"""Formats numbers and prices for people, alone and side by side."""

_THOUSAND, _MILLION = 1_000, 1_000_000


def dollars(value: float) -> str:
    """US dollars: $3, $2.50 or, below one dollar, three significant digits: $0.075."""
    text = f"{value:,.2f}".removesuffix(".00") if value >= 1 or value == 0 else f"{value:.3g}"
    return f"${text}0" if 0 < value < 1 and len(text) == len("0.5") else f"${text}"


def tokens_in_short(tokens: int) -> str:
    """A number of tokens in a few characters: 8192, 128k, 1.05M."""
    if tokens >= _MILLION:
        return f"{tokens / _MILLION:.3g}M"
    return f"{tokens // _THOUSAND}k" if tokens >= 10 * _THOUSAND else str(tokens)


def amount(column: str, value: object) -> str:
    """A value of a column as text: prices in dollars, other numbers with thousands separators."""
    if not isinstance(value, int | float):
        return str(value)
    if "cost" in column:
        return dollars(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.12g}"


def compared(title: str, column: str, one: object, sign: str, other: object) -> str:
    """`title left sign right` for two values of a column; unrounded if they would look equal."""
    left, right = amount(column, one), amount(column, other)
    if left == right:
        left, right = (f"{'$' if 'cost' in column else ''}{value}" for value in (one, other))
    return f"{title} {left} {sign} {right}"
