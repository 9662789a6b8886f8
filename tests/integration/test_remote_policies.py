"""The least-privilege policies of the reference, as a real server and moto enforce them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from botocore.exceptions import ClientError

from key_servers import aws, openbao
from key_servers.aws import Aws
from key_servers.kinds import Running
from key_servers.openbao import OpenBao
from lockgate.errors import KeyUnavailable
from lockgate.secret import SecretBytes

CONTEXT = {"project": "clinic", "domain": "email", "use": "index", "version": "1"}


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "reference" / "key-services.md").read_text()


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    with openbao.running(tmp_path_factory.mktemp("openbao")) as server:
        server.make_key("lockgate")
        server.make_key("payroll")
        yield server


@pytest.fixture(scope="module")
def amazon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with aws.running(tmp_path_factory.mktemp("moto")) as server:
        yield server


def fenced(page: str, language: str, part: str) -> str:
    (text,) = [
        found for found in re.findall(rf"```{language}\n(.*?)```", page, re.S) if part in found
    ]
    return text


@pytest.fixture(scope="module")
def token(vault: OpenBao, page: str) -> str:
    return vault.make_token("lockgate", fenced(page, "hcl", "transit/encrypt"))


def keys_of_vault(vault: OpenBao, token: str, key: str = "lockgate"):
    section = {"address": vault.address, "key": key, "auth": {"token": "secret://env/TOKEN"}}
    return Running("vault", None, lambda name: section, {"TOKEN": token}, vault).opened(section)


def test_the_vault_policy_is_enough(vault: OpenBao, token: str) -> None:
    service = keys_of_vault(vault, token)
    key = SecretBytes(bytes(range(64)))

    service.check()
    assert service.unwrap(service.wrap(key, CONTEXT), CONTEXT) == key


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "transit/keys/lockgate"),
        ("POST", "transit/keys/lockgate/config"),
        ("POST", "transit/keys/lockgate/rotate"),
        ("GET", "transit/export/encryption-key/lockgate"),
        ("GET", "transit/backup/lockgate"),
        ("POST", "transit/keys/another"),
        ("POST", "transit/encrypt/another"),
        ("POST", "transit/encrypt/payroll"),
        ("POST", "transit/decrypt/payroll"),
        ("LIST", "transit/keys"),
        ("GET", "sys/mounts"),
    ],
)
def test_the_vault_policy_allows_nothing_else(
    vault: OpenBao, token: str, method: str, path: str
) -> None:
    answer = requests.request(
        method,
        f"{vault.address}/v1/{path}",
        json={"plaintext": "AAAA", "exportable": True} if method == "POST" else None,
        headers={"X-Vault-Token": token},
        timeout=30,
    )

    assert answer.status_code == 403


@pytest.mark.parametrize("left_out", ["keys", "encrypt", "decrypt"])
def test_without_a_line_of_the_vault_policy_it_is_denied(
    vault: OpenBao, page: str, left_out: str
) -> None:
    policy = fenced(page, "hcl", "transit/encrypt")
    less = re.sub(rf'path "transit/{left_out}/lockgate" {{.*?}}', "", policy, flags=re.S)
    service = keys_of_vault(vault, vault.make_token(f"no-{left_out}", less))

    assert less != policy
    with pytest.raises(KeyUnavailable, match="denies it"):
        service.check()


def test_a_key_that_is_not_there_is_never_made(vault: OpenBao) -> None:
    """Even for a token that may: what is wrapped under a key that nobody chose is lost."""
    with pytest.raises(KeyUnavailable, match="nothing of that name"):
        keys_of_vault(vault, vault.token, "unknown").check()
    with pytest.raises(requests.HTTPError):
        vault.ask("GET", "transit/keys/unknown")


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("rsa", "rsa-3072", {}),
        ("exported", "aes256-gcm96", {"exportable": True}),
        ("backed-up", "aes256-gcm96", {"exportable": True, "allow_plaintext_backup": True}),
        ("short", "aes128-gcm96", {}),
    ],
)
def test_a_root_key_of_the_wrong_kind_is_refused(
    vault: OpenBao, name: str, kind: str, options: dict[str, object]
) -> None:
    vault.make_key(name, kind, **options)
    with pytest.raises(KeyUnavailable, match="the transit key"):
        keys_of_vault(vault, vault.token, name).wrap(SecretBytes(bytes(64)), CONTEXT)


def test_the_aws_policy_is_enough_and_allows_nothing_else(amazon: Aws, page: str) -> None:
    """moto looks at the actions alone: it asks about the resource `*`, and about no condition."""
    mine = amazon.make_key()
    policy = json.loads(fenced(page, "json", "kms:Encrypt"))
    policy["Statement"][0]["Resource"] = "*"
    key_id, secret = amazon.make_user("lockgate", policy)
    section = {
        "region": aws.REGION,
        "endpoint": amazon.address,
        "key": mine,
        "access_key": {"id": key_id, "secret": "secret://env/SECRET"},
    }
    kinds = Running("aws-kms", None, lambda name: section, {"SECRET": secret}, amazon)
    key = SecretBytes(bytes(range(64)))
    user = amazon.client("kms", aws_access_key_id=key_id, aws_secret_access_key=secret)
    forged = amazon.client("kms", aws_access_key_id=key_id, aws_secret_access_key="x" * 40)
    with amazon.enforced():
        service = kinds.opened(section)
        service.check()
        assert service.unwrap(service.wrap(key, CONTEXT), CONTEXT) == key
        for refused in (
            user.create_key,
            lambda: user.schedule_key_deletion(KeyId=mine),
            lambda: user.disable_key(KeyId=mine),
            lambda: user.put_key_policy(KeyId=mine, PolicyName="default", Policy="{}"),
            user.list_keys,
            lambda: forged.encrypt(KeyId=mine, Plaintext=b"x"),
        ):
            with pytest.raises(ClientError) as denied:
                refused()
            assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 403}
