"""HTTP/1.1 as the SDK and the runtime speak it to a server on the loopback address: small, and fast enough for load."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

PHRASES = {200: "OK", 202: "Accepted"}


@dataclass(slots=True)
class Request:
    """A request, and the ways to end it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: Connection = field(repr=False)

    def answer(self, status: int, body: bytes, headers: str = "") -> bool:
        """Answers, if anybody is still there."""
        transport = self.connection.transport
        if transport is None or transport.is_closing():
            return False
        head = f"HTTP/1.1 {status} {PHRASES.get(status, 'Error')}\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
        transport.write(head.encode() + body)
        self.connection.busy = False
        self.connection.go_on()
        return True

    def reset(self) -> None:
        """Ends the connection without an answer."""
        if self.connection.transport is not None:
            self.connection.transport.abort()


class Connection(asyncio.Protocol):
    """One connection: one request at a time, handed to `serve`."""

    def __init__(self, serve: Callable[[Request], None], lost: Callable[[Connection], None]) -> None:
        self.transport: asyncio.Transport | None = None
        self.busy = False
        self.carries: object = None
        """What its last request was about, for who serves it."""
        self._serve, self._lost = serve, lost
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, _: Exception | None) -> None:
        self.transport = None
        self._lost(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        self.go_on()

    def go_on(self) -> None:
        """Serves what has come whole."""
        if self.busy:
            return
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = end + 4 + int(headers.get("content-length", 0))
        if len(self._received) < length:
            return
        body = bytes(self._received[end + 4 : length])
        del self._received[:length]
        self.busy, self.carries = True, None
        method, path, _ = first.split(" ", 2)
        self._serve(Request(method, path, headers, body, self))


async def listen(
    serve: Callable[[Request], None], lost: Callable[[Connection], None] = lambda _: None, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.Server, str]:
    """A server on a free port of the loopback address, and that address. `lost` hears of each connection that ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(serve, lost), "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()
    return server, f"{host}:{port}"
