"""The criterion `search` as a condition in SQL, and how well a name fits what is searched."""

from collections.abc import Mapping

from modeldex.query.scope import Condition, Rule
from modeldex.storage.parameters import Bound
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.search import as_like, is_pattern, words_of

_ID = "lower('/' || c.provider || '/' || c.name)"
_DISPLAY = "lower('/' || coalesce(c.display_name, ''))"
_FITS = " OR ".join(
    rf"{name} LIKE :{{0}} ESCAPE '\'"
    for name in (_ID, "lower('/' || coalesce(c.base, ''))", _DISPLAY)
)
_OCCURS = r"c.search_text LIKE :{0} ESCAPE '\'"

# Each name between a slash and a blank, so that one pattern tells where a word begins and ends;
# the id also as one word, for several words of which the first is the provider.
_NAMES = (
    f"replace({_ID}, ' ', '-') || ' ' || replace({_DISPLAY}, ' ', '-') "
    "|| lower(' /' || coalesce(c.base, '') || ' /' || replace(coalesce(c.aliases, ''), ' ', ' /')) "
    "|| lower(' /' || replace(c.provider || '-' || c.name, '/', '-') || ' ')"
)
_CLASS = (
    r"CASE WHEN {0} LIKE :{1}_whole ESCAPE '\' THEN 0 "
    r"WHEN {0} LIKE :{1}_first ESCAPE '\' THEN 1 ELSE 2 END"
)


def names_match(row: Criterion) -> Rule:
    """Return the rule that each word of a text occurs in the names of an offer."""

    def rule(value: object, _criteria: Mapping[str, object], _scope: object) -> Condition | None:
        if not isinstance(value, str):
            return None
        tests, bound = [], Bound()
        for number, word in enumerate(words_of(value)):
            name = f"{row.name}_{number}"
            pattern = is_pattern(word)
            tests.append(f"({_FITS})".format(name) if pattern else _OCCURS.format(name))
            bound[name] = f"%/{as_like(word)}" if pattern else f"%{as_like(word)}%"
        return Condition(row.name, " AND ".join(tests), bound)

    return rule


def closest_first(text: str) -> tuple[tuple[str, ...], Bound]:
    """Return SQL terms that sort offers by how well they fit a text, and what these bind.

    First those that are called exactly so, then those whose name begins so, then the others; words
    for themselves decide between equals.
    """
    words = [word for word in words_of(text) if not is_pattern(word)]
    asked = {"whole": "-".join(words)} if len(words) > 1 else {}
    asked |= {f"word_{number}": word for number, word in enumerate(words)}
    bound: Bound = {}
    for name, word in asked.items():
        bound[f"{name}_whole"] = f"%/{as_like(word)} %"
        bound[f"{name}_first"] = f"%/{as_like(word)}%"
    terms = {name: _CLASS.format(_NAMES, name) for name in asked}
    whole = [terms.pop("whole")] if "whole" in terms else []
    return (*whole, *([" + ".join(terms.values())] if terms else [])), bound
