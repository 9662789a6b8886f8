"""A provider's tokens, verified: what comes out, and which kinds are taken."""

from __future__ import annotations

from typing import NoReturn

import pytest

from lockgate.access.principal import Assurance, Principal, PrincipalKind
from lockgate.access.settings import ProviderKind
from lockgate.access.token_refusal import TokenFault, refused
from lockgate.access.token_rules import fits
from lockgate.adapters.identity_providers.tokens.trusted import TrustedIssuers
from lockgate.assemble.verifiers import Verifiers
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretText
from token_cases import (
    ACCESS,
    AUDIENCE,
    CLIENT,
    HEADER,
    ID_HEADER,
    ID_TOKEN,
    ISSUER,
    NOW,
    changed_claims,
    ec_key,
    ed_key,
    good,
    good_id,
    later,
    rsa_key,
    signed,
    with_header,
    world,
)


def reason(act: object) -> str:
    with pytest.raises(AuthenticationFailed) as failed:
        act()  # type: ignore[operator]
    return failed.value.reason


def test_an_access_token_of_a_person() -> None:
    assert world().verify(good()) == Principal(
        id="okta/00u-ada",
        assurance=Assurance.TOKEN,
        counted="okta/00u-ada",
        kind=PrincipalKind.PERSON,
        issuer=ISSUER,
        groups=("okta/Privacy Büro", "okta/analysts"),
        methods=("otp", "pwd"),
        authenticated_at=later(-60),
        expires_at=later(300),
        session="s-1",
    )


def test_an_id_token_of_a_person_is_for_the_client() -> None:
    assert world().verify(good_id()).id == "okta/00u-ada"
    assert reason(lambda: world().verify(good_id(aud=AUDIENCE))) == "token-audience"
    assert reason(lambda: world(client_id="").verify(good_id())) == "token-type"


@pytest.mark.parametrize(
    ("algorithm", "kid", "key"),
    [
        *((name, "rsa-1", rsa_key) for name in "RS256 RS384 RS512 PS256 PS384 PS512".split()),
        ("ES256", "p256", lambda: ec_key("P-256")),
        ("ES384", "p384", lambda: ec_key("P-384")),
        ("ES512", "p521", lambda: ec_key("P-521")),
        ("EdDSA", "ed", ed_key),
        ("Ed25519", "ed", ed_key),
    ],
)
def test_every_algorithm_that_is_taken(algorithm: str, kid: str, key) -> None:
    header = {"typ": "at+jwt", "alg": algorithm, "kid": kid}

    assert world().verify(signed(header, ACCESS, key())).id == "okta/00u-ada"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_the_type_is_compared_as_a_media_type(typ: str) -> None:
    assert world().verify(with_header(typ=typ)).kind is PrincipalKind.PERSON


@pytest.mark.parametrize("typ", ["JWT", "jwt", ...])
def test_an_id_token_may_leave_its_type_out(typ: object) -> None:
    header = changed_claims(ID_HEADER, {"typ": typ})

    assert world().verify(signed(header, ID_TOKEN)).kind is PrincipalKind.PERSON


def test_a_log_in_is_answered_by_its_own_id_token() -> None:
    verifier, shown = world().verifier, SecretText(good_id())

    assert verifier.verify_log_in(shown, NOW, nonce="n-1").id == "okta/00u-ada"
    assert reason(lambda: verifier.verify_log_in(shown, NOW, nonce="n-2")) == "token-nonce"
    assert reason(lambda: verifier.verify_log_in(shown, NOW, nonce="")) == "token-nonce"
    without = SecretText(good_id(nonce=...))
    assert reason(lambda: verifier.verify_log_in(without, NOW, nonce="n-1")) == "token-nonce"
    assert reason(lambda: verifier.verify_log_in(without, NOW, nonce="")) == "token-nonce"
    access = SecretText(good())
    assert reason(lambda: verifier.verify_log_in(access, NOW, nonce="n-1")) == "token-type"


def test_a_log_in_that_has_to_be_recent() -> None:
    verifier = world().verifier

    def log_in(auth_time: object, longest: int):
        shown = SecretText(good_id(auth_time=auth_time))
        return verifier.verify_log_in(shown, NOW, nonce="n-1", longest_ago_seconds=longest)

    at = int(NOW.timestamp())
    assert log_in(at - 600, 600).authenticated_at == later(-600)
    assert reason(lambda: log_in(at - 661, 600)) == "token-expired"
    assert reason(lambda: log_in(..., 600)) == "token-times"
    assert log_in(..., 0).authenticated_at == NOW


def test_a_service() -> None:
    claims = changed_claims(ACCESS, {"sub": "etl", "client_id": "etl", "auth_time": ...})
    services = world(kind=ProviderKind.SERVICES)

    assert services.verify(signed(HEADER, claims)).kind is PrincipalKind.SERVICE
    plain = signed(HEADER | {"typ": "JWT"}, claims)
    assert reason(lambda: services.verify(plain)) == "token-type"


def test_a_workload() -> None:
    header = {"alg": "RS256", "kid": "rsa-1"}  # as Kubernetes writes it
    claims = {
        "iss": ISSUER,
        "sub": "system:serviceaccount:shop:etl",
        "aud": [AUDIENCE],
        "iat": ACCESS["iat"],
        "nbf": ACCESS["iat"],
        "exp": ACCESS["exp"],
        "kubernetes.io": {"namespace": "shop", "pod": {"name": "etl-1", "uid": "u"}},
    }
    pods = world(kind=ProviderKind.WORKLOADS, subjects=("system:serviceaccount:shop:*",))

    found = pods.verify(signed(header, claims))

    assert found.kind is PrincipalKind.WORKLOAD
    assert found.id == "okta/system:serviceaccount:shop:etl"
    assert len(found.session) == 32, "told apart without a session of its own"
    other = claims | {"sub": "system:serviceaccount:other:etl"}
    assert reason(lambda: pods.verify(signed(header, other))) == "token-subject"


@pytest.mark.parametrize(
    ("subject", "pattern", "fit"),
    [
        ("repo:o/r:ref:refs/heads/main", "repo:o/r:*", True),
        ("repo:o/r", "repo:o/r", True),
        ("repo:o/rx", "repo:o/r", False),
        ("xrepo:o/r", "repo:o/r", False),
        ("repo:o/r.x", "repo:o/r?x", False),
        ("aXbYc", "a*b*c", True),
        ("aXc", "a*b*c", False),
        ("anything", "*", True),
    ],
)
def test_a_pattern_is_for_the_whole_subject(subject: str, pattern: str, fit: bool) -> None:
    assert fits(subject, pattern) is fit


def test_several_audiences_need_our_client() -> None:
    both = [AUDIENCE, "account"]

    assert world().verify(good(aud=both)).id == "okta/00u-ada"
    assert reason(lambda: world().verify(good(aud=both, client_id=...))) == "token-client"
    assert reason(lambda: world().verify(good(aud=both, client_id="x"))) == "token-client"
    assert reason(lambda: world().verify(good_id(aud=[CLIENT, "x"]))) == "token-client"
    assert world().verify(good_id(aud=[CLIENT, "x"], azp=CLIENT)).id == "okta/00u-ada"


def test_two_names_for_one_client_have_to_agree() -> None:
    services = world(kind=ProviderKind.SERVICES)

    assert services.verify(good(auth_time=..., azp=CLIENT)).id == "okta/00u-ada"
    other = good(auth_time=..., azp="canary")
    assert reason(lambda: services.verify(other)) == "token-client"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS1", "rs256", ""])
def test_an_algorithm_is_refused_before_any_key_is_looked_for(algorithm: str) -> None:
    token = signed(HEADER | {"alg": algorithm, "kid": "unknown"}, ACCESS, None, "RS256")

    assert reason(lambda: world().verify(token)) == "token-algorithm"


def test_no_groups_without_a_claim_for_them() -> None:
    assert world(groups_claim="").verify(good()).groups == ()
    assert world(groups_claim="roles").verify(good()).groups == ()


def test_two_providers_of_one_issuer_are_told_apart_or_nobody_acts() -> None:
    people, services = world(), world(kind=ProviderKind.SERVICES, name="bots")
    both = TrustedIssuers([(ISSUER, people.verifier), (ISSUER, services.verifier)])
    person = SecretText(good())
    anybody = SecretText(good(auth_time=...))

    assert both.verify(person, NOW).id == "okta/00u-ada"
    assert reason(lambda: both.verify(anybody, NOW)) == "token-ambiguous"


@pytest.mark.parametrize(
    "fault", [TokenFault.KEY, TokenFault.KEYS_UNAVAILABLE, TokenFault.CHECK_FAILED]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_provider_that_cannot_look_leaves_a_token_to_nobody(
    fault: TokenFault, first: bool
) -> None:
    class Blind:
        def verify(self, token: SecretText, at: object) -> NoReturn:
            raise refused(fault)

    both = [(ISSUER, Blind()), (ISSUER, world().verifier)]
    found = TrustedIssuers(both if first else both[::-1])

    assert reason(lambda: found.verify(SecretText(good()), NOW)) == fault


def test_the_name_of_a_provider_does_not_choose_between_two_principals() -> None:
    people, services = world(), world(kind=ProviderKind.SERVICES, name="bots")
    by_name = {"okta": people.verifier, "bots": services.verifier}
    found = Verifiers(by_name, TrustedIssuers((ISSUER, one) for one in by_name.values()))
    person = SecretText(good())
    anybody = SecretText(good(auth_time=...))

    assert found.of("okta", person, NOW).id == "okta/00u-ada"
    assert reason(lambda: found.of("bots", person, NOW)) == "token-issuer"
    for name in by_name:
        assert reason(lambda name=name: found.of(name, anybody, NOW)) == "token-ambiguous"


def test_a_verifier_takes_its_issuer_alone_even_unchosen() -> None:
    other = world(issuer="https://other.example.org").verifier

    assert reason(lambda: other.verify(SecretText(good()), NOW)) == "token-issuer"
