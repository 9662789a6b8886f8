"""What can be asked of a kernel about one array, by name, to be asked of two."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import product

import pyarrow as pa

from kernels import Outcome, outcome
from lockgate.kernel.interface import HashAlgorithm, Kernel, Mask, Normaliser
from lockgate.secret import SecretBytes

TOKEN_KEY, KEY = SecretBytes(bytes(range(64))), SecretBytes(bytes(range(100, 132)))
PLACE = b"where it belongs"
Call = Callable[[Kernel, pa.Array], object]
Kernels = tuple[Kernel, Kernel]

MASKS = [
    Mask(),
    Mask(first=1, last=2),
    Mask(last=4, fill="\u2022"),
    Mask(first=1, only="digits", fill="#"),
    Mask(last=1, only="alphanumeric", fill="\U0001f600"),
    Mask(first=1, keep_email_domain=True),
    Mask(only="digits", keep_email_domain=True),
    Mask(only="alphanumeric", last=2, keep_email_domain=True),
]


def canonical(normaliser: Normaliser, kernel: Kernel, values: pa.Array) -> pa.Array:
    """The canonical bytes."""
    return kernel.canonical(values, normaliser)


def encodable(
    normaliser: Normaliser, deterministic: bool, kernel: Kernel, values: pa.Array
) -> pa.Array | None:
    """Which values can be treated."""
    return kernel.encodable(values, normaliser, deterministic=deterministic)


def tokens(normaliser: Normaliser, text: bool, kernel: Kernel, values: pa.Array) -> pa.Array:
    """Tokens under key number 7."""
    return kernel.tokenize(values, normaliser, TOKEN_KEY, PLACE, 7, text=text)


def hashes(
    normaliser: Normaliser, algorithm: HashAlgorithm, text: bool, kernel: Kernel, values: pa.Array
) -> pa.Array:
    """Keyed hashes."""
    return kernel.hash(values, normaliser, KEY, algorithm, text=text)


def masks(mask: Mask, kernel: Kernel, values: pa.Array) -> pa.Array:
    """Masked text."""
    return kernel.mask(values, mask)


def frames(text: bool, kernel: Kernel, values: pa.Array) -> pa.Array:
    """Ciphertexts under key number 9. No two calls give the same."""
    return kernel.encrypt(values, KEY, PLACE, 9, text=text)


def opened(kernel: Kernel, column: pa.Array) -> pa.Array:
    """What the frames of this module hold."""
    return kernel.reveal(column, {(1, 7): TOKEN_KEY, (2, 9): KEY}, {1: PLACE, 2: PLACE})


def calls(normalisers: Iterable[Normaliser] = Normaliser) -> dict[str, Call]:
    """Everything that gives the same on every call, by name.

    Under ``exact`` every form of the output, under the others one: what they change comes before.
    """
    both, kinds = (False, True), list(normalisers)
    named: dict[str, Call] = {f"canonical {n}": partial(canonical, n) for n in kinds}
    for n, deterministic in product(kinds, both):
        named[f"encodable {n} {deterministic}"] = partial(encodable, n, deterministic)
    for n, algorithm, text in product(kinds, HashAlgorithm, both):
        if n is Normaliser.EXACT or (algorithm is HashAlgorithm.AES_CMAC and text):
            named[f"hashes {n} {algorithm} {text}"] = partial(hashes, n, algorithm, text)
    for n, text in product(kinds, both):
        if n is Normaliser.EXACT or text:
            named[f"tokens {n} {text}"] = partial(tokens, n, text)
    return named | {f"mask {mask}": partial(masks, mask) for mask in MASKS}


EVERY = calls()


def assert_alike(kernels: Kernels, call: Call, values: pa.Array, name: object = "") -> Outcome:
    """Both kernels come to the same, down to every word of an error."""
    portable, native = (outcome(partial(call, kernel, values)) for kernel in kernels)
    assert native == portable, name
    return portable


def assert_opens_crosswise(kernels: Kernels, values: pa.Array, text: bool) -> None:
    """What one kernel encrypts the other opens; what one refuses the other refuses alike."""
    portable, native = kernels
    sealed = [outcome(partial(frames, text, kernel, values)) for kernel in (portable, native)]
    assert sealed[0].error == sealed[1].error
    if sealed[0].array is None or sealed[1].array is None:
        return
    assert sealed[0].array.type == sealed[1].array.type
    revealed = [opened(kernel, out.array) for kernel in (native, portable) for out in sealed]
    assert all(values.equals(revealed[0]) for values in revealed)
    assert all(out.array.is_valid().equals(revealed[0].is_valid()) for out in sealed)
