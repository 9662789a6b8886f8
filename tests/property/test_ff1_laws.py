"""Laws of FF1 over columns: a permutation of the numerals of one length, and of nothing else."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.kernel.ff1 import SEPARATORS, Alphabet, Ff1
from lockgate.kernel.ff1_portable import Ff1Cipher
from lockgate.kernel.interface import Kernel
from lockgate.kernel.portable import PortableKernel
from lockgate.secret import SecretBytes

KEY = SecretBytes(bytes(range(32)))
TYPES = (
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int8(), pa.string()),
    pa.run_end_encoded(pa.int32(), pa.string()),
)


def column(values: list[str | None], kind: pa.DataType) -> pa.Array:
    """A slice of a longer array, as batches often are."""
    plain = pa.array(["nothing", *values, None], pa.string())
    if pa.types.is_dictionary(kind):
        return plain.dictionary_encode().cast(kind)[1:-1]
    if pa.types.is_run_end_encoded(kind):
        return pa.compute.run_end_encode(plain)[1:-1]
    return plain.cast(kind)[1:-1]


@st.composite
def texts(draw: st.DrawFn, alphabet: Alphabet) -> str:
    """Numerals that fit, with separators anywhere."""
    numerals = draw(st.text(alphabet.characters, min_size=alphabet.least, max_size=alphabet.most))
    made = list(numerals)
    for at, separators in draw(
        st.dictionaries(st.integers(0, len(numerals)), st.text(SEPARATORS, max_size=2), max_size=4)
    ).items():
        made.insert(at, separators)
    return "".join(made)


@pytest.mark.parametrize("alphabet", Alphabet)
@settings(max_examples=30)
@given(data=st.data())
def test_decrypt_after_encrypt_is_identity(
    alphabet: Alphabet, kernel: Kernel, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(TYPES))
    values = data.draw(st.lists(st.none() | texts(alphabet), max_size=4))
    spec = Ff1(alphabet, data.draw(st.binary(max_size=40)))
    array = column(values, kind)

    assert kernel.ff1_fits(array, spec) is None
    made = kernel.ff1(array, spec, KEY, decrypt=False)

    assert made.type == pa.string()
    assert kernel.ff1(made, spec, KEY, decrypt=True).to_pylist() == values
    assert kernel.ff1(array, spec, KEY, decrypt=True).to_pylist() == reference(values, spec, True)


def reference(values: list[str | None], spec: Ff1, decrypt: bool) -> list[str | None]:
    """The portable kernel, a value at a time."""
    return [None if text is None else portable_one(text, spec, decrypt=decrypt) for text in values]


def portable_one(text: str, spec: Ff1, *, decrypt: bool) -> str:
    made = PortableKernel().ff1(pa.array([text]), spec, KEY, decrypt=decrypt)
    return str(made[0].as_py())


@pytest.mark.parametrize("alphabet", Alphabet)
@settings(max_examples=30)
@given(data=st.data())
def test_length_and_separators_are_kept(
    alphabet: Alphabet, kernel: Kernel, data: st.DataObject
) -> None:
    text = data.draw(texts(alphabet))

    made = kernel.ff1(pa.array([text]), Ff1(alphabet, b"t"), KEY, decrypt=False)[0].as_py()

    assert len(made) == len(text)
    for before, after in zip(text, made, strict=True):
        if before in SEPARATORS:
            assert after == before
        else:
            assert after in alphabet.characters


@given(data=st.data())
def test_separators_do_not_change_the_numerals(data: st.DataObject) -> None:
    text = data.draw(texts(Alphabet.DIGITS))
    bare = "".join(c for c in text if c not in SEPARATORS)
    spec = Ff1(Alphabet.DIGITS, b"t")

    made = portable_one(text, spec, decrypt=False)

    assert "".join(c for c in made if c not in SEPARATORS) == portable_one(
        bare, spec, decrypt=False
    )


@pytest.mark.parametrize(("radix", "length"), [(2, 9), (3, 6), (10, 3), (16, 2), (62, 2)])
def test_it_permutes_the_strings_of_one_length(radix: int, length: int) -> None:
    cipher = Ff1Cipher(bytes(32), radix, b"tweak")
    numbers = range(radix**length)

    made = [cipher.encrypt(number, length) for number in numbers]

    assert sorted(made) == list(numbers)
    assert [cipher.decrypt(number, length) for number in made] == list(numbers)


def test_other_keys_and_tweaks_give_other_values() -> None:
    values = pa.array(["4111 1111 1111 1111"] * 2)
    kernel = PortableKernel()
    keys = [KEY, SecretBytes(bytes(32))]
    made = {
        kernel.ff1(values, Ff1(Alphabet.DIGITS, tweak), key, decrypt=False)[0].as_py()
        for key in keys
        for tweak in (b"", b"a", b"a\0", bytes(16), bytes(17))
    }

    assert len(made) == 10
