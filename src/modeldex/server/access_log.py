"""One JSON object per request, a line each: who asked for what, and how it went.

The query string is left out, and so are all headers: neither belongs into a log.
"""

import json
import time
from typing import TextIO

from modeldex import clock
from modeldex.server.gate import Served

_LONGEST = 300


class AccessLog:
    """Writes to a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def tell(self, served: Served) -> None:
        """Write one line; a reader who has gone away is no reason to stop serving."""
        scope = served.scope
        client = scope.get("client")
        now = clock.wall()
        line = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}"
            f".{int(now % 1 * 1000):03d}Z",
            "client": client[0] if client else None,
            "method": scope["method"],
            "path": scope["path"][:_LONGEST],
            "status": served.status,
            "bytes": served.bytes,
            "ms": round(served.seconds * 1000, 2),
        }
        try:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return
