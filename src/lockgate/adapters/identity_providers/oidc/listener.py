"""Where the browser comes back to: one answer, on this machine only (RFC 8252 section 7.3)."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType, TracebackType
from typing import ClassVar, Final, Self
from urllib.parse import parse_qsl, urlsplit

from lockgate.errors import AuthenticationFailed, EnvironmentFailed
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secret import SecretText

PATH: Final = "/callback"
_LONGEST: Final = 16 << 10
_HEAD: Final = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Lockgate</title><p>'
_DONE: Final = f"{_HEAD}Lockgate has its answer. Close this page and look at the terminal.".encode()
_OTHER: Final = f"{_HEAD}This is no answer that Lockgate waits for.".encode()


class LoopbackListener:
    """Listens on a free port of 127.0.0.1 while its ``with`` lasts, for one answer.

    Only a GET of ``/callback`` with the log-in's own ``state`` is one: what another page sends is
    answered, not taken, and ``login_requests`` of it end the log-in. After the answer nothing is
    taken any more. What it says to the browser is fixed text.
    """

    def __init__(self, state: SecretText, limits: Limits = DEFAULT_LIMITS) -> None:
        """Raises EnvironmentFailed if no port can be had."""
        self._state = state
        self._limits = limits
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._strays = 0
        self._answer: Mapping[str, str] | None = None
        self._server = _listening()
        self._server.listener = self
        self.authority = f"127.0.0.1:{self._server.server_address[1]}"
        self.address = f"http://{self.authority}{PATH}"

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True, name="log-in listener"
        ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self) -> Mapping[str, str]:
        """The answer's parameters, each of which came once.

        Raises AuthenticationFailed if none came within ``login_seconds``, or too much else did.
        """
        if not self._done.wait(self._limits.login_seconds):
            raise AuthenticationFailed(
                "the browser did not come back in time", hint="log in again, or with --device"
            )
        if self._answer is None:
            raise AuthenticationFailed(
                "something else than the log-in's page spoke to this log-in",
                hint="close other pages, and log in again",
            )
        return self._answer

    def take(self, host: str, target: str) -> bool:
        """Whether this request is the answer; any after it is none."""
        found = self._read(host, target)
        with self._lock:
            if self._done.is_set():
                return False
            if found is None:
                self._strays += 1
                if self._strays >= self._limits.login_requests:
                    self._done.set()
                return False
            self._answer = found
            self._done.set()
            return True

    def _read(self, host: str, target: str) -> Mapping[str, str] | None:
        """Parameters of a request to exactly this place with the right state."""
        if host != self.authority or len(target) > _LONGEST:  # another name for us is a page's
            return None
        try:
            parts = urlsplit(target)
            pairs = parse_qsl(
                parts.query, keep_blank_values=True, errors="strict", max_num_fields=20
            )
        except ValueError:
            return None
        found = dict(pairs)
        if parts.path != PATH or len(found) != len(pairs):
            return None
        stated = found.pop("state", "").encode()
        if not hmac.compare_digest(stated, self._state.reveal().encode()):
            return None
        return MappingProxyType(found)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False
    request_queue_size = 16
    listener: LoopbackListener

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hung up is nothing to tell of, and its request is nobody's to see."""


def _listening() -> _Server:
    try:
        return _Server(("127.0.0.1", 0), _Handler)
    except OSError:
        pass
    raise EnvironmentFailed(
        "no port of 127.0.0.1 could be listened on", hint="log in with --device"
    )


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = DEFAULT_LIMITS.remote_read_seconds
    server_version = "lockgate"
    sys_version = ""
    HEADERS: ClassVar = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
    }

    def do_GET(self) -> None:
        """Answer with one of two fixed pages."""
        taken = self.server.listener.take(self.headers.get("Host", ""), self.path)
        self._say(200 if taken else 404, _DONE if taken else _OTHER)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no GET, or no HTTP, with the fixed page: Python's own repeats it."""
        self.close_connection = True
        self._say(code, _OTHER)

    def _say(self, code: int, page: bytes) -> None:
        self.send_response(code, "")
        for name, value in self.HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Requests hold codes: nothing is logged."""
