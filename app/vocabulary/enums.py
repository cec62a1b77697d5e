"""The codes that the program itself refers to, one enumeration a list. A test holds them to `vocabulary.json`."""

from enum import StrEnum


class ReportState(StrEnum):
    """Where a report stands: in the queue, decided, or gone."""

    RECEIVED = "received"
    IN_TRIAGE = "in_triage"
    ACCEPTED = "accepted"
    AWAITING_REPORTER = "awaiting_reporter"
    REFERRED_OUT = "referred_out"
    OUT_OF_MANDATE = "out_of_mandate"
    DUPLICATE = "duplicate"
    INSUFFICIENT = "insufficient"
    ABUSIVE = "abusive"
    UNDECRYPTABLE = "undecryptable"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    PURGED = "purged"


class CaseStage(StrEnum):
    """Where the work on a case stands; the side states and the end among them."""

    INTAKE = "intake"
    ASSESSMENT = "assessment"
    PLANNING = "planning"
    ACTIVE = "active"
    MONITORING = "monitoring"
    CLOSURE_REVIEW = "closure_review"
    CLOSED = "closed"
    ON_HOLD = "on_hold"
    MERGED = "merged"
    TRANSFERRED = "transferred"


class Role(StrEnum):
    """What somebody of staff may do. A person has one or more."""

    TRIAGER = "triager"
    CASEWORKER = "caseworker"
    SUPERVISOR = "supervisor"
    CUSTODIAN = "custodian"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class GrantKind(StrEnum):
    """What a key was granted for, which says what it may open."""

    INTAKE = "intake"
    HANDED_ON = "handed_on"
    CASE = "case"
    ASSIGNED = "assigned"
    REFERRAL = "referral"
    APPROVAL = "approval"
    BREAK_GLASS = "break_glass"
    RECOVERY = "recovery"
    CUSTODIAN = "custodian"


class ApprovalSubject(StrEnum):
    """What somebody else is asked to approve."""

    ASSESSMENT = "assessment"
    PLAN = "plan"
    CODING = "coding"
    CLOSURE = "closure"
    ABUSIVE = "abusive"
    TRANSFER = "transfer"
    MERGE = "merge"
    DELETION = "deletion"
    CONSENT_OVERRIDE = "consent_override"
    BREAK_GLASS = "break_glass"
    RELEASE = "release"
    LEGAL_HOLD = "legal_hold"
    WAITING = "waiting"
    UNDECRYPTABLE = "undecryptable"
    INSUFFICIENT = "insufficient"
    OUT_OF_MANDATE = "out_of_mandate"
    REFERRED_OUT = "referred_out"
    REMOVAL = "removal"
    ENDING = "ending"


class ApprovalState(StrEnum):
    """Where a request for an approval stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """How soon a report is worked on, `p1` first; the client computes it from severity and imminence."""

    P1 = "p1"
    P2 = "p2"
    P3 = "p3"
    P4 = "p4"


class IntakeChannel(StrEnum):
    """How a report came: sealed on the device, sealed on arrival, or through somebody else."""

    CLIENT = "client"
    NO_SCRIPT = "no_script"
    INTERMEDIARY = "intermediary"


class RiskLevel(StrEnum):
    """The level of an assessment, as far as the service may know it."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class HandlingMark(StrEnum):
    """Who may be told, in the terms of the Traffic Light Protocol 2.0."""

    TLP_RED = "tlp_red"
    TLP_AMBER_STRICT = "tlp_amber_strict"
    TLP_AMBER = "tlp_amber"
    TLP_GREEN = "tlp_green"
    TLP_CLEAR = "tlp_clear"


class RetentionClass(StrEnum):
    """How long a closed case is kept."""

    SHORT = "short"
    STANDARD = "standard"
    LONG = "long"


class TransitionReason(StrEnum):
    """Why a step was taken, as far as the service may know it."""

    DECIDED = "decided"
    NEW_INFORMATION = "new_information"
    ERROR = "error"
    REQUEST = "request"
    CAPACITY = "capacity"
    TIME_LIMIT = "time_limit"
    SAFETY = "safety"
    OTHER = "other"


class ConsentScope(StrEnum):
    """What a person is asked to agree to, one by one."""

    SERVICE = "service"
    CONTACT = "contact"
    REFERRAL_SUPPORT = "referral_support"
    REFERRAL_LEGAL = "referral_legal"
    REFERRAL_TECHNICAL = "referral_technical"
    REFERRAL_UN = "referral_un"
    REFERRAL_HOST_AUTHORITIES = "referral_host_authorities"
    EVIDENCE = "evidence"
    STATISTICS = "statistics"
    PUBLICATION = "publication"


class ConsentStatus(StrEnum):
    """Where one question stands. A changed mind is a new answer."""

    ASKED = "asked"
    GIVEN = "given"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class ConsentMethod(StrEnum):
    """How an answer was given."""

    FORM = "form"
    MESSAGE = "message"
    SPOKEN = "spoken"
    GUARDIAN = "guardian"


class ReferralState(StrEnum):
    """Where a referral to a partner stands."""

    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    REVOKED = "revoked"
    COMPLETED = "completed"


class SafetyPlanStatus(StrEnum):
    """Where a safety plan stands with the person whom it is for."""

    NONE = "none"
    DRAFT = "draft"
    AGREED = "agreed"
    DECLINED = "declined"
    REVIEW_DUE = "review_due"
    RETIRED = "retired"


class HoldReason(StrEnum):
    """For whom a case waits that is on hold."""

    CLIENT = "client"
    PARTNER = "partner"
    AUTHORITY = "authority"


class TaskType(StrEnum):
    """What kind of thing is to be done, as far as the service may know it."""

    CONTACT = "contact"
    DOCUMENT = "document"
    ARRANGE = "arrange"
    REVIEW = "review"
    OTHER = "other"


class Imminence(StrEnum):
    """How soon harm may come."""

    NOW = "now"
    DAYS = "days"
    WEEKS = "weeks"
    NONE = "none"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How grave the harm would be."""

    LIFE_OR_LIBERTY = "life_or_liberty"
    SERIOUS = "serious"
    LIMITED = "limited"
    UNKNOWN = "unknown"


class VerificationStatus(StrEnum):
    """What is known of whether it happened, and by whom. It never decides who is helped."""

    UNVERIFIED = "unverified"
    UNDER_REVIEW = "under_review"
    CORROBORATED = "corroborated"
    VERIFIED = "verified"
    INCONCLUSIVE = "inconclusive"
    CONTESTED = "contested"
    FALSELY_ATTRIBUTED = "falsely_attributed"
    REFUTED = "refuted"


class Outcome(StrEnum):
    """How the person is after the work."""

    SAFER = "safer"
    UNCHANGED = "unchanged"
    WORSE = "worse"
    TOO_EARLY = "too_early"
    UNKNOWN = "unknown"


class Relation(StrEnum):
    """Who the person it happened to is to the reporter."""

    SELF = "self"
    PARTNER = "partner"
    CHILD = "child"
    PARENT_OR_SIBLING = "parent_or_sibling"
    OTHER_RELATIVE = "other_relative"
    FRIEND_OR_COLLEAGUE = "friend_or_colleague"
    CLIENT = "client"
    ORGANISATION = "organisation"
    STRANGER = "stranger"


# Which list each enumeration repeats.
ENUMERATIONS: dict[str, type[StrEnum]] = {
    "report_state": ReportState,
    "case_stage": CaseStage,
    "role": Role,
    "grant_kind": GrantKind,
    "approval_subject": ApprovalSubject,
    "approval_state": ApprovalState,
    "priority": Priority,
    "intake_channel": IntakeChannel,
    "risk_level": RiskLevel,
    "handling_mark": HandlingMark,
    "retention_class": RetentionClass,
    "transition_reason": TransitionReason,
    "consent_scope": ConsentScope,
    "consent_status": ConsentStatus,
    "consent_method": ConsentMethod,
    "referral_state": ReferralState,
    "safety_plan_status": SafetyPlanStatus,
    "hold_reason": HoldReason,
    "task_type": TaskType,
    "imminence": Imminence,
    "severity": Severity,
    "verification_status": VerificationStatus,
    "outcome": Outcome,
    "relation_of_target_to_reporter": Relation,
}
