"""A provider of the tests, whose keys verify and whose token endpoint answers what a test says."""

from __future__ import annotations

from urllib.parse import parse_qs

from key_servers.http_server import CUT, Answer, Asked, HttpServer
from token_cases import all_keys


class Provider(HttpServer):
    """Publishes its keys, and answers the token endpoint with what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.token = CUT
        self.revoked: list[str] = []

    def answer(self, asked: Asked) -> Answer:
        match asked.path:
            case "/.well-known/openid-configuration":
                found = {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
                for name in ("token", "revocation"):
                    found[f"{name}_endpoint"] = f"{self.address}/{name}"
                return Answer.of(found)
            case "/keys":
                return Answer.of({"keys": list(all_keys())})
            case "/token":
                return self.token
            case "/revocation":
                self.revoked += parse_qs(asked.body.decode())["token"]
                return Answer.of({})
        return Answer.of({}, 404)

    def asked_for_tokens(self) -> int:
        return sum(asked.path == "/token" for asked in self.asked)
