"""The npm package oidc-provider, running as our own child, and people who log in there."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from joserfc.jwk import ECKey

from identity_provider.installed import HERE, require_node

AUDIENCE = "https://lockgate.example/clinic"
CALLBACK = "http://127.0.0.1/callback"
PERSON = {
    "client_id": "lockgate",
    "token_endpoint_auth_method": "none",
    "application_type": "native",
    "grant_types": [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "response_types": ["code"],
    "redirect_uris": [CALLBACK],
    "id_token_signed_response_alg": "ES256",
    "scope": "openid offline_access",
}


def service_client(client_id: str, method: str, **more: Any) -> dict[str, Any]:
    """A client of a service that logs in by itself."""
    return {
        "client_id": client_id,
        "token_endpoint_auth_method": method,
        "grant_types": ["client_credentials"],
        "response_types": [],
        "redirect_uris": [],
        "scope": "run",
        "id_token_signed_response_alg": "ES256",
        **more,
    }


def signing_key(kid: str) -> dict[str, Any]:
    """A private key of the provider, as a JWK."""
    key = ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"}, private=True)
    return dict(key.as_dict(private=True))


@dataclass
class RealProvider:
    """A running provider. ``configure`` gives it other keys or clients, at the same address."""

    child: subprocess.Popen[str]
    given: dict[str, Any]
    log: Path
    issuer: str = ""
    keys: list[dict[str, Any]] = field(default_factory=lambda: [signing_key("first")])

    def configure(self, **changed: Any) -> None:
        self.given.update(changed)
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps({**self.given, "keys": self.keys}) + "\n")
        self.child.stdin.flush()
        lines = iter(self.child.stdout.readline, "")  # the package prints notices of its own
        self.issuer = next((line.strip() for line in lines if line.startswith("issuer ")), "")
        self.issuer = self.issuer.removeprefix("issuer ")
        assert self.issuer.startswith("http://127.0.0.1:"), self.log.read_text()[-2000:]


@contextmanager
def real_provider(folder: Path, **given: Any) -> Iterator[RealProvider]:
    """Run one until the ``with`` ends. Skips where node is not there."""
    require_node()
    with (folder / "provider.log").open("wb") as log:
        child = subprocess.Popen(
            ["node", str(HERE / "server.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=HERE,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "NO_COLOR": "1"},
        )
    try:
        clients = given.pop("clients", [PERSON])
        started = RealProvider(
            child,
            {"clients": clients, "audience": AUDIENCE, "lifetime": 300, **given},
            folder / "provider.log",
        )
        started.configure()
        yield started
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def fill_forms(address: str, person: str = "anna", code: str = "") -> requests.Response:
    """What a person does at the provider's pages: log in, type the code, agree.

    Gives the last page, or the redirect that leaves the provider, not followed.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(_Loopback())
    page = session.get(address, allow_redirects=False, timeout=20)
    for _ in range(20):
        if "Location" in page.headers:
            target = urljoin(page.url, page.headers["Location"])
            if "/callback?" in target:
                return page
            page = session.get(target, allow_redirects=False, timeout=20)
            continue
        form = _form(page.text)
        if form is None:
            return page
        action, fields = form
        if "login" in fields:
            fields |= {"login": person, "password": "made-up"}
        if "user_code" in fields and not fields["user_code"]:
            fields["user_code"] = code
        page = session.post(
            urljoin(page.url, action), data=fields, allow_redirects=False, timeout=20
        )
    raise AssertionError("the provider's pages do not end")


class _Loopback(requests.cookies.cookielib.DefaultCookiePolicy):
    """Cookies of a provider without TLS are sent back to it."""

    def return_ok_secure(self, cookie: Any, request: Any) -> bool:
        return True


def _form(text: str) -> tuple[str, dict[str, str]] | None:
    found = re.search(r"<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", text, re.DOTALL)
    if found is None:
        return None
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", found[2]):
        attributes: Mapping[str, str] = dict(re.findall(r"(\w+)=\"([^\"]*)\"", tag))
        if "name" in attributes:
            fields[attributes["name"]] = html.unescape(attributes.get("value", ""))
    return html.unescape(found[1]), fields
