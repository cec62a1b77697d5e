"""What the service cannot do without somebody's key: hints, of which a client believes what it has checked itself."""

from enum import StrEnum


class DutyKind(StrEnum):
    """What is to be done: by whom, the service says; whether, each client finds for itself."""

    SIGN_EPOCHS = "sign_epochs"  # by a supervisor: intake is not signed for three weeks
    REPLACE_EPOCH = "replace_epoch"  # by a supervisor: somebody had its key who may hold none, or has other keys since
    TURN_SHARED_KEY = "turn_shared_key"  # by a supervisor, likewise
    TURN_CASE = "turn_case"  # by a member: somebody had its newest key, or knows a report's, who works there no more
    GRANT_CASE = "grant_case"  # by a member, to one who lacks its key: their role came back, or they have new keys
    GRANT_DESK_KEY = "grant_desk_key"  # by who holds the key of answer templates, to a colleague who does not
    SEAL_TEMPLATES = "seal_templates"  # by a supervisor: they lie under the key of the desk before the newest
    GRANT_EPOCH = "grant_epoch"  # by who holds the key of an epoch, to a triager who does not
    RENEW_CERTIFICATE = "renew_certificate"  # by a supervisor: it ends soon, and nobody is locked out by a date
    RENEW_SHARED_KEY = "renew_shared_key"  # by a supervisor, likewise
    COUNTERSIGN = "countersign"  # by a supervisor: no machine has followed the audit chain for days
    MAKE_PAIRS = "make_pairs"  # by who holds a key: custodians came or went, or have other keys
    DRILL = "drill"  # by a custodian: no two of them have tried a pair for a month
    HAND_ON = "hand_on"  # by who holds the key of an epoch whose day has come: a report that nobody has decided
    END_WITHDRAWN = "end_withdrawn"  # by a member of the case: a reporter took back what the case has
    NAME_MEMBER = "name_member"  # by a supervisor of its team: for seven days no member has, nor heard what one changed
    SHOW_DANGER = "show_danger"  # by a member of the case: for a day no supervisor has seen how grave the danger is
    JUDGE_DANGER = "judge_danger"  # by a member: the day is over until which the last judgement of it holds
    LOOK_AT_CASE = "look_at_case"  # by a member: the week is over in which it was to be looked at again
    LOOK_AT_PLAN = "look_at_plan"  # by a member: so is that of its safety plan
    DO_TASK = "do_task"  # by a member: so is that in which something was to be done
    GO_ON = "go_on"  # by a member: the day is over by which a case on hold was to go on
    CLAIM = "claim"  # by who triages: of an epoch's reports one was claimed by nobody on the day on which it came
    LOOK_AT_REPORT = "look_at_report"  # by who claimed it, and a day later by supervisors: its time runs out, or has
    LOOK_AT_APPROVALS = "look_at_approvals"  # by a supervisor: somebody approved as many codings as a day has
    OPEN_HANDED_ON = "open_handed_on"  # by who holds the key of the epoch to which somebody else granted it on
