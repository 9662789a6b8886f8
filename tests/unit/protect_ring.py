"""A keyring of fixed domain keys, for treatments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lockgate.errors import KeyUnavailable
from lockgate.kernel.binding import bind
from lockgate.kernel.interface import Normaliser
from lockgate.keys.ports import DOMAIN_USES, DerivedKey, KeyUse
from lockgate.secret import SecretBytes

DOMAINS = {"email": Normaliser.EMAIL, "ssn": Normaliser.DIGITS, "id": Normaliser.EXACT}


@dataclass
class Ring:
    """Key numbers: one index key a domain, an encryption key that `rotate` replaces."""

    primary: dict[tuple[str, KeyUse], int] = field(default_factory=dict)
    owner: dict[int, tuple[str, KeyUse]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for domain in DOMAINS:
            for use in DOMAIN_USES:
                self._add(domain, use)

    def _add(self, domain: str, use: KeyUse) -> None:
        number = len(self.owner) + 1
        self.owner[number] = (domain, use)
        self.primary[domain, use] = number

    def rotate(self, domain: str) -> None:
        self._add(domain, KeyUse.ENCRYPTION)

    def normaliser(self, domain: str) -> Normaliser:
        return DOMAINS[domain]

    def domain_of(self, number: int) -> str:
        if number not in self.owner:
            raise KeyUnavailable(f"no key number {number}")
        return self.owner[number][0]

    def derive(
        self,
        domain: str,
        use: KeyUse,
        info: Sequence[str],
        length: int,
        number: int | None = None,
    ) -> DerivedKey:
        number = self.primary[domain, use] if number is None else number
        if self.owner[number] != (domain, use):
            raise KeyUnavailable(f"key number {number} is not of that domain and use")
        bound = bind("lockgate", "1", use.value, *info)
        raw = HKDF(SHA256(), length, None, bound).derive(bytes((number,)) * 64)
        return DerivedKey(number, SecretBytes(raw))

    def fernet_keys(self, domain: str) -> list[DerivedKey]:
        mine = [n for n, owner in self.owner.items() if owner == (domain, KeyUse.ENCRYPTION)]
        return [
            self.derive(domain, KeyUse.ENCRYPTION, ("fernet",), 32, number)
            for number in sorted(mine, reverse=True)
        ]
