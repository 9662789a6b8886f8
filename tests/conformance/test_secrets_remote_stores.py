"""Stores behind a network keep the laws; sealed, cut, throttled or lying they refuse in one way."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from secret_servers import (
    CLIENT,
    TENANT,
    Cloud,
    GoogleAccount,
    OpenBao,
    aws_reply,
    azure_reply,
    google_reply,
    https,
    moto,
    openbao,
)

from lockgate.adapters.remote.aws import AwsAccessKey, AwsSettings
from lockgate.adapters.remote.azure import AzureClientSecret, AzureSettings
from lockgate.adapters.remote.google import GoogleSettings
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.remote.vault import VaultSettings, VaultToken
from lockgate.adapters.secret_stores.aws_secrets_manager import AwsSecretsManagerStore
from lockgate.adapters.secret_stores.azure_key_vault import AzureKeyVaultStore
from lockgate.adapters.secret_stores.google_secret_manager import GoogleSecretManagerStore
from lockgate.adapters.secret_stores.vault_kv import VaultStore
from lockgate.errors import SecretDenied, SecretMissing, SecretUnavailable
from lockgate.secret import SecretText
from lockgate.secrets.ports import SecretStore
from lockgate.secrets.resolver import Secrets
from lockgate.testing.secret_stores import SECRET_STORE_LAWS, Stocked

QUICK = Retries(attempts=3, seconds=10, longest_pause=0.05)
CANARY = "canary-words"


def given(text: str) -> Callable[[], SecretText]:
    return lambda: SecretText(text)


@pytest.fixture(scope="module")
def bao() -> Iterator[OpenBao]:
    with openbao() as server:
        yield server


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto() as address:
        yield address


@pytest.fixture
def azure() -> Iterator[Cloud]:
    with https(Cloud(), azure_reply) as cloud:
        yield cloud


@dataclass
class Google:
    cloud: Cloud
    account: GoogleAccount


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    account = GoogleAccount()
    with https(Cloud(), google_reply(account)) as cloud:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cloud.ca_file))
        yield Google(cloud, account)


def vault_store(bao: OpenBao, token: str) -> VaultStore:
    settings = VaultSettings(bao.address, VaultToken(given(token)))
    return VaultStore(settings, "secret", QUICK)


def aws_store(address: str) -> AwsSecretsManagerStore:
    key = AwsAccessKey("AKIAIOSFODNN7EXAMPLE", given("made-up"))  # pragma: allowlist secret
    return AwsSecretsManagerStore(AwsSettings("eu-west-1", key, endpoint=address), QUICK)


def azure_store(cloud: Cloud) -> AzureKeyVaultStore:
    client = AzureClientSecret(TENANT, CLIENT, given("made-up"), cloud.address)
    return AzureKeyVaultStore(AzureSettings(cloud.address, client, cloud.ca_file), QUICK)


def google_store(google: Google, account: GoogleAccount | None = None) -> GoogleSecretManagerStore:
    text = (account or google.account).document()
    return GoogleSecretManagerStore(
        GoogleSettings(given(text), google.cloud.address), "clinic-1", QUICK
    )


def put_aws(address: str) -> Callable[[str, str], None]:
    client = boto3.client(
        "secretsmanager",
        region_name="eu-west-1",
        endpoint_url=address,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )

    def put(path: str, text: str) -> None:
        try:
            client.create_secret(Name=path, SecretString=text)
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=path, SecretString=text)

    return put


@pytest.fixture(params=["openbao", "aws", "azure", "google"])
def stocked(request: pytest.FixtureRequest) -> Stocked:
    if request.param == "openbao":
        bao = request.getfixturevalue("bao")
        token = bao.token("app/warehouse", "app/nothing")
        return Stocked(vault_store(bao, token), bao.put, "app/warehouse", "app/nothing")
    if request.param == "aws":
        address = request.getfixturevalue("aws")
        return Stocked(aws_store(address), put_aws(address), "app/warehouse", "app/nothing")
    if request.param == "azure":
        cloud = request.getfixturevalue("azure")
        return Stocked(azure_store(cloud), cloud.put, "warehouse", "nothing")
    google = request.getfixturevalue("google")
    return Stocked(google_store(google), google.cloud.put, "warehouse", "nothing")


@pytest.mark.parametrize("law", SECRET_STORE_LAWS, ids=lambda law: law.__name__)
def test_a_remote_store_keeps_the_law(law: Callable[[Stocked], None], stocked: Stocked) -> None:
    assert law(stocked) is None


def test_vault_denies_what_its_policy_leaves_out(bao: OpenBao) -> None:
    bao.put("app/other", "x")
    store = vault_store(bao, bao.token("app/warehouse"))
    with pytest.raises(SecretDenied):
        store.fetch("app/other", "")
    with pytest.raises(SecretDenied):
        vault_store(bao, "not-a-token").fetch("app/other", "")


def test_vault_wants_a_field_named_where_there_are_several(bao: OpenBao) -> None:
    bao.put("app/two", '{"user": "u", "password": "p"}')
    with pytest.raises(SecretUnavailable, match="2 fields"):
        vault_store(bao, bao.root).fetch("app/two", "")


def test_vault_a_deleted_version_is_missing_and_one_due_ends_its_lease(bao: OpenBao) -> None:
    kv = bao.client.secrets.kv.v2
    bao.put("app/gone", "x")
    store = vault_store(bao, bao.root)
    assert store.fetch("app/gone", "").expires_at is None
    kv.update_metadata(path="app/gone", delete_version_after="1h")
    bao.put("app/gone", "y")
    expires = store.fetch("app/gone", "").expires_at
    assert expires is not None
    assert timedelta(minutes=50) < expires - datetime.now(UTC) < timedelta(minutes=70)
    kv.delete_latest_version_of_secret(path="app/gone")
    with pytest.raises(SecretMissing):
        store.fetch("app/gone", "")


def test_vault_sealed_or_gone_is_refused_in_bounded_time() -> None:
    with openbao() as own:
        own.put("app/warehouse", "x")
        store = vault_store(own, own.root)
        store.fetch("app/warehouse", "")
        own.client.sys.seal()
        with pytest.raises(SecretUnavailable, match="busy or not ready"):
            store.fetch("app/warehouse", "")
        own.process.kill()
        own.process.wait(20)
        with pytest.raises(SecretUnavailable, match="does not answer"):
            store.fetch("app/warehouse", "")


def test_azure_the_lease_ends_with_the_secret(azure: Cloud) -> None:
    azure.put("warehouse", "x")
    azure.expires = datetime(2040, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert azure_store(azure).fetch("warehouse", "").expires_at == azure.expires


def test_google_damaged_on_its_way_is_refused(google: Google) -> None:
    google.cloud.put("warehouse", "x")
    google.cloud.damage = True
    with pytest.raises(SecretUnavailable, match="damaged"):
        google_store(google).fetch("warehouse", "")


def test_google_another_account_is_denied(google: Google) -> None:
    google.cloud.put("warehouse", "x")
    with pytest.raises(SecretDenied):
        google_store(google, GoogleAccount()).fetch("warehouse", "")


@pytest.fixture(params=["aws", "azure", "google"])
def cloud_store(request: pytest.FixtureRequest) -> Iterator[tuple[Cloud, SecretStore]]:
    """A cloud that has been asked once, and the store that asks it."""
    if request.param == "aws":
        with https(Cloud(), aws_reply) as cloud:
            key = AwsAccessKey("AKIAIOSFODNN7EXAMPLE", given("x"))  # pragma: allowlist secret
            place = AwsSettings("eu-west-1", key, endpoint=cloud.address, ca_file=cloud.ca_file)
            yield asked_once(cloud, AwsSecretsManagerStore(place, QUICK))
    elif request.param == "azure":
        cloud = request.getfixturevalue("azure")
        yield asked_once(cloud, azure_store(cloud))
    else:
        google = request.getfixturevalue("google")
        yield asked_once(google.cloud, google_store(google))


def asked_once(cloud: Cloud, store: SecretStore) -> tuple[Cloud, SecretStore]:
    cloud.put("warehouse", "x")
    store.fetch("warehouse", "")
    return cloud, store


@pytest.mark.parametrize(
    ("status", "word", "expected", "attempts"),
    [
        (429, "ThrottlingException", SecretUnavailable, 3),
        (503, "ServiceUnavailable", SecretUnavailable, 3),
        (500, "InternalFailure", SecretUnavailable, 3),
        (403, "AccessDeniedException", SecretDenied, 1),
        (404, "ResourceNotFoundException", SecretMissing, 1),
        (400, "InvalidRequestException", SecretUnavailable, 1),
    ],
)
def test_what_a_cloud_answers_is_told_in_our_words(
    cloud_store: tuple[Cloud, SecretStore],
    status: int,
    word: str,
    expected: type[SecretUnavailable],
    attempts: int,
) -> None:
    cloud, store = cloud_store
    body = f'{{"__type": "{word}", "error": {{"code": "{word}", "message": "{CANARY}"}}}}'
    cloud.answers = [(status, body.encode())] * 20
    with pytest.raises(expected) as caught:
        store.fetch("warehouse", "")
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert type(caught.value) is expected
    asked = 20 - len(cloud.answers)
    assert asked >= attempts
    assert asked <= 2 * attempts  # once more after logging in again


def test_a_cloud_that_is_busy_for_a_moment_is_asked_again(
    cloud_store: tuple[Cloud, SecretStore],
) -> None:
    cloud, store = cloud_store
    cloud.answers = [(503, b"{}")]
    assert store.fetch("warehouse", "").value.reveal() == "x"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"canary-words", b'{"value": 7}'])
def test_a_cloud_that_answers_nonsense_is_refused(
    cloud_store: tuple[Cloud, SecretStore], body: bytes
) -> None:
    cloud, store = cloud_store
    cloud.answers = [(200, body)] * 20
    with pytest.raises(SecretUnavailable) as caught:
        Secrets({"cloud": lambda: store}, lambda: datetime.now(UTC)).resolve(
            "secret://cloud/warehouse"
        )
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_an_answer_that_is_cut_off_gives_no_half_of_a_secret(
    cloud_store: tuple[Cloud, SecretStore],
) -> None:
    cloud, store = cloud_store
    cloud.put("warehouse", "half-of-this" * 50)
    cloud.cut = True
    with pytest.raises(SecretUnavailable) as caught:
        store.fetch("warehouse", "")
    assert "half-of" not in "".join(traceback.format_exception(caught.value))


def test_nobody_speaks_to_a_server_that_is_not_known(azure: Cloud, tmp_path: Path) -> None:
    """Without the server's authority there is no answer, and no request with a token either."""
    azure.put("warehouse", "x")
    client = AzureClientSecret(TENANT, CLIENT, given("made-up"), azure.address)
    store = AzureKeyVaultStore(AzureSettings(azure.address, client), QUICK)
    with pytest.raises(SecretUnavailable):
        store.fetch("warehouse", "")
    assert azure.asked == 0
