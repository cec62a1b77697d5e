"""The one table of what is sealed or signed: a row says all there is to know of a type, and nothing says it twice.

The code that writes, opens and takes documents reads it; `app/web/protocol/types.ts` (`python -m app.site.types`) and
tables of `docs/` (`make docs`) are made of it. Tests walk over it: a type without a vector, an attack, a measured place
or an end of what is stored fails by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.protocol.encoding import check_id
from app.protocol.errors import Malformed
from app.protocol.sizes import Kind, ciphertext_sizes
from app.vocabulary import Role


class Form(StrEnum):
    """How the type is written."""

    PUBLIC = "public"  # two lines (`documents.py`), as they are
    SEALED = "sealed"  # two lines and spaces, in an age file
    FILE = "file"  # an age file of another content
    BYTES = "bytes"  # other bytes, signed under the type's name


class ProvedBy(StrEnum):
    """What makes a reader believe it."""

    NOTHING = "nothing"
    HASH = "its hash in the document that lists it"
    MAC = "a MAC"
    ONE = "one signature"
    SERVICE = "a signature of the service"
    TWO = "two signatures"
    K = "k signatures"


class End(StrEnum):
    """When what is stored is destroyed."""

    NEVER = "never: it is public"
    KEPT = "never: colleagues check releases by it"
    ROOT = "with the next root, or when its author proposes another"
    REPORT = "with the report: when its reporter takes it back, where no case has it"
    MAILBOX = "with the mailbox: 30 days after the report is destroyed"
    REPLY = "after 60 days, or with the report"
    GRANT = "with its report, when its epoch's keys are destroyed, when it is revoked, or after its last day"
    UPLOAD = "three full days after it was begun, or with the report"
    CARD = "when it is withdrawn"
    SHEET = "when its person has another sheet"
    MEMORY = "when three later ones are kept"
    PAIR = "when its key turns or goes, or when pairs are made in its place"
    TEMPLATES = "when the next version takes its place"
    ACT = "when it was acted on, or after 14 days"
    CASE = "with its case, when the last reporter in it takes their report back; with their people, when another does"


@dataclass(frozen=True)
class Place:
    """A column that holds the type, or, in `blob`, the name of a file in the blob store that does."""

    table: str
    column: str
    end: End

    @property
    def is_blob(self) -> bool:
        return self.column == "blob"

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, kw_only=True)
class SealedType:
    """One row.

    `subjects` are the prefixes of the ids that it may be about; where there is none the organisation has one of it,
    whose subject is what it is `about`, or the type's own name. `roles` may write it, or else, or besides, whoever
    `who` says. `named`: the role does not decide alone, the people who may have written it are asked for by name.
    `numbered`: whether it counts is a matter of its place in a journal, and of no date on it. `kind` says which lengths
    it has. Only what is `chained` has versions after the first, each with the hash of the one before. `own_key`: each
    is sealed to a key of its own, which a journal names, instead of that of its case. `of`: the prefix of the id of
    what a part is of for good, as its journal names it, `sha256` for a hash instead; none where its case has one such
    part.
    `reporters`: a reporter's client writes or reads it.
    """

    name: str
    form: Form
    subjects: tuple[str, ...] = ()
    about: str = ""
    roles: frozenset[Role] = frozenset()
    who: str = ""
    named: bool = False
    numbered: bool = False
    proved_by: ProvedBy
    kind: Kind | None = None
    chained: bool = False
    own_key: bool = False
    of: str = ""
    stored: tuple[Place, ...] = ()
    reporters: bool = False

    @property
    def is_document(self) -> bool:
        """Whether it is two lines, signed or with a MAC; a grant and an attachment are files of another form."""
        return self.form in (Form.PUBLIC, Form.SEALED)

    @property
    def size(self) -> Kind:
        """The kind of what is sealed. Raises `LookupError` for what is not."""
        if self.kind is None:
            raise LookupError(f"{self.name} is not sealed")
        return self.kind

    @property
    def lengths(self) -> frozenset[int]:
        """Those of its sealed files: the only ones that the service accepts. Raises `LookupError`."""
        return ciphertext_sizes(self.size)

    def check_subject(self, subject: object) -> str:
        """`subject`, if a document of this type may be about it. Raises `Malformed`."""
        if not self.subjects:
            only = self.about or self.name
            if subject != only:
                raise Malformed(f"the subject of {self.name} is {only}")
            return only
        prefix = subject.partition("_")[0] if isinstance(subject, str) else ""
        if prefix not in self.subjects:
            raise Malformed(f"not an id of what {self.name} is about")
        return check_id(prefix, subject)


_OF_CASES: Final = frozenset({Role.TRIAGER, Role.CASEWORKER, Role.SUPERVISOR})
# Who may grant what they hold. A key that an analyst or an operator passes on, they should never have had.
_GRANTORS: Final = _OF_CASES | {Role.CUSTODIAN}
# Whose keys custodians have in pairs.
_IN_PAIRS: Final = ("epoch", "key", "case", "part")
_ROOT: Final = "a supervisor whom the root lists"
_HOLDER: Final = "the holder of the receipt"
_MEMBER: Final = "and on the member list"


def _part(name: str, *, of: str = "", chained: bool = True, own_key: bool = False) -> SealedType:
    """A part of a case. What has no second version can never be unsaid."""
    return SealedType(
        name=f"part.{name}",
        form=Form.SEALED,
        subjects=("part",),
        roles=_OF_CASES,
        who="and the author of the journal entry that names it",
        named=True,
        numbered=True,
        proved_by=ProvedBy.ONE,
        kind=Kind.PART,
        chained=chained,
        own_key=own_key,
        of=of,
        stored=(Place("case_parts", "file", End.CASE),),
    )


_ROWS: Final = (
    SealedType(
        name="root",
        form=Form.PUBLIC,
        who="holders of its keys and of those of the root before, supervisors and papers",
        proved_by=ProvedBy.K,
        chained=True,
        stored=(
            Place("roots", "document", End.NEVER),
            Place("root_proposals", "document", End.ROOT),
            Place("key_log", "line", End.NEVER),
        ),
        reporters=True,
    ),
    SealedType(
        name="loss",
        form=Form.PUBLIC,
        who="as many supervisors of the root as it demands; a paper signs roots alone",
        proved_by=ProvedBy.K,
        stored=(Place("root_proposals", "document", End.ROOT), Place("key_log", "line", End.NEVER)),
        reporters=True,
    ),
    SealedType(
        name="certificate",
        form=Form.PUBLIC,
        subjects=("per",),
        who=_ROOT,
        proved_by=ProvedBy.ONE,
        chained=True,
        stored=(Place("certificates", "document", End.NEVER), Place("staff_log", "line", End.NEVER)),
    ),
    SealedType(
        name="service-key",
        form=Form.PUBLIC,
        who=_ROOT,
        proved_by=ProvedBy.ONE,
        chained=True,
        stored=(Place("key_log", "line", End.NEVER),),
        reporters=True,
    ),
    SealedType(
        name="intake",
        form=Form.PUBLIC,
        who=_ROOT,
        proved_by=ProvedBy.ONE,
        chained=True,
        stored=(Place("epochs", "document", End.NEVER), Place("key_log", "line", End.NEVER)),
        reporters=True,
    ),
    SealedType(
        name="key",
        form=Form.PUBLIC,
        subjects=("key",),
        who=_ROOT,
        proved_by=ProvedBy.ONE,
        chained=True,
        stored=(Place("shared_keys", "document", End.NEVER),),
    ),
    # It lies among the pages, not in the database.
    SealedType(name="client", form=Form.PUBLIC, who=_ROOT, proved_by=ProvedBy.ONE, chained=True),
    SealedType(
        name="report",
        form=Form.SEALED,
        subjects=("rep",),
        who="anybody",
        # A "second version" would be anybody's.
        proved_by=ProvedBy.NOTHING,
        kind=Kind.REPORT,
        stored=(Place("report_files", "body", End.REPORT),),
        reporters=True,
    ),
    SealedType(
        name="thread-state",
        form=Form.SEALED,
        subjects=("rep",),
        who=_HOLDER,
        proved_by=ProvedBy.MAC,
        kind=Kind.SLOT,
        chained=True,
        stored=(Place("slots", "file", End.REPORT),),
        reporters=True,
    ),
    SealedType(
        name="state",
        form=Form.SEALED,
        subjects=("rep",),
        who="the service, and it may say only a state code",
        proved_by=ProvedBy.NOTHING,
        kind=Kind.SLOT,
        chained=True,
        stored=(Place("slots", "file", End.MAILBOX),),
        reporters=True,
    ),
    SealedType(
        name="message.staff",
        form=Form.SEALED,
        subjects=("rep",),
        who="whoever read the report (a seized phone names nobody)",
        proved_by=ProvedBy.MAC,
        kind=Kind.SLOT,
        stored=(Place("slots", "file", End.REPLY),),
        reporters=True,
    ),
    SealedType(
        name="message.reporter",
        form=Form.SEALED,
        subjects=("rep",),
        who=_HOLDER,
        proved_by=ProvedBy.MAC,
        kind=Kind.MESSAGE,
        stored=(Place("messages", "file", End.REPORT),),
        reporters=True,
    ),
    SealedType(
        name="message.copy",
        form=Form.SEALED,
        subjects=("rep",),
        roles=_OF_CASES,
        who="who wrote the reply, and keeps it for colleagues",
        proved_by=ProvedBy.ONE,
        kind=Kind.MESSAGE,
        chained=True,
        stored=(Place("kept_replies", "file", End.REPORT),),
    ),
    SealedType(
        name="journal",
        form=Form.SEALED,
        subjects=("case",),
        roles=_GRANTORS,
        who="and a member after the entry before",  # which the chain is held to
        proved_by=ProvedBy.ONE,
        numbered=True,
        kind=Kind.JOURNAL,
        chained=True,
        stored=(Place("journal_entries", "file", End.CASE),),
    ),
    SealedType(
        name="checkpoint",
        form=Form.SEALED,
        subjects=("case",),
        roles=_GRANTORS,
        who="and the author of the journal entry that names it",
        named=True,
        numbered=True,
        proved_by=ProvedBy.ONE,
        kind=Kind.PART,
        stored=(Place("checkpoints", "file", End.CASE),),
    ),
    _part("case"),
    _part("person", of="psn"),
    _part("incident", of="inc"),
    _part("assertion", of="inc", chained=False),
    _part("verdict", of="inc", chained=False),
    _part("card", of="inc", chained=False),
    _part("selector", of="sha256"),
    _part("identity", of="psn", own_key=True),
    _part("assessment"),
    _part("plan"),
    _part("task", of="task"),
    _part("note", of="note", chained=False),
    _part("closing"),
    _part("tie", of="psn"),
    SealedType(
        name="consent",
        form=Form.SEALED,
        subjects=("case",),
        roles=_OF_CASES,
        who=_MEMBER,
        named=True,
        proved_by=ProvedBy.ONE,
        kind=Kind.MESSAGE,
        chained=True,
        stored=(Place("consents", "file", End.CASE),),
    ),
    SealedType(
        name="approval",
        form=Form.SEALED,
        subjects=("case", "rep"),
        roles=_OF_CASES,
        who="and the named approver",
        named=True,
        proved_by=ProvedBy.ONE,
        kind=Kind.MESSAGE,
        stored=(Place("approvals", "statement", End.CASE),),
    ),
    SealedType(
        name="grant",
        form=Form.FILE,
        subjects=("rep", "epoch", "case", "part", "key"),
        roles=_GRANTORS,
        who="of a case's and its parts' keys those that its journal names; anybody, unsigned, of a report to an epoch",
        proved_by=ProvedBy.ONE,
        kind=Kind.GRANT,
        stored=(Place("grants", "file", End.GRANT),),
        reporters=True,
    ),
    # Neither says of which generation it is under, for it lies under a person's key.
    SealedType(
        name="pair",
        form=Form.SEALED,
        subjects=_IN_PAIRS,
        roles=_OF_CASES,
        who="and holds the key, to the second of two custodians",
        proved_by=ProvedBy.ONE,
        kind=Kind.PAIR,
        stored=(Place("pairs", "file", End.PAIR),),
    ),
    SealedType(
        name="recovery",
        form=Form.SEALED,
        subjects=_IN_PAIRS,
        roles=frozenset({Role.CUSTODIAN}),
        who="the second of a pair, to the first, whose own act it stands in then",
        proved_by=ProvedBy.ONE,
        kind=Kind.PAIR,
        stored=(Place("recoveries", "act", End.ACT),),
    ),
    SealedType(
        name="comment",
        form=Form.FILE,
        subjects=("apr",),
        roles=_OF_CASES,
        who="and who asks for the approval; no client writes one yet",
        proved_by=ProvedBy.NOTHING,
        kind=Kind.TASK,
        stored=(Place("approvals", "comment", End.CASE),),
    ),
    SealedType(
        name="attachment",
        form=Form.FILE,
        subjects=("att",),
        who=_HOLDER,
        proved_by=ProvedBy.HASH,
        kind=Kind.ATTACHMENT,
        stored=(Place("attachments", "blob", End.REPORT), Place("uploads", "blob", End.UPLOAD)),
        reporters=True,
    ),
    SealedType(
        name="card",
        form=Form.FILE,
        subjects=("card",),
        roles=_OF_CASES,
        who="who codes and another who approves, and whoever has the card token sends it",
        proved_by=ProvedBy.TWO,
        kind=Kind.CARD,
        stored=(Place("cards", "file", End.CARD),),
    ),
    # Under a passphrase: whoever is sealed to is nobody's recipient.
    SealedType(
        name="copy",
        form=Form.FILE,
        subjects=("per",),
        who="the person whose keys they are",
        proved_by=ProvedBy.ONE,
        kind=Kind.KEYS,
        stored=(Place("key_copies", "file", End.SHEET),),
    ),
    SealedType(
        name="memory",
        form=Form.SEALED,
        subjects=("per",),
        roles=frozenset(Role),
        who="for themselves",
        named=True,
        proved_by=ProvedBy.ONE,
        kind=Kind.MEMORY,
        chained=True,
        stored=(Place("memories", "file", End.MEMORY),),
    ),
    # All of them in one, so that nobody learns which is used, and none is left out or brought back.
    SealedType(
        name="templates",
        form=Form.SEALED,
        roles=frozenset({Role.SUPERVISOR}),
        who="and holds the key of the desk",
        proved_by=ProvedBy.ONE,
        kind=Kind.PART,
        chained=True,
        stored=(Place("templates", "file", End.TEMPLATES),),
    ),
    SealedType(name="key-log-head", form=Form.BYTES, who="the service", proved_by=ProvedBy.SERVICE, reporters=True),
    SealedType(name="staff-log-head", form=Form.BYTES, who="the service", proved_by=ProvedBy.SERVICE),
    SealedType(
        name="audit-head",
        form=Form.PUBLIC,
        about="audit",
        who="the service",
        proved_by=ProvedBy.SERVICE,
        chained=True,
        stored=(Place("audit_heads", "document", End.NEVER),),
    ),
    SealedType(
        name="audit-seen",
        form=Form.PUBLIC,
        about="audit",
        roles=frozenset({Role.SUPERVISOR}),
        who="whose client has followed the chain up to the head",
        proved_by=ProvedBy.ONE,
        stored=(Place("audit_countersignatures", "document", End.NEVER),),
    ),
    SealedType(
        name="release-key",
        form=Form.PUBLIC,
        subjects=("rel",),
        roles=frozenset({Role.ANALYST, Role.CASEWORKER, Role.SUPERVISOR}),
        who="who signs the release, for the service and colleagues alone",
        named=True,
        proved_by=ProvedBy.ONE,
        stored=(Place("release_signatures", "statement", End.KEPT),),
    ),
    SealedType(
        name="release-signer",
        form=Form.PUBLIC,
        subjects=("rel",),
        who=_ROOT,
        proved_by=ProvedBy.ONE,
        stored=(Place("release_signatures", "certificate", End.NEVER),),
    ),
    SealedType(
        name="release",
        form=Form.BYTES,
        subjects=("rel",),
        who="a key for this release alone of who asked for it, and one of who approved it",
        proved_by=ProvedBy.TWO,
        stored=(Place("release_signatures", "signature", End.NEVER),),
    ),
)

TYPES: Final[Mapping[str, SealedType]] = MappingProxyType({row.name: row for row in _ROWS})
