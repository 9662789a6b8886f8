"""A small HTTP server for emulations: what it answers can be meddled with, as a liar would."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Asked:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        return json.loads(self.body or b"{}")


@dataclass
class Answer:
    """What it gets. ``status`` 0 closes the connection without a word."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @classmethod
    def of(cls, data: object, status: int = 200) -> Answer:
        return cls(status, json.dumps(data).encode())

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


CUT = Answer(0)
Meddle = Callable[[Asked, Answer], Answer]


class HttpServer:
    """Serves on a port of 127.0.0.1 until the ``with`` ends. ``asked`` holds every request."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.meddle: Meddle = lambda asked, answer: answer
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30
            wbufsize = -1  # headers and body in one packet

            def handle_any(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                headers = {name.title(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.rfile.read(size))
                outer.asked.append(asked)
                answer = outer.meddle(asked, outer.answer(asked))
                if not answer.status:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in answer.headers:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection |= "Content-Length" in answer.headers

            do_GET = do_POST = do_PUT = do_DELETE = do_LIST = handle_any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # a client that was cut off, or refused our certificate

        self._server = Quiet(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.address = f"{'http' if context is None else 'https'}://127.0.0.1:{self.port}"

    def answer(self, asked: Asked) -> Answer:
        return Answer.of({}, 404)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Between(HttpServer):
    """Passes requests on to another server, and what comes back, unless ``meddle`` says else."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self._upstream = urlsplit(upstream)

    def answer(self, asked: Asked) -> Answer:
        connection = http.client.HTTPConnection(
            self._upstream.hostname, self._upstream.port, timeout=30
        )
        try:
            connection.request(asked.method, asked.path, asked.body, asked.headers)
            response = connection.getresponse()
            body = response.read()
            kind = response.getheader("Content-Type") or "application/json"
            return Answer(response.status, body, {"Content-Type": kind})
        finally:
            connection.close()
