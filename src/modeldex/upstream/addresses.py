"""Addresses of provider APIs: their base URLs, and where a path is found below one.

People set a base URL as their client wants it: with or without the version, as the root of a native
API, behind a gateway, or as the path of a whole request. Every form leads to the same listing.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from modeldex.upstream.outside import url_variable
from modeldex.vocabulary.providers import ListingRequest, Provider, first_set_variable

_PLACE = re.compile(r"\{([A-Z_|]+)\}")
_PART_OF_A_HOST = re.compile(r"[a-z0-9-]+")
_REQUEST = re.compile(
    r"(/deployments/[^/]+)?(/(chat/completions|completions|responses|messages|embeddings|rerank"
    r"|model/info|models(/[^/]+:[A-Za-z]+)?))?$"
)
_VERSION = re.compile(r"/v\d+[a-z]*\d*(?![^/])")
_PORTS = {"http": ":80", "https": ":443"}
_COMPATIBLE = re.compile(r"/v\d+[a-z]*\d*(/openai)?$")


def base_url(provider: Provider, environ: Mapping[str, str]) -> str:
    """The API root without a trailing slash. Raises NotConfigured if it is not known.

    MODELDEX_<PROVIDER>_BASE_URL precedes the provider's own variables. A root without a path
    gets the path of the default root, as in the providers' own clients. The path of a request,
    such as /chat/completions, and a query are left out.
    """
    variable = url_variable(provider, environ)
    if variable is None:
        return _filled((provider.base_url or "").rstrip("/"), provider, environ)
    given = environ[variable].strip()
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
    except ValueError:
        raise _not_configured(provider, f"{variable} is not a valid URL") from None
    path = _root_path(parts.path, provider) or _usual_path(provider)
    return parts._replace(path=path, query="", fragment="").geturl()


def addresses(
    provider: Provider, call: ListingRequest, environ: Mapping[str, str]
) -> tuple[str, ...]:
    """Where the path of a call may be found, the most likely address first; all on one host."""
    parts = urlsplit(base_url(provider, environ))
    given, usual = _root_path(parts.path, provider), _usual_path(provider)
    found = dict.fromkeys(_paths(given, _outside(given, provider), usual, call))
    return tuple(parts._replace(path=path).geturl() for path in found)


def _paths(given: str, outside: str, usual: str, call: ListingRequest) -> Iterator[str]:
    """The paths to try below a root that has the path `given` in place of `usual`."""
    path = call.path
    is_usual = usual and given.endswith(usual)
    behind = given.removesuffix(usual) if is_usual else _COMPATIBLE.sub("", given)
    if outside != given and (call.from_root or path.count("/") > 1):
        yield outside + path
    elif call.from_root:
        yield behind + path
    else:
        yield given + path
        version = _VERSION.search(usual)
        if not _VERSION.search(given) and (version or path == "/models"):
            yield given + (version[0] if version else "/v1") + path
        yield behind + usual + path


def _outside(given: str, provider: Provider) -> str:
    """What is before the native API of a provider; `given` if it does not end inside of it.

    Where /api/v1/models is a listing, /api, /api/v0 and /api/v1 are inside.
    """
    found = given
    for call in _calls(provider):
        first, *more = call.path.strip("/").split("/")
        before = re.sub(rf"/{re.escape(first)}(/v\d+[a-z]*\d*|/openai)*$", "", given)
        found = min(found, before, key=len) if more else found
    return found


def _calls(provider: Provider) -> tuple[ListingRequest, ...]:
    return (provider.listing, *provider.listing.also) if provider.listing else ()


def _usual_path(provider: Provider) -> str:
    return _root_path(urlsplit(provider.base_url or "").path, provider)


def _root_path(path: str, provider: Provider) -> str:
    """A path without doubled slashes, a slash at the end, and the part that names a request."""
    path = re.sub("/+", "/", path).rstrip("/")
    for call in _calls(provider):
        if path.endswith(call.path):
            return path.removesuffix(call.path)
    return _REQUEST.sub("", path, count=1)


def root(provider: Provider, environ: Mapping[str, str]) -> str:
    """What all forms of a base URL have in common, without credentials; it identifies the API.

    Raises NotConfigured.
    """
    parts = urlsplit(base_url(provider, environ))
    given = _root_path(parts.path, provider)
    steps = _usual_path(provider).split("/")[1:]
    within = ["/" + "/".join(steps[:end]) for end in range(len(steps), 0, -1)]
    behind = next((given.removesuffix(part) for part in within if given.endswith(part)), None)
    path = min(
        _COMPATIBLE.sub("", given) if behind is None else behind, _outside(given, provider), key=len
    )
    host = parts.netloc.rpartition("@")[2].lower()
    host = host.removesuffix(_PORTS.get(parts.scheme, "-"))
    return parts._replace(netloc=host, path=path).geturl()


def known_segments(provider: Provider) -> frozenset[str]:
    """The segments of the paths that modeldex itself knows of a provider: none is a secret."""
    paths = [call.path for call in _calls(provider)]
    if provider.file is None:
        paths.append(urlsplit(provider.base_url or "").path)
    return frozenset(segment for path in paths for segment in path.split("/"))


def _not_configured(provider: Provider, reason: str) -> Exception:
    # A question imports this module, too, and what the HTTP client needs takes long to import.
    from modeldex.http.failures import NotConfigured

    return NotConfigured(provider.id, reason)


def _filled(url: str, provider: Provider, environ: Mapping[str, str]) -> str:
    """The URL with its placeholders ({AWS_REGION|...}) replaced by values of the environment."""
    for place in _PLACE.finditer(url):
        names = tuple(place[1].split("|"))
        variable = first_set_variable(names, environ)
        if variable is None:
            raise _not_configured(provider, f"the address is not known: set {' or '.join(names)}")
        value = environ[variable].strip()
        # The value becomes part of the host name: anything else could redirect the key.
        if not _PART_OF_A_HOST.fullmatch(value):
            raise _not_configured(provider, f"{variable} is not a valid part of a host name")
        url = url.replace(place[0], value)
    return url
