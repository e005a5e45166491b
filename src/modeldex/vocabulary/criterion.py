"""What a criterion of a query is: its value, what it requires, and how interfaces call it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Criterion(NamedTuple):
    """One criterion of a query.

    `kind` is the type of its value:

    - flag: true or false
    - tokens, number: a bound, compared with `column` by `sign`
    - days: so many days the date in `column` has to lie ahead, at least, if it is known
    - word: the required value of `column`, or one of it if that is a set; `words` are the allowed
      ones, empty for any text, and `spelling` gives the one spelling of a text
    - tier: a quality tier, compared by its rank, where 0 is the best
    - none_of: a set; `column`, or what `sql` computes, must not be one of its words
    - words: a set; `column` must contain all of them or, if `plural_of` names the criterion for one
      word, be one of them

    `default` is the value where nobody sets one, `lifted` the value that requires nothing. `sql` is
    a condition on `catalog c` in which `:NAME` is the value and `:today` the date in UTC; without
    it, or for the kind none_of, the condition follows from kind, column and sign. `exceptions` are
    conditions of single words.

    `meaning` describes a value, `option_meaning` the option where that does something else,
    `metavar` what is typed after it. `title`, `group` and `absent` are label, group and empty
    choice in the search form. In explanations, `subject` names what the criterion judges,
    `required` says what it requires, and `failed` how a model fails: `{value}` is the value of the
    criterion, `{found}` that of the model.
    """

    name: str
    kind: str
    option: str
    meaning: str
    column: str
    subject: str
    sign: str = "="
    words: tuple[str, ...] = ()
    default: object = None
    lifted: object = None
    sql: str = ""
    exceptions: Mapping[str, str] = MappingProxyType({})
    required: str = "{subject} {value}"
    failed: str = "{subject} {found}, not {value}"
    plural_of: str = ""
    option_meaning: str = ""
    metavar: str = ""
    title: str = ""
    group: str = ""
    absent: str = "any"
    spelling: Callable[[str], str] = str

    @property
    def is_set(self) -> bool:
        """Whether its value is a set of words."""
        return self.kind in ("words", "none_of")

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that may be given, with that which requires nothing; empty for any text."""
        return (*self.words, "any") if self.lifted == "any" else self.words

    @property
    def applies_by_default(self) -> bool:
        """Whether it requires something where nobody sets it."""
        return self.default != self.lifted
