"""The mailbox: what lies in its slots, and that an empty one cannot be told from a full one."""

import json
import random
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import age
from app.protocol.documents import Header, maced, parse_document, recipient_sha256, seal
from app.protocol.encoding import canonical, parse_object, sha256_hex, unb64
from app.protocol.errors import Malformed, NotMine
from app.protocol.mailbox import (
    DAYS,
    FIRST_STAFF_SLOT,
    NUMBERS,
    PART_SIZE,
    SLOT_SIZE,
    SLOTS,
    ReplyCopy,
    ReporterMessage,
    StaffMessage,
    ThreadState,
    filler_slot,
    gaps,
    join,
    missing,
    read_state,
    repeats,
    shown_state,
    split,
    with_message,
)
from app.protocol.opening import Asked, open_document
from app.protocol.receipt import read
from app.protocol.sizes import KIB, Kind, ciphertext_sizes
from app.vocabulary import ReportState
from tests.vectors import make_mailbox
from tests.vectors.make import DIRECTORY
from tests.vectors.make_mailbox import CHANGE, MESSAGE, RECEIPT, THREAD_STATE, WITHDRAWAL

VECTORS = json.loads((DIRECTORY / "mailbox.json").read_bytes())
KEY, TOKEN_SHA256 = b"k" * 32, sha256_hex(b"a token")
READERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "thread-state": ThreadState.read,
    "message.reporter": ReporterMessage.read,
    "message.staff": StaffMessage.read,
    "state": read_state,
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=3000)


COPY = ReplyCopy("a" * 64, ("b" * 64,), "Thank you.", THREAD_STATE.recipient)


def reply(part: int = 1, parts: int = 1, text: str = "", **changes: Any) -> StaffMessage:
    return replace(StaffMessage(1, None, part, parts, text), **changes)


def sealed_slot(type_: str, body: dict[str, Any]) -> bytes:
    recipient = RECEIPT.identity.recipient
    header = Header(
        type=type_,
        org="0" * 64,
        subject=THREAD_STATE.report,
        version=NUMBERS.stop,
        previous="0" * 64,
        generation=None,
        sealed_to=recipient_sha256(recipient),
        author=None,
        at="2026-06-15",
        body=body,
    )
    return seal(maced(header, RECEIPT.thread_key), recipient)


@pytest.mark.parametrize(
    "message",
    [
        *(THREAD_STATE, MESSAGE, CHANGE, WITHDRAWAL, reply(2, 3, "so"), reply(seen="a" * 64)),
        *(COPY, ReplyCopy(None, ("b" * 64,) * 14, "")),
    ],
)
def test_what_is_written_is_read(message: ThreadState | ReporterMessage | StaffMessage | ReplyCopy) -> None:
    assert type(message).read(parse_object(canonical(message.body()))) == message


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["type"])
def test_a_body_of_another_form_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        READERS[vector["type"]](vector["body"])


@pytest.mark.parametrize(
    "changes",
    [
        {"seen": "a"},
        {"slots": []},
        {"slots": ["b" * 64] * 15},
        {"slots": ["b"]},
        {"slots": {}},
        {"slots": {"b" * 64: 1}},
        {"slots": "b" * 14},
        {"text": None},
        {"write_to": "age1"},
        {"write_to": 5},
        {"more": 1},
    ],
)
def test_a_copy_of_a_reply_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        ReplyCopy.read(COPY.body() | changes)


@given(st.sampled_from(sorted(READERS)), st.data())
def test_whatever_stands_in_a_body_it_is_read_or_malformed(type_: str, data: st.DataObject) -> None:
    body = {
        "thread-state": THREAD_STATE.body(),
        "message.reporter": CHANGE.body(),
        "message.staff": reply(write_to=THREAD_STATE.recipient).body(),
        "state": {"state": "accepted"},
    }[type_]
    anything: st.SearchStrategy[Any] = (
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just([{}])
    )
    changes = data.draw(st.dictionaries(st.sampled_from([*body, "more"]), anything, max_size=2))

    try:
        found = READERS[type_](body | changes)
    except Malformed:
        return
    again = found.body() if isinstance(found, ThreadState | ReporterMessage | StaffMessage) else {"state": found}
    assert again == body | changes


@pytest.mark.parametrize("message", [THREAD_STATE, MESSAGE, reply()])
def test_no_part_may_be_missing(message: ThreadState | ReporterMessage | StaffMessage) -> None:
    for key in message.body():
        body = message.body()
        del body[key]
        with pytest.raises(Malformed):
            type(message).read(body)


def test_a_thread_state_with_every_consent_and_the_longest_numbers_fits_its_slot() -> None:
    thread_state = replace(
        THREAD_STATE,
        named_in=NUMBERS.stop - 1,
        number=NUMBERS.stop - 1,
        consents=tuple(replace(each, given=False) for each in THREAD_STATE.consents),
        days=tuple((f"2026-{6 + day // 31:02}-{day % 31:02}", NUMBERS.stop - 1) for day in [*range(1, 31), 32, 33]),
    )

    assert len(thread_state.days) == DAYS
    assert ThreadState.read(thread_state.body()) == thread_state
    assert len(sealed_slot("thread-state", thread_state.body())) == SLOT_SIZE


def test_a_thread_state_remembers_the_last_days_on_which_there_were_messages() -> None:
    days: tuple[tuple[str, int], ...] = ()
    for day in range(1, 41):
        for _ in range(day % 2 + 1):
            days = with_message(days, f"2026-{6 + day // 31:02}-{day % 31 + 1:02}")

    assert len(days) == DAYS
    assert days[-2:] == (("2026-07-09", 2), ("2026-07-10", 1))
    # A clock that is set back puts no day into the wrong place.
    assert with_message(days[-2:], "2026-07-09") == (("2026-07-09", 3), ("2026-07-10", 1))


@given(TEXTS)
def test_a_text_is_the_same_after_it_was_cut(text: str) -> None:
    parts = split(text)

    messages = [reply(number, len(parts), part) for number, part in enumerate(parts, start=1)]
    random.Random(len(text)).shuffle(messages)
    assert join(messages) == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=3000))
def test_parts_are_as_few_as_fit(text: str) -> None:
    lengths = [len(canonical({"": part})) - len('{"":""}') for part in split(text)]

    assert all(length <= PART_SIZE for length in lengths)
    assert all(length > PART_SIZE - 4 for length in lengths[:-1])  # no letter has more than four bytes


@pytest.mark.parametrize("letter", ["a", "\x01", "\n", '"', "\\", "ü", "我", "\U0001f4f7", "\u200f", "\x7f"])
def test_a_part_fits_a_slot_beside_everything_else(letter: str) -> None:
    part, *_ = split(letter * 2000)
    fullest = StaffMessage(NUMBERS.stop - 1, "a" * 64, 14, 14, part, THREAD_STATE.recipient)

    assert len(sealed_slot("message.staff", fullest.body())) == SLOT_SIZE


@pytest.mark.parametrize(
    ("letter", "size"),
    [
        ("a", 1),
        ("A", 1),
        (" ", 1),
        ('"', 2),
        ("\\", 2),
        ("\x1f", 6),
        ("\x7f", 1),
        ("ü", 2),
        ("我", 3),
        ("\U0001f4f7", 4),
    ],
)
def test_a_part_has_a_thousand_bytes_as_json_writes_them(letter: str, size: int) -> None:
    assert [len(part) for part in split(letter * 2000)][:2] == [1000 // size] * 2


def test_no_text_is_one_empty_part() -> None:
    assert split("") == [""]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [reply(1, 2)],
        [reply(2, 2)],
        [reply(1, 2), reply(1, 2)],
        [reply(1, 2), reply(2, 2), reply(2, 2)],
        [reply(1, 2), reply(2, 3)],
        [reply(1, 2), reply(2, 2, number=2)],
        [reply(1, 2), reply(2, 2, seen="a" * 64)],
        [reply(1, 2), reply(2, 2, write_to=THREAD_STATE.recipient)],
    ],
)
def test_parts_that_are_not_those_of_one_reply_are_not_joined(parts: list[StaffMessage]) -> None:
    with pytest.raises(Malformed):
        join(parts)


@pytest.mark.parametrize("thread", VECTORS["threads"], ids=lambda thread: str(thread["numbers"]))
def test_gaps_and_repeats_are_told(thread: dict[str, list[int]]) -> None:
    assert gaps(thread["numbers"]) == thread["gaps"]
    assert repeats(thread["numbers"]) == thread["repeats"]


def test_a_reply_without_words_takes_the_place_of_all_that_lack_right_below_it() -> None:
    assert missing([(4, True)]) == [1, 2, 3]
    assert missing([(4, False)]) == []
    assert missing([(2, True), (5, False)]) == [1]


@given(st.lists(st.integers(1, 30)))
def test_a_thread_without_gaps_and_repeats_is_whole(numbers: list[int]) -> None:
    whole = sorted(numbers) == list(range(1, len(numbers) + 1))

    assert (not gaps(numbers) and not repeats(numbers)) == whole


def test_a_stranger_cannot_make_a_client_count_for_ever() -> None:
    with pytest.raises(Malformed):
        ReporterMessage.read(MESSAGE.body() | {"number": 10**15})


def test_nobody_learns_that_somebody_else_reported() -> None:
    shown = {state: shown_state(state) for state in ReportState}

    assert shown.pop(ReportState.DUPLICATE) is ReportState.ACCEPTED
    assert all(state is seen for state, seen in shown.items())
    assert read_state({"state": "duplicate"}) is ReportState.ACCEPTED  # from a service that says too much


def test_no_repr_shows_what_was_typed() -> None:
    typed = "the word that nobody may read"
    staff = reply(text=typed, write_to=THREAD_STATE.recipient)
    shown = repr(replace(MESSAGE, text=typed)) + repr(staff) + repr(THREAD_STATE) + repr(CHANGE)

    assert typed not in shown
    assert THREAD_STATE.recipient not in shown
    assert "statistics" not in shown


def test_a_filler_is_the_same_at_every_reading_and_another_for_each_slot_token_and_key() -> None:
    slot = filler_slot(KEY, TOKEN_SHA256, 3)
    others = [
        filler_slot(KEY, TOKEN_SHA256, 4),
        filler_slot(KEY, TOKEN_SHA256, 13),
        filler_slot(KEY, sha256_hex(b"another"), 3),
        filler_slot(b"K" * 32, TOKEN_SHA256, 3),
    ]

    assert filler_slot(KEY, TOKEN_SHA256, 3) == slot
    assert len({slot, *others}) == 5
    # Nothing but the fixed words of the header may be shared.
    for other in others:
        assert sum(one == two for one, two in zip(slot, other, strict=True)) < SLOT_SIZE // 20


@given(st.binary(min_size=32, max_size=32), st.binary(), st.integers(1, SLOTS))
def test_a_filler_passes_for_an_age_file_of_a_slot(key: bytes, token: bytes, slot: int) -> None:
    filler = filler_slot(key, sha256_hex(token), slot)

    age.check_envelope(filler, sizes=ciphertext_sizes(Kind.SLOT))
    assert len(filler) == SLOT_SIZE


def test_a_filler_is_for_nobody() -> None:
    with pytest.raises(age.NoMatchError):
        age.decrypt(filler_slot(KEY, TOKEN_SHA256, 3), [RECEIPT.identity])


def test_an_answer_of_fillers_takes_milliseconds() -> None:
    def seconds() -> float:
        started = time.process_time()
        for slot in range(1, SLOTS + 1):
            filler_slot(KEY, TOKEN_SHA256, slot)
        return time.process_time() - started

    # About 0.7 ms each on a free machine. The best of several, which a neighbour on the same core does not slow down.
    assert min(seconds() for _ in range(10)) / SLOTS < 0.005


def test_the_coefficients_of_fillers_are_spread_like_those_of_real_files() -> None:
    fillers = [share(filler_slot(KEY, sha256_hex(bytes([number])), 1)) for number in range(200)]
    real = [share(age.encrypt(bytes(4 * KIB), [RECEIPT.identity.recipient])) for _ in range(200)]

    for width, coefficients in ((10, u_of), (4, v_of)):
        expected = [times / 3329 for times in compressed(width)]
        freedom = len(expected) - 1
        for shares in (fillers, real):
            found = Counter(each for one in shares for each in coefficients(one))
            # A statistic of this many degrees of freedom is beyond eight standard deviations never.
            assert chi_square(found, expected) < freedom + 8 * (2 * freedom) ** 0.5
        # The test can tell: bytes that are merely random are not spread like that in u.
        uniform = Counter(each for one in fillers for each in coefficients(random.Random(one).randbytes(1120)))
        assert width == 4 or chi_square(uniform, expected) > freedom + 8 * (2 * freedom) ** 0.5


def test_the_last_bytes_of_a_fillers_share_are_a_point_of_the_curve() -> None:
    shares = [share(filler_slot(KEY, TOKEN_SHA256, slot)) for slot in range(1, 65)]

    # Half of all 32-byte strings are the coordinate of no point on Curve25519, but of one on its twist.
    assert all(is_on_curve25519(each[1088:]) for each in shares)
    assert all(each[1119] < 128 for each in shares)


def test_the_rest_of_a_filler_looks_random() -> None:
    found = Counter(byte for number in range(50) for byte in filler_slot(KEY, sha256_hex(bytes([number])), 2)[1627:])

    assert chi_square(found, [1 / 256] * 256) < 255 + 8 * (2 * 255) ** 0.5


@pytest.mark.parametrize("slot", range(1, SLOTS + 1))
def test_fillers_are_those_of_the_vectors(slot: int) -> None:
    fillers = VECTORS["fillers"]

    filler = filler_slot(unb64(fillers["key"], 32), fillers["token_sha256"], slot)

    assert sha256_hex(filler) == fillers["sha256"][slot - 1]


def test_a_filler_throws_the_words_away_that_would_bend_its_coefficients() -> None:
    """Among the words drawn here are the largest that counts, 63,250, and the smallest that does not."""
    filler = filler_slot(KEY, sha256_hex(b"178"), 3)

    assert sha256_hex(filler) == "d16904dd9db896c49410feebc004f5280358f67c7ffad48b4f1d44177c23148c"


def test_the_vectors_are_those_that_we_make() -> None:
    made = json.loads(json.dumps(make_mailbox.the_mailbox()))

    assert {**made, "answer": None} == {**VECTORS, "answer": None}  # what is sealed comes out anew each time


def test_the_answer_of_the_vectors_is_read_with_its_receipt() -> None:
    receipt = read(VECTORS["receipt"])
    answer = unb64(VECTORS["answer"])
    slots = [answer[start : start + SLOT_SIZE] for start in range(0, len(answer), SLOT_SIZE)]
    types = ["thread-state", "state", *["message.staff"] * (SLOTS - FIRST_STAFF_SLOT + 1)]

    texts, fillers = [], []
    for number, (slot, type_) in enumerate(zip(slots, types, strict=True), start=1):
        asked = Asked(type_, VECTORS["org"], VECTORS["report"])
        try:
            opened = open_document(slot, receipt.identity, asked, thread_key=receipt.thread_key)
        except NotMine:
            fillers.append((number, sha256_hex(slot)))
        else:
            texts.append(opened.document.text.decode())
    replies = [StaffMessage.read(parse_document(text.encode()).header.body) for text in texts[2:]]

    assert texts[:2] == [VECTORS["documents"]["thread-state"], VECTORS["documents"]["state"]]
    assert join(replies) == VECTORS["reply"]
    assert all(sha256 == VECTORS["fillers"]["sha256"][number - 1] for number, sha256 in fillers)
    assert len(texts) + len(fillers) == SLOTS


def test_the_documents_of_the_vectors_are_read() -> None:
    for name, text in VECTORS["documents"].items():
        document = parse_document(text.encode())
        READERS[document.header.type](document.header.body)
        if name != "state":
            document.verify_mac(RECEIPT.thread_key)


def share(file: bytes) -> bytes:
    """The 1,120 bytes of the stanza's argument: ML-KEM-768's ciphertext, then an X25519 key."""
    encoded = file.split(b"\n")[1].split(b" ")[2]
    return b64decode(encoded + b"=" * (-len(encoded) % 4))


def u_of(one: bytes) -> list[int]:
    return bits_of(one[:960], 10)


def v_of(one: bytes) -> list[int]:
    return bits_of(one[960:1088], 4)


def bits_of(packed: bytes, width: int) -> list[int]:
    """FIPS 203, ByteDecode."""
    number = int.from_bytes(packed, "little")
    return [number >> place & (1 << width) - 1 for place in range(0, 8 * len(packed), width)]


def compressed(width: int) -> list[int]:
    """How many of the 3,329 coefficients FIPS 203 compresses to each value of this many bits."""
    found = Counter(int(2**width * value / 3329 + 0.5) % 2**width for value in range(3329))
    return [found[value] for value in range(2**width)]


def chi_square(found: Counter[int], expected: list[float]) -> float:
    drawn = found.total()
    return sum((found[value] - drawn * share) ** 2 / (drawn * share) for value, share in enumerate(expected))


def is_on_curve25519(coordinate: bytes) -> bool:
    prime = 2**255 - 19
    x = int.from_bytes(coordinate, "little")
    return pow(x**3 + 486662 * x**2 + x, (prime - 1) // 2, prime) in (0, 1)
