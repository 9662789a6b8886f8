"""A vendor's library that is not installed, and a credential that is not there, are called so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from lockgate.adapters.key_services.azure import key_client
from lockgate.adapters.key_services.google import kms_client
from lockgate.adapters.remote.aws import AwsAccessKey, AwsSettings, aws_session
from lockgate.adapters.remote.azure import AzureSettings, azure_session
from lockgate.adapters.remote.google import GoogleSettings, google_session
from lockgate.adapters.remote.session import RemoteSession
from lockgate.adapters.remote.vault import VaultSettings, VaultToken, vault_session
from lockgate.errors import EnvironmentFailed, SecretMissing
from lockgate.secret import SecretText

HERE = "http://127.0.0.1:9"


def absent() -> SecretText:
    raise SecretMissing("secret://env/T: the variable is not set", hint="set T where this runs")


SESSIONS: list[tuple[str, str, Callable[[], RemoteSession[Any]]]] = [
    ("hvac", "vault", lambda: vault_session(VaultSettings(HERE, VaultToken(absent)))),
    (
        "boto3",
        "aws",
        lambda: aws_session(AwsSettings("eu-central-1", AwsAccessKey("A" * 20, absent)), "kms"),
    ),
    (
        "google.cloud.kms_v1",
        "google",
        lambda: google_session(GoogleSettings(absent), "Google Cloud KMS", kms_client),
    ),
    ("azure.keyvault.keys", "azure", lambda: azure_session(AzureSettings(HERE), "A", key_client)),
]


@pytest.mark.parametrize(("library", "extra", "make"), SESSIONS, ids=[s[1] for s in SESSIONS])
def test_what_to_install_is_said(
    library: str,
    extra: str,
    make: Callable[[], RemoteSession[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(EnvironmentFailed) as refused:
        make().call(lambda client: client, repeatable=True)

    assert refused.value.hint == f"pip install 'lockgate[{extra}]'"


@pytest.mark.parametrize("make", [s[2] for s in SESSIONS[:3]], ids=[s[1] for s in SESSIONS[:3]])
def test_a_credential_that_is_not_there_is_named(make: Callable[[], RemoteSession[Any]]) -> None:
    with pytest.raises(SecretMissing, match="secret://env/T"):
        make().call(lambda client: client, repeatable=True)


def test_no_vendors_library_is_loaded_before_it_is_needed() -> None:
    probe = (
        "import sys, lockgate.assemble.key_services\n"
        "heavy = {'hvac', 'boto3', 'botocore', 'requests', 'azure', 'msal'} & set(sys.modules)\n"
        "print(sorted(heavy), 'google.cloud' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[] False"
