"""What staff can do that is recorded. docs/audit.md is made of this list."""

from enum import StrEnum
from typing import Self


class Action(StrEnum):
    """An action's code and what it says, in a line."""

    description: str

    def __new__(cls, code: str, description: str) -> Self:
        """A word that also knows its description."""
        action = str.__new__(cls, code)
        action._value_ = code
        action.description = description
        return action

    PERSON_INVITED = "person.invited", "A person was invited, with roles and a team"
    PERSON_JOINED = "person.joined", "An invited person made their keys and joined"
    PERSON_CERTIFIED = "person.certified", "A supervisor certified a person's keys"
    SIGNED_IN = "session.opened", "A person signed in"
    SIGNED_OUT = "session.closed", "A person signed out"
    SESSIONS_ENDED = "session.ended", "Sessions of a person were ended, by them or by a supervisor"
    PASSWORD_SET = "password.set", "A person set a new password, under a signature of their own key"
    NEW_KEYS_ASKED = (
        "new-keys.asked",
        "A supervisor issued a token with which somebody who lost their keys brings new ones",
    )
    NEW_KEYS_BROUGHT = "new-keys.brought", "Somebody brought new keys, which wait for their certificate"
    NEW_KEYS_OBJECTED = (
        "new-keys.objected",
        "A key that was replaced has signed that those in its place are none of its person's",
    )
    COPY_KEPT = "copy.kept", "A person left a copy of their keys, under passphrase and account key"
    COPY_TOKEN_ISSUED = (
        "copy.token-issued",
        "A supervisor, or the operator, issued a token that fetches the copy of a person's keys once",
    )
    COPY_FETCHED = "copy.fetched", "The copy of a person's keys was fetched, in their own name"
    SIGN_INS_REFUSED = (
        "sessions.refused",
        "On a day that is over sign-ins were refused: the object says as whom, on which day, and how many",
    )
    PARTNER_PROPOSED = "partner.proposed", "A supervisor proposed an organisation that shall fetch releases"
    PARTNER_AGREED = "partner.agreed", "Another supervisor agreed that it may"
    PARTNER_ENDED = "partner.ended", "A supervisor ended an agreement with an organisation, and all of its tokens"
    PARTNER_TOKEN_ISSUED = "partner.token-issued", "A supervisor issued a token for a program of an organisation"
    PARTNER_TOKEN_REVOKED = "partner.token-revoked", "A supervisor ended such a token"
    PEOPLE_READ = "people.read", "The list of people was fetched, or one of them; once an hour"
    KEYS_READ = "keys.read", "The list of shared keys was fetched; once an hour"
    AUDIT_READ = "audit.read", "The audit chain was fetched; once an hour"
    CLOCKS_SET = "clocks.set", "A supervisor set how long clocks may run: the hash is of the policy and its free days"
    CLOCKS_AGREED = (
        "clocks.agreed",
        "Such a policy counts from now on: a second supervisor agreed, or nothing may take longer",
    )
    KEY_LOG_EXTENDED = "key-log.extended", "A signed public document was added to the key log"
    ROOT_PROPOSED = "root.proposed", "A root was proposed as the next one, or signatures were added to it"
    EPOCH_DESTROYED = "epoch.destroyed", "The last grants of an intake epoch were destroyed"
    SHARED_KEY_MADE = "key.made", "A key of statistics, of card-writing or of the desk was made and granted"
    TEMPLATES_WRITTEN = "templates.written", "A version of the answer templates was stored, under the key that it names"
    GRANTED = "grant.made", "A key was granted to somebody"
    GRANT_REVOKED = "grant.revoked", "A grant was withdrawn"
    GRANT_FETCHED = "grant.fetched", "A person fetched a key that was granted to them"
    GRANTS_FETCHED = (
        "grants.fetched",
        "A person fetched the keys of a page of the queue: the object says how many, the hash is of the reports' ids",
    )
    PAIRS_MADE = "pairs.made", "A key was sealed to each two custodians: the hash is of the hashes of the pairs"
    PAIR_FETCHED = "pair.fetched", "A custodian fetched a pair whose second they are"
    PEELED = "key.peeled", "The second custodian of a pair handed what they peeled of it to the first"
    RECOVERED = "key.recovered", "Two custodians gave a key to somebody who did not hold it: the hash is of their act"
    REPORT_OPENED = "report.opened", "A member who had not accepted it opened a report and its case"
    REPORT_MOVED = "report.moved", "A report was claimed, released or disposed of"
    REPORT_LAPSED = "report.lapsed", "A report that nobody had decided in 60 days was destroyed"
    REPORT_PURGED = (
        "report.purged",
        "A report that was decided into no case was destroyed when its time was over, or one with its case",
    )
    REPORT_READ = "report.read", "The sealed body of a report was fetched"
    ATTACHMENT_READ = "attachment.read", "A sealed attachment was fetched"
    MESSAGES_READ = "messages.read", "The sealed messages of a reporter were fetched"
    REPORTER_ANSWERED = "reporter.answered", "A sealed message was written to a reporter"
    CASE_MADE = "case.made", "A report was accepted into a new case"
    CASE_MOVED = "case.moved", "A case went to another stage"
    CASE_CLOSED = "case.closed", "A case was closed, by two persons; or by one who is alone, seven days after asking"
    CASE_PURGED = "case.purged", "A closed case was destroyed when the month had come until which its class is kept"
    CASE_MERGED = "case.merged", "A case was merged into another, of which the object names the one that was left"
    CASE_PARTED = "case.parted", "Reports went from a case to another with what belongs to them, or back to theirs"
    MERGED_ENDED = (
        "case.merged-ended",
        "What was left of a case was destroyed when a reporter took back what the one has into which it was merged",
    )
    CASE_REOPENED = "case.reopened", "A closed case was taken up again"
    CASE_CHANGED = (
        "case.changed",
        "The workflow of a case was changed: owner, priority, mark, danger, plan, tasks",
    )
    CASE_WRITTEN = "case.written", "Entries of a case's journal were stored, and the parts that they name"
    CASE_READ = "case.read", "The journal and the parts of a case were fetched, or all versions of a part"
    PARTS_ENDED = "case.parts-ended", "Parts of a case were destroyed, as two persons had agreed"
    WITHDRAWAL_DONE = (
        "withdrawal.done",
        "What a reporter took back was destroyed: the report, and of its case what ends with it, or all of it",
    )
    MEMBERS_CHANGED = "members.changed", "A person was added to a case or removed from it"
    CONSENT_RECORDED = "consent.recorded", "A consent was asked, given, declined or withdrawn"
    APPROVAL_REQUESTED = "approval.requested", "Another person was asked to approve"
    APPROVAL_DECIDED = "approval.decided", "An approval was given, refused or cancelled"
    RELEASE_READ = "release.read", "A release, its files or the list of releases were fetched; once an hour"
    RELEASE_REQUESTED = "release.requested", "A release was requested"
    RELEASE_MOVED = "release.moved", "A release was approved, rejected, cancelled, published, embargoed or warned of"
    RELEASE_EMBARGO_ENDED = "release.embargo-ended", "On its day a release that partners could read was published"
    RELEASE_DRAWN = "release.drawn", "The statistics keys were lent for a draw"
    RELEASE_STOOD_IN = "release.stood-in", "Somebody took the place of a signer of a release"
    ACCOUNTS_LOST = "accounts.lost", "A supervisor said that the accounts of what was spent cannot be opened"
    RELEASE_SIGNED = "release.signed", "A release was signed"
