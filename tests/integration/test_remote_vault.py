"""Sessions with a real OpenBao: each way in, tokens renewed and rotated, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from key_servers import openbao, tls
from key_servers.http_server import Answer, Asked, HttpServer
from key_servers.openbao import OpenBao
from lockgate.adapters.key_services.envelope import EnvelopeKeyService
from lockgate.adapters.key_services.vault import VaultRootKey
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.remote.vault import (
    VaultAppRole,
    VaultKubernetes,
    VaultSettings,
    VaultToken,
    vault_session,
)
from lockgate.errors import EnvironmentFailed, KeyUnavailable
from lockgate.secret import SecretBytes, SecretText

POLICY = 'path "transit/*" { capabilities = ["read", "update"] }'
CONTEXT = {"project": "clinic", "domain": "email", "use": "index", "version": "1"}
QUICK = Retries(attempts=2, seconds=10)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    with openbao.running(tmp_path_factory.mktemp("openbao")) as server:
        server.make_key("lockgate")
        yield server


def session(vault: OpenBao, *texts: str, **more: object):
    """Logs in with the first text, and after that with the next."""
    given = list(texts)
    read = lambda: SecretText(given.pop(0) if len(given) > 1 else given[0])  # noqa: E731
    return vault_session(VaultSettings(vault.address, VaultToken(read), **more), QUICK)


def service(vault: OpenBao, made, key: str = "lockgate") -> EnvelopeKeyService:
    return EnvelopeKeyService(VaultRootKey(made, "transit", key), "clinic")


def whoami(client) -> str:
    return client.auth.token.lookup_self()["data"]["accessor"]


def kind_of_refusal(made, action) -> FaultKind:
    with pytest.raises(RemoteFailed) as refused:
        made.call(action, repeatable=True)
    return refused.value.kind


def test_approle_logs_in_again_when_its_time_is_up(vault: OpenBao) -> None:
    vault.ask("PUT", "sys/policies/acl/transit", {"policy": POLICY})
    role = {"token_policies": "transit", "token_ttl": "4s", "token_max_ttl": "4s"}
    vault.ask("POST", "auth/approle/role/worker", role)
    role_id = vault.ask("GET", "auth/approle/role/worker/role-id")["data"]["role_id"]
    secret = vault.ask("POST", "auth/approle/role/worker/secret-id")["data"]["secret_id"]
    auth = VaultAppRole(role_id, lambda: SecretText(secret))
    made = vault_session(VaultSettings(vault.address, auth), QUICK)
    first = made.call(whoami, repeatable=True)

    assert made.call(whoami, repeatable=True) == first
    time.sleep(4.3)
    assert made.call(whoami, repeatable=True) != first


def test_a_token_is_renewed_at_half_of_its_time(vault: OpenBao) -> None:
    made = session(vault, vault.make_token("renewed", POLICY, period="6s"))
    first = made.call(whoami, repeatable=True)
    for _ in range(2):
        time.sleep(3.2)
        assert made.call(whoami, repeatable=True) == first


def test_a_rotated_token_is_taken_up_without_a_restart(vault: OpenBao) -> None:
    old, new = (vault.make_token("rotated", POLICY) for _ in range(2))
    made = service(vault, session(vault, old, new))
    made.check()
    vault.ask("POST", "auth/token/revoke", {"token": old})

    made.check()


def test_a_wrong_token_is_denied(vault: OpenBao) -> None:
    with pytest.raises(KeyUnavailable, match="denies it"):
        service(vault, session(vault, "s.nobody")).check()


def test_the_environment_lends_no_token_and_no_address(
    vault: OpenBao, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".vault-token").write_text(vault.token)
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login x password {vault.token}")
    for name, value in (
        ("VAULT_TOKEN", vault.token),
        ("VAULT_ADDR", "http://127.0.0.1:9"),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
        ("HOME", str(tmp_path)),
    ):
        monkeypatch.setenv(name, value)

    assert kind_of_refusal(session(vault, "s.nobody"), whoami) is FaultKind.DENIED
    assert session(vault, vault.token).call(whoami, repeatable=True)


def test_a_sealed_server_is_busy_and_comes_back(vault: OpenBao) -> None:
    made = service(vault, session(vault, vault.token))
    wrapped = made.wrap(SecretBytes(bytes(64)), CONTEXT)
    vault.seal()
    try:
        with pytest.raises(KeyUnavailable, match="busy or not ready"):
            made.unwrap(wrapped, CONTEXT)
    finally:
        vault.unseal()

    assert made.unwrap(wrapped, CONTEXT) == SecretBytes(bytes(64))


def test_an_older_version_of_the_root_key_opens_what_it_wrapped(vault: OpenBao) -> None:
    made = service(vault, session(vault, vault.token), vault.make_key("turning"))
    before = made.wrap(SecretBytes(bytes(64)), CONTEXT)
    vault.ask("POST", "transit/keys/turning/rotate")
    after = made.wrap(SecretBytes(bytes(64)), CONTEXT)

    assert (before[:5], after[:5]) == (b"\x02\x00\x02v1", b"\x02\x00\x02v2")
    assert made.unwrap(before, CONTEXT) == made.unwrap(after, CONTEXT)


def test_a_root_key_made_anew_under_the_same_name_opens_nothing(vault: OpenBao) -> None:
    made = service(vault, session(vault, vault.token), vault.make_key("again"))
    wrapped = made.wrap(SecretBytes(bytes(64)), CONTEXT)
    vault.ask("POST", "transit/keys/again/config", {"deletion_allowed": True})
    vault.ask("DELETE", "transit/keys/again")
    vault.make_key("again")
    with pytest.raises(KeyUnavailable, match="does not open here"):
        made.unwrap(wrapped, CONTEXT)


def test_a_server_that_nobody_certified_is_not_spoken_to(tmp_path: Path) -> None:
    ca_file, context = tls.certify(tmp_path)
    with HttpServer(context) as impostor:
        for settings in (
            VaultSettings(impostor.address, VaultToken(lambda: SecretText("canary"))),
            VaultSettings(
                impostor.address,
                VaultToken(lambda: SecretText("canary")),
                ca_file=tls.certify(tmp_path / "other")[0],
            ),
        ):
            assert kind_of_refusal(vault_session(settings, QUICK), whoami) is FaultKind.UNREACHABLE
        assert impostor.asked == []
        known = VaultSettings(
            impostor.address, VaultToken(lambda: SecretText("x")), ca_file=ca_file
        )
        kind_of_refusal(vault_session(known, QUICK), whoami)
        assert impostor.asked


def test_a_pods_token_is_read_from_its_file_at_each_login(tmp_path: Path) -> None:
    """A stand-in answers: a real server would have to ask a Kubernetes about the token."""

    class Kubernetes(HttpServer):
        def answer(self, asked: Asked) -> Answer:
            if asked.path == "/v1/auth/pods/login":
                return Answer.of(
                    {"auth": {"client_token": "t", "lease_duration": 0, "renewable": False}}
                )
            return Answer.of({"data": {"accessor": asked.headers["X-Vault-Token"]}})

    token = tmp_path / "token"
    with Kubernetes() as server:
        auth = VaultKubernetes("worker", token, "pods")
        made = vault_session(VaultSettings(server.address, auth), QUICK)
        with pytest.raises(EnvironmentFailed, match="service account"):
            made.call(whoami, repeatable=True)
        token.write_text("jwt-of-the-pod\n")
        assert made.call(whoami, repeatable=True) == "t"
        assert server.asked[0].json() == {"role": "worker", "jwt": "jwt-of-the-pod"}
