"""The base model of the weights that a payload names beside the name of an offer."""

import re

from modeldex.vocabulary.base_names import identify

_REPOSITORY = re.compile(r"(?:https://huggingface\.co/)?([\w.-]+/[\w.-]+)", re.ASCII)


def loaded(repository: str | None) -> dict[str, object]:
    """Base, snapshot and variant of the weights that a server has loaded, under whatever name.

    Empty unless the text is a repository of Hugging Face (`owner/name`) that is known for certain.
    """
    named = _REPOSITORY.fullmatch(repository or "")
    identity = identify("", named[1]) if named else None
    return {} if identity is None else identity._asdict()


def base(name: str | None, *stated: str | None) -> dict[str, object]:
    """The base that a host states for an offer: by its repository, or its name in full.

    Empty if what is stated cannot be read, or if it and the offer's name are of different models:
    one of them is wrong then, and nobody can tell which.
    """
    texts = [named[1] for text in stated if text and (named := _REPOSITORY.fullmatch(text))]
    read = [found.base for text in texts if (found := identify("", text))]
    own = identify("", name or "")
    bases = {*read, *([own.base] if own else [])}
    return {"base": bases.pop()} if read and len(bases) == 1 else {}
