"""Makes `mailbox.json` and `receipt_typed.json` beside it, in the way of `make.py`.

    python -m tests.vectors.make_mailbox

Everything comes out the same each time but `answer` of `mailbox.json`: the sixteen slots that the service gives to
whoever has the receipt. `docs/protocol-documents.md` says what the fields mean.
"""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from app import age
from app.protocol import mailbox
from app.protocol.documents import Document, Header, bare, maced, recipient_sha256, seal
from app.protocol.encoding import b64, sha256_hex
from app.protocol.mailbox import MessageKind, ReporterMessage, StaffMessage, ThreadState
from app.protocol.receipt import Receipt, ReceiptError, UnknownWordError, meant, read
from app.protocol.report import Attachment, Consent
from app.vocabulary import ConsentScope, ReportState
from tests.vectors.make import DAY, DIRECTORY, ORG, REPORT, REPORT_KEY, counted_id

RECEIPT: Final = Receipt(bytes(range(16)))
HAN: Final = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
ROMAN: Final = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"]
MAILBOX: Final = RECEIPT.identity.recipient
TOKEN_SHA256: Final = sha256_hex(b64(RECEIPT.token).encode())
FILLER_KEY: Final = bytes(range(32, 64))

CONSENTS: Final = tuple(
    Consent(scope, scope in (ConsentScope.SERVICE, ConsentScope.CONTACT), counted_id("cons", number))
    for number, scope in enumerate(ConsentScope, start=1)
)
THREAD_STATE: Final = ThreadState(
    REPORT, str(REPORT_KEY.recipient), 2, "b" * 64, CONSENTS, (("2026-06-14", 1), ("2026-06-15", 1))
)
FILE: Final = Attachment(counted_id("att", 1), "صورة 1.jpg", "image/jpeg", 70_001, "c" * 64, "d" * 64)
MESSAGE: Final = ReporterMessage(1, None, MessageKind.MESSAGE, "Again last night. \U0001f4f7", (FILE,))
CHANGE: Final = ReporterMessage(2, "a" * 64, MessageKind.CONSENT, "", (), (replace(CONSENTS[8], given=True),))
WITHDRAWAL: Final = ReporterMessage(3, "a" * 64, MessageKind.WITHDRAW, "I want to stop.")
# Three parts: letters of three bytes, and of six in JSON.
REPLY: Final = "我们读了您写的。" * 90 + "\x01" * 60


def documents() -> dict[str, Document]:
    """One of each type, in the order of a thread."""
    said = {f"message.reporter {each.kind}": each.body() for each in (MESSAGE, CHANGE, WITHDRAWAL)}
    found = {"thread-state": maced(_header("thread-state", MAILBOX, THREAD_STATE.body()), RECEIPT.thread_key)}
    for name, body in said.items():
        found[name] = maced(_header("message.reporter", REPORT_KEY.recipient, body), RECEIPT.thread_key)
    parts = mailbox.split(REPLY)
    for number, text in enumerate(parts, start=1):
        reply = StaffMessage(1, "b" * 64, number, len(parts), text)
        found[f"message.staff {number}"] = maced(_header("message.staff", MAILBOX, reply.body()), RECEIPT.thread_key)
    found["state"] = bare(_header("state", MAILBOX, {"state": mailbox.shown_state(ReportState.DUPLICATE)}))
    return found


def answer() -> bytes:
    """What the service gives: thread_state, state, the parts of the reply, and fillers."""
    found = documents()
    used = [found["thread-state"], found["state"], *(found[name] for name in found if name.startswith("message.staff"))]
    slots = [seal(document, MAILBOX) for document in used]
    empty = range(len(slots) + 1, mailbox.SLOTS + 1)
    return b"".join([*slots, *(mailbox.filler_slot(FILLER_KEY, TOKEN_SHA256, slot) for slot in empty)])


def the_mailbox() -> dict[str, Any]:
    return {
        "receipt": RECEIPT.words("en"),
        "org": ORG,
        "report": REPORT,
        "report_identity": str(REPORT_KEY),
        "reply": REPLY,
        "documents": {name: document.text.decode() for name, document in documents().items()},
        "refused": [{"type": type_, "body": body} for type_, body in _refused()],
        "threads": [
            {"numbers": numbers, "gaps": mailbox.gaps(numbers), "repeats": mailbox.repeats(numbers)}
            for numbers in ([], [1], [1, 2, 3], [2], [4, 1, 4], [1, 1, 1, 3, 3])
        ],
        "fillers": {
            "key": b64(FILLER_KEY),
            "token_sha256": TOKEN_SHA256,
            "sha256": [
                sha256_hex(mailbox.filler_slot(FILLER_KEY, TOKEN_SHA256, slot)) for slot in range(1, mailbox.SLOTS + 1)
            ],
        },
        "answer": b64(answer()),
    }


def receipt_typed() -> dict[str, Any]:
    """What a person may type for a receipt, and what is no receipt."""
    secret, words = RECEIPT.secret.hex(), RECEIPT.words("en")
    chinese, french, spanish = (RECEIPT.words(language) for language in ("zh-Hant", "fr", "es"))
    readable = {
        "capitals": words.upper(),
        "spaces and lines": f"  {words} \r\n".replace(" ", " \t\n"),
        "numbered": "\n".join(f"{number}. {word}" for number, word in enumerate(words.split(), start=1)),
        "commas": words.replace(" ", ", "),
        "the i of a Turkish keyboard": words.upper().replace("I", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"),
        "the dotless i": words.replace("i", "\N{LATIN SMALL LETTER DOTLESS I}"),
        "Chinese without spaces": chinese.replace(" ", ""),
        "Chinese with some": chinese.replace(" ", "", 5),
        "numbered in Han": "\n".join(f"{number}、{word}" for number, word in zip(HAN, chinese.split(), strict=True)),
        "English numbered in Han": "\n".join(f"{n}、{word}" for n, word in zip(HAN, words.split(), strict=True)),
        "numbered in Arabic": "\n".join(
            f"{chr(0x660 + n // 10)}{chr(0x660 + n % 10)}. {w}" for n, w in enumerate(words.split(), 1)
        ),
        "numbered in circles": "\n".join(f"{chr(0x2460 + n)}{word}" for n, word in enumerate(words.split())),
        "numbered by keycaps": "\n".join(f"{n % 10}\ufe0f\u20e3{word}" for n, word in enumerate(words.split())),
        "numbered in Roman": "\n".join(f"{n}) {word}" for n, word in zip(ROMAN, words.split(), strict=True)),
        "a number at the word": "".join(f"{number}{word}" for number, word in enumerate(words.split())),
        "soft hyphens": words.replace("a", "a\u00ad"),
        "zero-width signs": words.replace("a", "\u200ba\u200d").replace(" ", " \ufeff"),
        "pasted twice": f"{words}\n{words}",
        "Chinese pasted twice": chinese.replace(" ", "") * 2,
        "a numbered list pasted twice": 2 * "\n".join(f"{n}. {word}\n" for n, word in enumerate(words.split(), 1)),
        **{f"without marks in {language}": _bare(RECEIPT.words(language)) for language in ("fr", "es")},
        **{f"NFC in {language}": _nfc(RECEIPT.words(language)) for language in ("fr", "es", "ja", "ko")},
    }
    eleven = words.rpartition(" ")[0]
    refused = {
        "nothing": ("", "WordCountError", None),
        "eleven words": (eleven, "WordCountError", None),
        "thirteen words": (f"{words} zoo", "WordCountError", None),
        "eleven Chinese words": (chinese.replace(" ", "")[:-1], "WordCountError", None),
        "a word of no list": (f"{eleven} xyzzy", "UnknownWordError", 12),
        "a word of another list": (words.replace(words.split()[0], "zèbre", 1), "UnknownWordError", 1),
        "a letter too few": (words.replace("abandon", "abandn"), "UnknownWordError", 1),
        "two letters swapped": (
            french.replace(french.split()[2], _swapped(french.split()[2]), 1),
            "UnknownWordError",
            3,
        ),
        "a letter wrong, on a page of another language": (
            spanish.replace(spanish.split()[11], f"x{spanish.split()[11][1:]}", 1),
            "UnknownWordError",
            12,
        ),
        "another last word": (f"{eleven} zoo", "ChecksumError", None),
    }
    return {
        "read": [{"name": name, "typed": typed, "secret": secret} for name, typed in readable.items()],
        "refused": [
            {"name": name, "typed": typed, "error": error, "position": position, "meant": _meant(typed)}
            for name, (typed, error, position) in refused.items()
        ],
    }


def _meant(typed: str) -> list[str]:
    try:
        read(typed)
    except UnknownWordError as error:
        return meant(typed, error)
    except ReceiptError:
        return []
    raise AssertionError("it is read")


def _bare(words: str) -> str:
    letters = unicodedata.normalize("NFD", words)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _swapped(word: str) -> str:
    return f"{word[:2]}{word[3]}{word[2]}{word[4:]}"


def _refused() -> Iterator[tuple[str, dict[str, Any]]]:
    thread_state, message, change = THREAD_STATE.body(), MESSAGE.body(), CHANGE.body()
    reply = StaffMessage(1, None, 1, 2, "text").body()
    yield "thread-state", thread_state | {"recipient": "age1" + "q" * 58}
    yield "thread-state", thread_state | {"number": -1}
    yield "thread-state", thread_state | {"number": True}
    yield "thread-state", thread_state | {"number": 10_000}
    yield "thread-state", thread_state | {"note": ""}
    yield "thread-state", {key: value for key, value in thread_state.items() if key != "consents"}
    yield "thread-state", thread_state | {"consents": [CONSENTS[0].body() | {"scope": "everything"}]}
    yield "thread-state", {key: value for key, value in thread_state.items() if key != "days"}
    yield "thread-state", thread_state | {"days": [["2026-06-15", 1], ["2026-06-14", 1]]}
    yield "message.reporter", message | {"number": 0}
    yield "message.reporter", message | {"kind": "read"}
    yield "message.reporter", message | {"consents": change["consents"]}
    yield "message.reporter", message | {"seen": "A" * 64}
    yield "message.reporter", message | {"attachments": [FILE.body(), FILE.body()]}
    yield "message.reporter", message | {"attachments": [FILE.body() | {"name": "../of/others"}]}
    yield "message.reporter", change | {"consents": []}
    yield "message.staff", reply | {"part": 3}
    yield "message.staff", reply | {"part": 0}
    yield "message.staff", reply | {"parts": 15}
    yield "message.staff", reply | {"text": None}
    yield "message.staff", reply | {"write_to": "somebody"}
    yield "state", {"state": "closed"}
    yield "state", {"state": "accepted", "text": "call this number"}


def _header(type_: str, recipient: age.HybridRecipient, body: dict[str, Any]) -> Header:
    return Header(
        type=type_,
        org=ORG,
        subject=REPORT,
        version=1,
        previous=None,
        generation=None,
        sealed_to=recipient_sha256(recipient),
        author=None,
        at=DAY.isoformat(),
        body=body,
    )


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


FILES: Final = {"mailbox": the_mailbox, "receipt_typed": receipt_typed}


def main() -> None:
    for name, make in FILES.items():
        text = json.dumps(make(), ensure_ascii=True, indent=1)
        (DIRECTORY / f"{name}.json").write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
