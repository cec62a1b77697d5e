"""The report document: what a reporter tells, and how staff can write back (FIELD, section 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from app import age, vocabulary
from app.protocol.encoding import check_hash, check_id, check_number, unb64
from app.protocol.errors import Malformed
from app.protocol.sizes import ATTACHMENT_CEILING
from app.vocabulary import ConsentScope, Imminence

# The questions by key, with the list that answers them. The form has no others. Where somebody does not know, they
# say `unknown` if the list has it, and else leave the question out.
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

# A report is at most 1 MiB with all that is in it; these keep a part of it from being all.
FREE_LENGTH: Final = 20_000
NAME_LENGTH: Final = 255
MEDIA_TYPE_LENGTH: Final = 127
ATTACHMENTS: Final = 32


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
        """As it stands in a document; `read` takes it back."""
        return asdict(self)

    @classmethod
    def read(cls, body: object) -> "Attachment":
        """Raises `Malformed`."""
        match body:
            case {
                "id": id_,
                "name": str(name),
                "media_type": str(media_type),
                "size": size,
                "plaintext_sha256": plaintext,
                "ciphertext_sha256": ciphertext,
                **rest,
            } if not rest and _is_file_name(name) and _is_media_type(media_type):
                return cls(
                    check_id("att", id_),
                    name,
                    media_type,
                    check_number(size, range(ATTACHMENT_CEILING + 1)),
                    check_hash(plaintext),
                    check_hash(ciphertext),
                )
        raise Malformed("an attachment of another form")


@dataclass(frozen=True)
class Consent:
    """One choice. Its slot is a random id, by which a later message can name it without saying what it is."""

    scope: ConsentScope = field(repr=False)
    given: bool = field(repr=False)
    id: str

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return asdict(self)

    @classmethod
    def read(cls, body: object) -> "Consent":
        """Raises `Malformed`."""
        match body:
            case {"scope": str(scope), "given": bool(given), "id": id_, **rest} if not rest:
                if scope in list(ConsentScope):
                    return cls(ConsentScope(scope), given, check_id("cons", id_))
        raise Malformed("a consent of another form")


@dataclass(frozen=True)
class Form:
    """What the reporter filled in, before anything is sealed: `{"language", "text", "answers"}`."""

    language: str = field(repr=False)
    text: str = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)

    @property
    def danger_now(self) -> Imminence:
        """The one answer that every report has: what an urgent one is sorted by."""
        return Imminence(self.answers["danger_now"])

    @property
    def consents(self) -> frozenset[ConsentScope]:
        """What was ticked. Where the question was left as it stood, that is reading and helping, and nothing else."""
        return frozenset(ConsentScope(scope) for scope in self.answers.get("consent", (ConsentScope.SERVICE,)))

    @classmethod
    def read(cls, form: object) -> "Form":
        """Raises `Malformed`, and names the answer, but never repeats what was typed."""
        match form:
            case {"language": str(language), "text": str(text), "answers": dict(answers), **rest} if not rest:
                if language not in vocabulary.codes("language"):
                    raise Malformed(f"language: one of {', '.join(vocabulary.codes('language'))}")
                for name, answer in answers.items():
                    _check_answer(name, answer)
                if "danger_now" not in answers:
                    raise Malformed("danger_now: needs an answer")
                return cls(language, text, answers)
        raise Malformed("a report form has language, text and answers")


@dataclass(frozen=True)
class Report:
    """The body of a report. `mailbox` is the recipient of replies, `thread_key` 32 bytes in base64url.

    `withdrawal` is the SHA-256 of the secret by which its reporter, and nobody else, takes the report back.
    `consents` repeat the ticked boxes of the form, each with its id; `vocabulary` is the version whose codes it has.
    Raises `Malformed` where the parts contradict each other.
    """

    form: Form
    mailbox: str = field(repr=False)
    thread_key: str = field(repr=False)
    withdrawal: str
    attachments: tuple[Attachment, ...]
    consents: tuple[Consent, ...]
    vocabulary: str = field(default_factory=lambda: vocabulary.vocabulary().version)

    def __post_init__(self) -> None:
        scopes = [consent.scope for consent in self.consents]
        ids = {consent.id for consent in self.consents}
        if len(set(scopes)) != len(scopes) or len(ids) != len(scopes):
            raise Malformed("consents: one choice and one id for each scope")
        if {consent.scope for consent in self.consents if consent.given} != self.form.consents:
            raise Malformed("consents: other ones than were ticked")
        check_attachments(self.attachments)

    def body(self) -> dict[str, Any]:
        """As it stands in a document; `read` takes it back."""
        return {
            "language": self.form.language,
            "text": self.form.text,
            "answers": dict(self.form.answers),
            "mailbox": self.mailbox,
            "thread_key": self.thread_key,
            "withdrawal": self.withdrawal,
            "attachments": [attachment.body() for attachment in self.attachments],
            "consents": [consent.body() for consent in self.consents],
            "vocabulary": self.vocabulary,
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
                "withdrawal": withdrawal,
                "attachments": list(attachments),
                "consents": list(consents),
                "vocabulary": str(version),
                **rest,
            } if not rest:
                unb64(thread_key, 32)
                return cls(
                    Form.read({"language": language, "text": text, "answers": answers}),
                    check_recipient(mailbox),
                    thread_key,
                    check_hash(withdrawal),
                    tuple(Attachment.read(attachment) for attachment in attachments),
                    tuple(Consent.read(consent) for consent in consents),
                    version,
                )
        raise Malformed("a report of another form")


def check_attachments(attachments: Sequence[Attachment]) -> None:
    """Raises `Malformed` where a document lists more files than a report may have, or one of them twice."""
    if len(attachments) > ATTACHMENTS or len({each.id for each in attachments}) != len(attachments):
        raise Malformed("attachments: too many, or one twice")


def check_recipient(text: str) -> str:
    """`text`, if a document can be sealed to it. Raises `Malformed`."""
    try:
        recipient = age.parse_recipient(text)
    except age.Error:
        recipient = None
    if not isinstance(recipient, age.HybridRecipient):
        raise Malformed("not a post-quantum recipient")
    return text


def _check_answer(name: str, answer: object) -> None:
    if name in ONE_OF:
        is_known = answer in vocabulary.codes(ONE_OF[name])
    elif name in SEVERAL_OF:
        is_known = isinstance(answer, list) and _are_distinct(answer, _codes(name))
    elif name == "answer_language":
        is_known = answer in vocabulary.codes("language")
    elif name in FREE:
        is_known = isinstance(answer, str) and len(answer) <= FREE_LENGTH
    else:
        raise Malformed("answers: to a question that is not asked")
    if not is_known:
        raise Malformed(f"{name}: not an answer to this")


def _codes(name: str) -> tuple[str, ...]:
    if name == "what_kind":  # a reporter ticks groups; a caseworker finds the type
        return vocabulary.groups()
    return vocabulary.codes(SEVERAL_OF[name])


def _are_distinct(answers: list[object], codes: tuple[str, ...]) -> bool:
    return all(each in codes for each in answers) and len(set(answers)) == len(answers)


def file_name(name: str) -> str:
    """A file's name as a document may list it: what it may not have is replaced, and its end kept if it is too long.

    Names come from file systems, in any encoding or none.
    """
    possible = "".join("_" if each in "/\0" or "\ud800" <= each <= "\udfff" else each for each in name)[-NAME_LENGTH:]
    return possible if _is_file_name(possible) else "_"


def _is_file_name(name: str) -> bool:
    return 0 < len(name) <= NAME_LENGTH and not {"/", "\0"} & set(name) and name not in (".", "..")


def _is_media_type(media_type: str) -> bool:
    return len(media_type) <= MEDIA_TYPE_LENGTH and media_type.isascii() and media_type.isprintable()
