"""Keys as text. The pairs are those that the specification (c2sp.org/age) prints as examples."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from app import age
from app.age import bech32, x25519

SPECIFIED_X25519 = (
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
)
HYBRID = age.identity_from_seed(bytes(range(32)))  # a fixed one, since tests are named by it
X25519 = age.X25519Identity(bytes(range(1, 33)))
LOW_ORDER = bytes(32)
# Points of small order on Curve25519 and its twist (cr.yp.to/ecdh.html, "How do I validate Curve25519 public keys?").
LOW_ORDER_POINTS = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]

NEAR_THEM = [
    (each + step).to_bytes(32, "little") for each in sorted(x25519._LOW_ORDER) for step in (-1, 1) if each + step >= 0
]


def test_the_recipient_of_an_identity_is_the_one_that_the_specification_prints() -> None:
    secret, recipient = SPECIFIED_X25519

    assert str(age.parse_identity(secret).recipient) == recipient


def test_the_post_quantum_recipient_of_an_identity_is_the_one_that_the_specification_prints() -> None:
    secret, recipient = (Path(__file__).parent / "specified_hybrid_keys.txt").read_text().split()

    assert str(age.parse_identity(secret).recipient) == recipient


def test_an_identity_has_no_letter_that_only_looks_like_one() -> None:
    """The kelvin sign is its own capital, and its small letter is a k."""
    secret = SPECIFIED_X25519[0].replace("AGE-SECRET-KEY-1GFPYYSJZ", "AGE-SECRET-\N{KELVIN SIGN}EY-1GFPYYSJZ")

    with pytest.raises(age.IdentityError):
        age.parse_identity(secret)


@given(secret=st.binary(min_size=32, max_size=32))
def test_keys_survive_their_text(secret: bytes) -> None:
    for identity in (age.identity_from_seed(secret), age.X25519Identity(secret)):
        assert str(age.parse_identity(str(identity))) == str(identity)
        assert age.parse_recipient(str(identity.recipient)) == identity.recipient


def test_one_seed_gives_one_identity() -> None:
    assert str(age.identity_from_seed(bytes(32)).recipient) == str(age.identity_from_seed(bytes(32)).recipient)
    assert str(age.generate()) != str(age.generate())


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(age.IdentityError):
        age.identity_from_seed(bytes(size))
    with pytest.raises(age.IdentityError):
        age.X25519Identity(bytes(size))


@pytest.mark.parametrize(
    "identity", [HYBRID, X25519, age.Passphrase("correct horse")], ids=lambda value: type(value).__name__
)
def test_no_repr_shows_a_secret(identity: age.Identity) -> None:
    secret = identity.text if isinstance(identity, age.Passphrase) else str(identity)

    shown = repr(identity) + repr([identity]) + f"{identity!r}"

    assert secret not in shown
    assert "SECRET" not in shown
    assert "horse" not in shown


@given(value=st.binary(max_size=100), prefix=st.sampled_from(["age", "age1pq", "age-secret-key-"]))
def test_bech32_survives(value: bytes, prefix: str) -> None:
    assert bech32.decode(prefix, bech32.encode(prefix, value)) == value


@pytest.mark.parametrize(
    ("prefix", "text"),
    [
        ("a", "a12uel5l"),
        ("an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio",
         "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs"),
        ("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"),
    ],
)  # fmt: skip
def test_bech32_is_that_of_bip_173(prefix: str, text: str) -> None:
    assert bech32.encode(prefix, bech32.decode(prefix, text)) == text


@pytest.mark.parametrize("value", sorted(x25519._LOW_ORDER))
@pytest.mark.parametrize("highest_bit", [0, 1 << 255])
def test_each_point_of_low_order_gives_nothing_by_exchange(value: int, highest_bit: int) -> None:
    point = (value | highest_bit).to_bytes(32, "little")

    assert x25519.has_low_order(point)
    with pytest.raises(ValueError, match="shared key"):
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(point))


@given(point=st.binary(min_size=32, max_size=32) | st.sampled_from(NEAR_THEM))
def test_whatever_gives_something_by_exchange_is_no_point_of_low_order(point: bytes) -> None:
    try:
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError:
        assert x25519.has_low_order(point)
    else:
        assert not x25519.has_low_order(point)


@given(place=st.integers(0), letter=st.characters(codec="ascii"))
def test_one_letter_changed_and_it_is_no_key(place: int, letter: str) -> None:
    text = str(X25519.recipient)
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    if changed == text:
        return

    with pytest.raises(age.RecipientError):
        age.parse_recipient(changed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age1",
        "age1pq1",
        str(X25519),
        str(HYBRID),
        str(X25519.recipient).upper(),
        str(HYBRID.recipient).upper(),
        " " + str(X25519.recipient),
        str(X25519.recipient) + "\n",
        bech32.encode("age", bytes(31)),
        bech32.encode("age", bytes(33)),
        bech32.encode("age1pq", bytes(32)),
        bech32.encode("age1pq", bytes(1217)),
        bech32.encode("age1pq", b"\xff" * 1216),  # coefficients beyond the modulus of ML-KEM
        bech32.encode("age1tag", bytes(33)),
        bech32.encode("bge", bytes(32)),
    ],
)
def test_what_is_no_recipient_is_refused(text: str) -> None:
    with pytest.raises(age.RecipientError):
        age.parse_recipient(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        str(X25519.recipient),
        str(HYBRID.recipient),
        str(X25519).lower(),
        str(HYBRID).lower(),
        str(HYBRID).replace("K", "\N{KELVIN SIGN}"),
        bech32.encode("age-secret-key-", bytes(31)).upper(),
        bech32.encode("age-secret-key-pq-", bytes(33)).upper(),
        bech32.encode("age-plugin-x-", bytes(32)).upper(),
    ],
)
def test_what_is_no_identity_is_refused(text: str) -> None:
    with pytest.raises(age.IdentityError):
        age.parse_identity(text)


def test_nothing_is_sealed_to_a_key_that_nobody_can_own() -> None:
    with pytest.raises(age.RecipientError):
        age.encrypt(b"words", [age.X25519Recipient(LOW_ORDER)])


@pytest.mark.parametrize("point", LOW_ORDER_POINTS)
def test_a_post_quantum_recipient_that_nobody_can_own_is_none(point: str) -> None:
    """It would be found out only when somebody has to seal to it, and then nothing could be done about it."""
    public_key = HYBRID.recipient.public_key[:-32] + bytes.fromhex(point)

    with pytest.raises(age.RecipientError):
        age.parse_recipient(bech32.encode("age1pq", public_key))


def test_an_identity_file_has_comments_and_empty_lines() -> None:
    text = f'# tern-grant {{"at":"\u2028\x0b"}}\n\n{HYBRID}\r\n#\n{X25519}\n#' + " " * 4000 + "\n"

    identities = age.parse_identities(text)

    assert [str(identity) for identity in identities] == [str(HYBRID), str(X25519)]


@pytest.mark.parametrize(
    "text",
    ["", "# nobody\n", f"{HYBRID}\n   \n", f" {HYBRID}\n", f"{HYBRID} {X25519}"],
    ids=["empty", "only-comments", "a-line-of-spaces", "a-space-before", "two-on-a-line"],
)
def test_what_is_no_identity_file_is_refused(text: str) -> None:
    with pytest.raises(age.IdentityError):
        age.parse_identities(text)


@pytest.mark.parametrize(("text", "work_factor"), [("", 18), ("\ud800", 18), ("words", 0), ("words", 21)])
def test_a_passphrase_that_could_not_be_used_again_is_refused(text: str, work_factor: int) -> None:
    with pytest.raises(age.IdentityError):
        age.Passphrase(text, work_factor)
