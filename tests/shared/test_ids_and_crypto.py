"""Identifiers rise and can be read out; ciphertexts open only where they belong."""

import os
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.crypto import FieldCipher, UnreadableField, lookup_hash
from shared.ids import is_code, new_code, new_id


def test_ids_of_one_process_only_rise_and_are_version_7() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert {(i.version, i.variant) for i in ids} == {(7, RFC_4122)}


def test_every_single_slip_in_a_short_code_is_noticed() -> None:
    code = new_code("LKS")
    assert is_code(code, "LKS")
    assert is_code(code.lower(), "LKS")
    body = code[4:].replace("-", "")
    slips = [
        body[:i] + c + body[i + 1 :]
        for i in range(8)
        for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        if c != body[i]
    ]
    assert not [slip for slip in slips if is_code(f"LKS-{slip}", "LKS")]
    assert not is_code(code.replace("LKS", "ABC"), "LKS")


@given(st.text(), st.text(min_size=1))
def test_a_field_opens_only_in_its_place(text: str, where: str) -> None:
    cipher = FieldCipher({"k1": b"1" * 32})
    sealed = cipher.encrypt(text, where)
    assert cipher.text(sealed, where) == text
    with pytest.raises(UnreadableField):
        cipher.decrypt(sealed, where + "x")


def test_an_old_key_still_opens_what_it_closed_and_a_lost_one_says_so() -> None:
    old = FieldCipher({"k1": b"1" * 32}).encrypt("rahasia", "t.c.1")
    assert FieldCipher({"k2": b"2" * 32, "k1": b"1" * 32}).text(old, "t.c.1") == "rahasia"
    assert FieldCipher.key_of(old) == "k1"
    with pytest.raises(UnreadableField, match="k1"):
        FieldCipher({"k2": b"2" * 32}).decrypt(old, "t.c.1")


def test_a_changed_ciphertext_does_not_open() -> None:
    cipher = FieldCipher({"k1": os.urandom(32)})
    sealed = bytearray(cipher.encrypt("x", "t.c.1"))
    sealed[-1] ^= 1
    with pytest.raises(UnreadableField):
        cipher.decrypt(bytes(sealed), "t.c.1")


@pytest.mark.parametrize("length", [0, 1, 3, 4, 10, 16, 31])
def test_a_ciphertext_cut_short_does_not_open(length: int) -> None:
    cipher = FieldCipher({"k1": b"1" * 32})
    with pytest.raises(UnreadableField):
        cipher.decrypt(cipher.encrypt("x", "t.c.1")[:length], "t.c.1")


def test_look_up_hashes_of_two_kinds_differ() -> None:
    assert lookup_hash(b"k", "phone", "1") != lookup_hash(b"k", "email", "1")
