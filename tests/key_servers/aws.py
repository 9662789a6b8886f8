"""AWS over HTTP on this machine: moto's server as our own child.

Where it is laxer than AWS: it checks no signature and no permission unless told to
(``enforce``), and it encrypts with one AES key of 256 bits a KMS key, in the open of its process.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import requests
from botocore.client import BaseClient
from botocore.config import Config

from key_servers.children import child

MOTO = Path(sys.executable).parent / "moto_server"
REGION = "eu-central-1"
ROOT = {"aws_access_key_id": "AKIA" + "TESTTESTTESTTEST", "aws_secret_access_key": "x" * 40}


class Aws:
    """A running server."""

    def __init__(self, address: str) -> None:
        self.address = address

    def client(self, service: str, **keys: str) -> BaseClient:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.address,
            config=Config(retries={"total_max_attempts": 1}),
            **(keys or ROOT),
        )

    def make_key(self) -> str:
        """A new symmetric key's ARN."""
        return str(self.client("kms").create_key()["KeyMetadata"]["Arn"])

    def make_user(self, name: str, policy: dict[str, object]) -> tuple[str, str]:
        """An access key of a user who may do what the policy allows."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=json.dumps(policy))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Signatures and permissions are checked meanwhile."""
        url = f"{self.address}/moto-api/reset-auth"
        requests.post(url, data="0", timeout=30).raise_for_status()
        try:
            yield
        finally:
            requests.post(url, data="1000000", timeout=30).raise_for_status()


@contextmanager
def running(folder: Path) -> Iterator[Aws]:
    with child(
        lambda port: [MOTO, "-H", "127.0.0.1", "-p", str(port)],
        "/moto-api/",
        folder,
        {"INITIAL_NO_AUTH_ACTION_COUNT": "1000000"},
    ) as port:
        yield Aws(f"http://127.0.0.1:{port}")
