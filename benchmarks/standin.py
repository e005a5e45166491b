"""A fake Ollama server on loopback with constant responses."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODELS = tuple(f"llama{i}:8b" for i in range(10))
_TAGS = {
    "models": [
        {
            "name": name,
            "model": name,
            "modified_at": "2026-11-01T00:00:00Z",
            "size": 4_900_000_000,
            "digest": f"{i:064x}",
            "details": {
                "format": "gguf",
                "family": "llama",
                "parameter_size": "8.0B",
                "quantization_level": "Q4_K_M",
            },
        }
        for i, name in enumerate(MODELS)
    ]
}
_SHOW = {
    "details": {"family": "llama", "parameter_size": "8.0B", "quantization_level": "Q4_K_M"},
    "model_info": {
        "general.architecture": "llama",
        "general.parameter_count": 8_030_261_312,
        "llama.context_length": 131_072,
    },
    "capabilities": ["completion", "tools"],
    "parameters": "num_ctx 16384",
}
_PAYLOADS = {"/api/tags": _TAGS, "/api/show": _SHOW, "/api/ps": {"models": []}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        request = self.rfile.read(int(self.headers.get("content-length") or 0))
        unknown = request and json.loads(request)["model"] not in MODELS
        payload = None if unknown else _PAYLOADS.get(self.path)
        body = json.dumps(payload or {"error": "not found"}).encode()
        self.send_response(200 if payload else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, *_arguments: object) -> None:
        """Disable the request log."""


@contextmanager
def ollama() -> Iterator[str]:
    """Run the server and yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
