"""The windows that an Ollama server has allocated: GET /api/ps."""

from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_json
from modeldex.upstream import ollama_server
from modeldex.upstream.formats import ollama
from modeldex.upstream.formats.ollama_list import running


async def windows(server: ollama_server.Server, source: str, deadline: float) -> dict[str, int]:
    """The windows of the loaded models, by name; empty where the server has no answer."""
    try:
        payload = await fetch_json(
            f"{server.url}/api/ps",
            source=source,
            headers=server.headers,
            deadline=deadline,
            cap=ollama.MAX_BYTES,
        )
    except SourceFailed:
        return {}
    return running(payload)
