"""The report document: what a reporter tells, and how staff can write back (FIELD, section 7)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from app import vocabulary
from app.protocol.encoding import check_hash, check_id, unb64
from app.protocol.errors import Malformed
from app.vocabulary import ConsentScope, Imminence

# The questions by key, with the list that answers them; None is free text. The form has no others.
ONE_OF: Final = {
    "danger_now": "imminence",
    "about_whom": "relation_of_target_to_reporter",
    "where_now": "country",
    "state_behind": "country",
}
SEVERAL_OF: Final = {
    "what_kind": "incident_type",
    "how": "channel",
    "who_behind": "suspected_actor_role",
    "told_authorities": "host_response",
    "consent": "consent_scope",
}
FREE: Final = ("when", "identifiers", "needs")
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Attachment:
    """A file beside the report, as the document that mentions it describes it. `size` is the true one."""

    id: str
    name: str = field(repr=False)
    media_type: str = field(repr=False)
    size: int
    plaintext_sha256: str = field(repr=False)
    ciphertext_sha256: str

    def body(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, body: object) -> "Attachment":
        """Raises `Malformed`."""
        match body:
            case {
                "id": id_,
                "name": str(name),
                "media_type": str(media_type),
                "size": int(size),
                "plaintext_sha256": plaintext,
                "ciphertext_sha256": ciphertext,
                **rest,
            } if not rest and size >= 0:
                return cls(check_id("att", id_), name, media_type, size, check_hash(plaintext), check_hash(ciphertext))
        raise Malformed("an attachment of another form")


@dataclass(frozen=True)
class Consent:
    """One choice. Its slot is a random id, by which a later message can name it without saying what it is."""

    scope: ConsentScope = field(repr=False)
    given: bool = field(repr=False)
    slot: str

    def body(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, body: object) -> "Consent":
        """Raises `Malformed`."""
        match body:
            case {"scope": str(scope), "given": bool(given), "slot": slot, **rest} if not rest:
                if scope in list(ConsentScope):
                    return cls(ConsentScope(scope), given, check_id("cons", slot))
        raise Malformed("a consent of another form")


@dataclass(frozen=True)
class Form:
    """What the reporter filled in, before anything is sealed: `{"language", "text", "answers"}`."""

    language: str
    text: str = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)

    @property
    def danger_now(self) -> Imminence:
        return Imminence(self.answers.get("danger_now", _UNKNOWN))

    @property
    def consents(self) -> frozenset[ConsentScope]:
        return frozenset(ConsentScope(scope) for scope in self.answers.get("consent", ()))

    @classmethod
    def read(cls, form: object) -> "Form":
        """Raises `Malformed`, and names the answer, but never repeats what was typed."""
        match form:
            case {"language": str(language), "text": str(text), "answers": dict(answers), **rest} if not rest:
                if language not in vocabulary.codes("language"):
                    raise Malformed("language: not one of the list")
                for name, answer in answers.items():
                    _check_answer(name, answer)
                if "danger_now" not in answers:
                    raise Malformed("danger_now: needs an answer")
                return cls(language, text, answers)
        raise Malformed("a report form has language, text and answers")


@dataclass(frozen=True)
class Report:
    """The body of a report. `mailbox` is the recipient of replies, `thread_key` 32 bytes."""

    form: Form
    mailbox: str = field(repr=False)
    thread_key: str = field(repr=False)
    attachments: tuple[Attachment, ...]
    consents: tuple[Consent, ...]

    def body(self) -> dict[str, Any]:
        return {
            "language": self.form.language,
            "text": self.form.text,
            "answers": dict(self.form.answers),
            "mailbox": self.mailbox,
            "thread_key": self.thread_key,
            "attachments": [attachment.body() for attachment in self.attachments],
            "consents": [consent.body() for consent in self.consents],
            "vocabulary": vocabulary.vocabulary().version,
        }

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Report":
        """Raises `Malformed`."""
        match body:
            case {
                "language": language,
                "text": text,
                "answers": answers,
                "mailbox": str(mailbox),
                "thread_key": str(thread_key),
                "attachments": list(attachments),
                "consents": list(consents),
                "vocabulary": str(),
                **rest,
            } if not rest:
                unb64(thread_key, 32)
                return cls(
                    Form.read({"language": language, "text": text, "answers": answers}),
                    mailbox,
                    thread_key,
                    tuple(Attachment.read(attachment) for attachment in attachments),
                    tuple(Consent.read(consent) for consent in consents),
                )
        raise Malformed("a report of another form")


def _check_answer(name: str, answer: object) -> None:
    if name in ONE_OF:
        known = isinstance(answer, str) and answer in vocabulary.codes(ONE_OF[name])
    elif name in SEVERAL_OF:
        codes = (*vocabulary.codes(SEVERAL_OF[name]), _UNKNOWN)
        known = isinstance(answer, list) and len(set(map(str, answer))) == len(answer)
        known = known and isinstance(answer, list) and all(each in codes for each in answer)
    elif name == "answer_language":
        known = answer in vocabulary.codes("language")
    else:
        known = name in FREE and isinstance(answer, str)
    if not known:
        raise Malformed(f"{name if name.isidentifier() and len(name) < 30 else 'answers'}: not an answer to this")
