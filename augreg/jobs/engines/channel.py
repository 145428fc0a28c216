"""Lines of JSON over a socket, between the main process and a worker."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any


class Channel:
    """One end of a connection. Nothing is pickled: what arrives is plain data."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._rest = b""

    def fileno(self) -> int:
        """Return the number by which a selector knows it."""
        return self.end.fileno()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message.

        Raises:
            OSError: the other side is gone.

        """
        self.end.sendall(json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n")

    def receive(self) -> list[dict[str, Any]] | None:
        """Return the messages that have arrived, waiting for bytes; None when the other side is gone."""
        try:
            arrived = self.end.recv(1 << 20)
        except ConnectionError:
            arrived = b""
        if not arrived:
            return None
        *lines, self._rest = (self._rest + arrived).split(b"\n")
        return [json.loads(line) for line in lines]

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield every message until the other side is gone."""
        while (found := self.receive()) is not None:
            yield from found

    def close(self) -> None:
        """Close this end; the other one sees it."""
        self.end.close()
