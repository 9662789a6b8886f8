"""A service desk of one file: who may read which patient's address, asked at every request.

It needs nothing but Lockgate and the standard library. Run it in a project (see README.md).
"""

import sys
from http import HTTPStatus
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

from pydantic import BaseModel, ConfigDict, Field

import lockgate


class Change(BaseModel):
    """What a request may say."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(pattern=r"^P-[0-9]{4}$")
    city: str = Field(min_length=2, max_length=40)


CITIES = {"P-1001": "Oslo", "P-1002": "Rome"}


@lockgate.requires("reveal", label="pii.address")
@lockgate.audited(action="read-address", arguments=("desk",))
def address(number: str, desk: str) -> str:
    """The body runs for whoever may, and only then."""
    return CITIES[number]


@lockgate.validated(Change)
@lockgate.audited(action="change-address")
def change(number: str, city: str) -> None:
    """The body gets what the model accepted."""
    CITIES[number] = city


class Desk:
    """A WSGI application: the token comes with the request, and with nothing else."""

    def __init__(self, project: lockgate.Workspace) -> None:
        self.project = project

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        token = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        try:
            with lockgate.session(token, project=self.project, purpose="patient called"):
                status, text = HTTPStatus.OK, self.answer(environ["PATH_INFO"].split("/"))
        except lockgate.LockgateError as error:
            status, text = HTTPStatus.FORBIDDEN, error.code  # the code tells enough
        start(f"{status.value} {status.phrase}", [("Content-Type", "text/plain")])
        return [text.encode()]

    def answer(self, path: list[str]) -> str:
        """``/P-1001`` reads, ``/P-1001/Bergen`` changes."""
        if len(path) > 2:
            change(path[1], path[2])
        return address(path[1], desk="front")


def ask(desk: Desk, path: str, token: str) -> str:
    """One request, without a network."""
    environ: dict[str, Any] = {"PATH_INFO": path, "HTTP_AUTHORIZATION": f"Bearer {token}"}
    setup_testing_defaults(environ)
    environ["wsgi.input"] = BytesIO()
    told: list[str] = []
    body = b"".join(desk(environ, lambda status, headers: told.append(status)))
    return f"{told[0]}: {body.decode()}"


if __name__ == "__main__":
    with lockgate.open() as project:
        for line in sys.stdin:  # PATH TOKEN, one request a line
            path, _, token = line.strip().partition(" ")
            print(path, "->", ask(Desk(project), path, token))
