"""The access log: one JSON object per line and request.

Query strings and headers are left out, because they may hold private data or the token.
"""

import json
import time
from typing import TextIO

from modeldex.server.middleware import FinishedRequest
from modeldex.vocabulary import clock

_MAX_LENGTH = 300


class AccessLog:
    """Writes one line per request to a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def on_finished(self, served: FinishedRequest) -> None:
        """Write one line; errors are ignored, so that a closed pipe does not stop the server."""
        scope = served.scope
        client = scope.get("client")
        now = clock.wall()
        line = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}"
            f".{int(now % 1 * 1000):03d}Z",
            "client": client[0] if client else None,
            "method": scope["method"],
            "path": scope["path"][:_MAX_LENGTH],
            "status": served.status,
            "bytes": served.bytes,
            "ms": round(served.seconds * 1000, 2),
        }
        try:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return
