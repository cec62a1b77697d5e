"""What three reporters have to tell, each in their language, and where it must not be seen."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

from app.protocol import receipt


@dataclass(frozen=True)
class Told:
    """`photo` and `recording` are names of files that come with the report, `letter` of one that comes later."""

    language: str
    text: str
    when: str
    identifiers: str
    needs: str
    photo: str
    recording: str
    question: str
    reply: str
    letter: str

    @property
    def answers(self) -> dict[str, Any]:
        """What is chosen and written on the form, as a triager reads it. What is missing was skipped."""
        return {
            "danger_now": "days",
            "answer_language": self.language,
            "about_whom": "parent_or_sibling",
            "where_now": "NL",
            "state_behind": "ZZ",
            "when": self.when,
            "what_kind": ["threat", "family"],
            "how": ["messenger", "via_relative"],
            "who_behind": ["unknown"],
            "identifiers": self.identifiers,
            "needs": self.needs,
            "consent": ["service", "contact", "referral_legal"],
        }

    @property
    def asked(self) -> dict[str, Any]:
        """The same by the questions of the page."""
        return {**self.answers, "text": self.text, "contact": "yes"}

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that was written by hand, and the names of the files."""
        return self.text, self.when, self.identifiers, self.needs, self.photo, self.recording, self.reply, self.letter


STORIES = {
    each.language: each
    for each in (
        Told(
            language="en",
            text="They rang my mother at night.\n\nThey said: “Your daughter must be silent.” 📵",
            when="Since Tuesday, three times",
            identifiers="+31 6 0000 1234\nhttps://example.org/login?id=7&x=%20",
            needs="Somebody who tells me whether my phone is safe",
            photo="the man at the door.jpg",
            recording="voice message of my mother.ogg",
            question="Do you know his voice?\nYou need not answer.",
            reply="No, but I have a letter of his.",
            letter="his letter.pdf",
        ),
        Told(
            language="ar",
            text="اتصلوا بأمي ليلًا.\n\nقالوا: «يجب أن تصمت ابنتك» 📵",
            when="منذ يوم الثلاثاء، ثلاث مرات",
            identifiers="+31 6 0000 1234",
            needs="شخص يخبرني هل هاتفي آمن",
            photo="الرجل عند الباب.jpg",
            recording="رسالة أمي.ogg",
            question="هل تعرف صوته؟",
            reply="لا، لكن لدي رسالة منه.",
            letter="رسالته.pdf",
        ),
        Told(
            language="zh-Hans",
            text="他们夜里给我母亲打电话。\n\n他们说：“你女儿必须闭嘴。” 📵",
            when="从星期二开始，三次",
            identifiers="微信号 abc-1234",
            needs="有人告诉我手机是否安全",
            photo="门口的男人.jpg",
            recording="母亲的语音.ogg",
            question="你认得他的声音吗？",
            reply="不认得，但我有他的一封信。",
            letter="他的信.pdf",
        ),
    )
}


def secrets_of(words: str) -> tuple[str | bytes, ...]:
    """What of a receipt may never be seen: its bytes, the keys that open the mailbox, any two words in a row; or
    any four, where a word is a single letter.

    One word alone proves nothing: many of them stand in the head of every request. Nor do two letters of two bytes
    each, which stand in ciphertexts by chance.
    """
    found, each = receipt.read(words), words.split(" ")
    number = 2 if max(map(len, each)) > 1 else 4
    rows = (
        between.join(each[place : place + number])
        for place in range(len(each) - number + 1)
        for between in (" ", "", "\n")
    )
    return found.secret, found.thread_key, found.secret.hex(), str(found.identity), words, *rows


def seen(heard: bytes, secrets: Iterable[str | bytes]) -> list[str | bytes]:
    """Those of the secrets that stand in what was heard, in clear or in one of the ways in which browsers write."""
    return [secret for secret in secrets if any(form in heard for form in _forms(secret))]


def _forms(secret: str | bytes) -> set[bytes]:
    if isinstance(secret, bytes):
        return {secret, *_base64(secret)}
    plain = secret.encode()
    return {
        plain,
        secret.replace("\n", "\r\n").encode(),
        quote(secret).encode(),
        quote(secret, safe="").encode(),
        quote_plus(secret).encode(),
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        secret.encode("utf-16-le"),
        secret.encode("utf-16-be"),
        *_base64(plain),
    }


def _base64(plain: bytes) -> set[bytes]:
    """Its letters wherever it begins in what was encoded, without those that also depend on its neighbours."""
    found = set()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain).rstrip(b"=")
        inner = encoded[(0, 2, 3)[before] : len(encoded) - ((before + len(plain)) % 3 != 0)]
        found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return found
