"""Grants (docs/protocol.md, section 5): the key of one thing, to one holder, by somebody who may."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app import age
from app.protocol.chain import Mark
from app.protocol.documents import Header, Signature, Signer, recipient_sha256, signed, write_signatures
from app.protocol.encoding import MOST, canonical
from app.protocol.grants import GrantHeader
from app.protocol.pairs import Recovery, RecoveryReason
from app.vocabulary import GrantKind, Imminence
from tests.vectors.make import (
    ANALYST,
    APPROVAL,
    CASE,
    CASE_KEY,
    CASEWORKER,
    DAY,
    EPOCH,
    EPOCH_KEY,
    HEAD,
    HOUR,
    ORG,
    REPORT,
    REPORT_KEY,
    STRANGER,
    SUPERVISOR,
    TRIAGER,
    Person,
)
from tests.vectors.refusals.opening import AUDITOR, CUSTODIAN, LEAVER, OPERATOR, SECOND_CUSTODIAN
from tests.vectors.refusals.vector import Vector, malformed, not_authentic, not_mine

_SIZE = 4096
_PART = "part_" + "0" * 32

GRANT = GrantHeader(
    org=ORG,
    subject=CASE,
    generation=1,
    recipient=recipient_sha256(CASE_KEY.recipient),
    grantee=TRIAGER.id,
    sealed_to=recipient_sha256(TRIAGER.identity.recipient),
    kind=GrantKind.ASSIGNED,
    grantor=CASEWORKER.id,
    at=HOUR,
    head=HEAD,
)
FIRST = GrantHeader(
    org=ORG,
    subject=REPORT,
    generation=1,
    recipient=recipient_sha256(REPORT_KEY.recipient),
    grantee=EPOCH,
    sealed_to=recipient_sha256(EPOCH_KEY.recipient),
    kind=GrantKind.INTAKE,
    grantor=None,
    at="2026-06-15",
    language="ug",
    danger_now=Imminence.NOW,
)


def grants() -> Iterator[Vector]:
    """Given are the text, the size to which it is filled with spaces before a last LF, the identity to which it is then
    sealed, the one that opens it, what was asked for, and the reader's day.

    Who is certified stands under `certificates` beside the vectors.
    """
    yield from _asked()
    yield from _heads()
    yield from _grantors()
    yield from _recoveries()
    yield from _handed_on()
    yield from _forms()


def _asked() -> Iterator[Vector]:
    rule = "a grant is of the organisation, the subject and the holder asked for, and names both recipients"
    yield Vector(rule, "a grant", _granted(GRANT))
    yield Vector(rule, "a reporter's grant", _first(FIRST))
    yield Vector(rule, "of the highest generation", _granted(replace(GRANT, generation=MOST)))
    broken: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("another organisation", {"org": "0" * 64}, "org"),
        ("another subject", {"subject": "case_" + "0" * 32}, "subject"),
        ("another holder", {"grantee": CASEWORKER.id}, "grantee"),
        ("sealed to another", {"sealed_to": recipient_sha256(CASEWORKER.identity.recipient)}, "sealed_to"),
        ("another key in it", {"recipient": recipient_sha256(REPORT_KEY.recipient)}, "recipient"),
    )
    for name, other, reason in broken:
        yield Vector(rule, name, _granted(replace(GRANT, **other)), not_authentic(reason))
        if reason not in ("subject", "grantee"):
            yield Vector(rule, f"a reporter's: {name}", _first(_swapped(FIRST, reason)), not_authentic(reason))
    yield Vector(rule, "another's file", _granted(GRANT, opened_by=CASEWORKER.identity), not_mine())
    passed_on = _granted(GRANT, sealed_to=CASEWORKER.identity, opened_by=CASEWORKER.identity)
    yield Vector(rule, "sealed again to another", passed_on, not_authentic("sealed_to"))
    swapped = {**_granted(GRANT), "text": _text(GRANT, [CASEWORKER.signer], secret=str(REPORT_KEY))}
    yield Vector(rule, "the key swapped", swapped, not_authentic("recipient"))
    longer = {**_granted(GRANT), "size": 16384}
    yield Vector(rule, "of another length", longer, not_authentic("envelope"))


def _heads() -> Iterator[Vector]:
    rule = "the key of a case comes with the newest entry that its grantor had seen, every other without"
    yield Vector(rule, "the first entry", _granted(replace(GRANT, head=Mark(1, HEAD.sha256))))
    told = json.loads(FIRST.line()) | {"head": {"n": 3, "sha256": HEAD.sha256}}
    first = _first(FIRST)
    yield Vector(rule, "of a report", {**first, "text": _swap(first["text"], told)}, malformed())
    of_part = {**_granted(replace(GRANT, subject=_PART, head=None)), "subject": _PART}
    yield Vector(rule, "of a part", of_part)
    line = {**json.loads(GRANT.line()), "subject": _PART}
    yield Vector(rule, "of a part, with a head", {**of_part, "text": _swap(of_part["text"], line)}, malformed())


def _grantors() -> Iterator[Vector]:
    rule = "nobody vouches for a reporter's grant: it is from a report to an epoch, and nothing else is unsigned"
    cases = replace(FIRST, subject=CASE, recipient=recipient_sha256(CASE_KEY.recipient))
    persons = replace(FIRST, grantee=TRIAGER.id, sealed_to=recipient_sha256(TRIAGER.identity.recipient))
    for name, given in (
        ("of a case", {**_first(cases, secret=CASE_KEY), "subject": CASE}),
        ("to a person", {**_first(persons, to=TRIAGER.identity), "grantee": TRIAGER.id}),
        ("signed", _first(FIRST, signers=[TRIAGER.signer])),
        ("in a person's name", _first(replace(FIRST, grantor=TRIAGER.id))),
        ("an unsigned grant of a case", _granted(GRANT, signers=[])),
        ("a grant of a case by nobody", _granted(replace(GRANT, grantor=None), signers=[])),
        ("signed for nobody", _granted(replace(GRANT, grantor=None))),
        ("signed in another's name", _granted(GRANT, signers=[SUPERVISOR.signer])),
        ("signed by two", _granted(GRANT, signers=[CASEWORKER.signer, TRIAGER.signer])),
        ("signed twice by one", _granted(GRANT, signers=[CASEWORKER.signer, CASEWORKER.signer])),
    ):
        yield Vector(rule, name, given, not_authentic("grantor"))

    rule = "a grant is signed by somebody certified on its day, whose role may grant"
    for person, refused in (
        (SUPERVISOR, None),
        (CASEWORKER, None),
        (TRIAGER, None),
        (CUSTODIAN, None),
        (ANALYST, not_authentic("role")),
        (AUDITOR, not_authentic("role")),
        (OPERATOR, not_authentic("role")),
        (STRANGER, not_authentic("uncertified")),
    ):
        roles = " and ".join(sorted(person.certified.roles)) + (", uncertified" if person is STRANGER else "")
        granted = _granted(replace(GRANT, grantor=person.id), signers=[person.signer])
        yield Vector(rule, f"by a {roles}", granted, refused)
    another = replace(GRANT, generation=2)
    for name, given, reason in (
        ("with another key", _granted(GRANT, signers=[Signer(CASEWORKER.id, STRANGER.key)]), "uncertified"),
        ("changed afterwards", _granted(GRANT, signed=another), "signature"),
        ("signed as something else", _granted(GRANT, signed_as="approval"), "signature"),
    ):
        yield Vector(rule, name, given, not_authentic(reason))
    dated: tuple[tuple[str, date, str | None], ...] = (
        ("2026-06-16T09:00Z", DAY, None),
        ("2026-06-17T00:00Z", DAY, "at"),
        ("2026-06-14T23:00Z", DAY, "uncertified"),
        ("2026-12-31T23:00Z", date(2027, 6, 1), None),
        ("2027-01-01T00:00Z", date(2027, 6, 1), "uncertified"),
    )
    for at, today, why in dated:
        given = _granted(replace(GRANT, at=at), today=today)
        yield Vector(rule, f"at {at}, read on {today}", given, not_authentic(why) if why else None)


def _recoveries() -> Iterator[Vector]:
    """Of an epoch's key, which the first custodian gives to the triager."""
    rule = "what one custodian grants counts by the act of another, who signed that this key is for this person"
    yield Vector(rule, "by two", _recovered(RECOVERED))
    yield Vector(rule, "for two people", _recovered(_acting(people=(CASEWORKER.id, TRIAGER.id))))
    for name, header in (
        ("of another epoch", _acting(subject="epoch_" + "0" * 32)),
        ("of generation 99", _acting(generation=99)),
        ("of another recipient", _acting(recipient="0" * 64)),
        ("for somebody else", _acting(people=(CASEWORKER.id,))),
        ("by one alone", _acting(by=CUSTODIAN)),
        ("by a caseworker", _acting(by=CASEWORKER)),
        ("to another first custodian", _acting(to=SECOND_CUSTODIAN)),
        ("of another organisation", _acting(org="0" * 64)),
        ("about another epoch", _acting(about="epoch_" + "0" * 32)),
        ("two days ahead", _acting(at="2026-06-17T00:00Z")),
        ("by no act but a statement", replace(RECOVERED, act=APPROVAL.text.decode())),
    ):
        yield Vector(rule, name, _recovered(header), not_authentic("recovery"))
    for name, header, signer, refused in (
        ("by nobody certified", _acting(by=STRANGER), CUSTODIAN, not_authentic("uncertified")),
        (
            "by somebody who has left",
            _acting(by=LEAVER, at="2026-06-16T09:00Z"),
            CUSTODIAN,
            not_authentic("uncertified"),
        ),
        ("granted by no custodian", replace(RECOVERED, grantor=CASEWORKER.id), CASEWORKER, not_authentic("recovery")),
        ("of another form", _acting(until="2026-06-20"), CUSTODIAN, malformed()),
    ):
        yield Vector(rule, name, _recovered(header, signer=signer.signer), refused)
    last, late = ("2026-06-29T23:00Z", date(2026, 6, 29)), ("2026-06-30T00:00Z", date(2026, 6, 30))
    yield Vector(rule, "on the last of 14 days", _recovered(replace(RECOVERED, at=last[0]), today=last[1]))
    after = _recovered(replace(RECOVERED, at=late[0]), today=late[1])
    yield Vector(rule, "a day later", after, not_authentic("recovery"))
    text = _recovered(RECOVERED)["text"]
    said = json.loads(RECOVERED.line())
    values: tuple[object, ...] = (None, 1, {})
    for value in values:
        yield Vector(
            rule, f"act: {value!r}", {**_recovered(RECOVERED), "text": _swap(text, {**said, "act": value})}, malformed()
        )
    without = {key: said[key] for key in said if key != "act"}
    yield Vector(rule, "without an act", {**_recovered(RECOVERED), "text": _swap(text, without)}, malformed())
    assigned = {**said, "kind": "assigned"}
    yield Vector(rule, "an act for nothing", {**_recovered(RECOVERED), "text": _swap(text, assigned)}, malformed())


def _acting(
    *,
    by: Person = SECOND_CUSTODIAN,
    to: Person = CUSTODIAN,
    about: str = EPOCH,
    org: str = ORG,
    at: str = HOUR,
    people: tuple[str, ...] = (TRIAGER.id,),
    **body: Any,
) -> GrantHeader:
    """The first custodian's grant, with an act of the second that says otherwise."""
    name = recipient_sha256(EPOCH_KEY.recipient)
    act = Recovery(EPOCH, 1, name, people, RecoveryReason.LOST, ("e" * 64,))
    said = {**act.body(), **body}
    header = Header.new("recovery", about, said, org=org, author=by.id, at=at, to=to.identity.recipient)
    return GrantHeader(
        org=ORG,
        subject=EPOCH,
        generation=1,
        recipient=name,
        grantee=TRIAGER.id,
        sealed_to=recipient_sha256(TRIAGER.identity.recipient),
        kind=GrantKind.RECOVERY,
        grantor=CUSTODIAN.id,
        at=HOUR,
        act=signed(header, by.signer).text.decode(),
    )


RECOVERED = _acting()


def _recovered(header: GrantHeader, *, signer: Signer = CUSTODIAN.signer, today: date = DAY) -> dict[str, Any]:
    given = _granted(header, signers=[signer], today=today)
    return {**given, "text": _text(header, [signer], secret=str(EPOCH_KEY)), "subject": EPOCH}


def _handed_on() -> Iterator[Vector]:
    rule = "a report is granted on to an epoch, by a triager, a supervisor or a custodian"
    handed_on = replace(FIRST, kind=GrantKind.HANDED_ON, grantor=TRIAGER.id, at=HOUR)
    for person, refused in (
        (TRIAGER, None),
        (SUPERVISOR, None),
        (CUSTODIAN, None),
        (CASEWORKER, not_authentic("role")),
    ):
        roles = " and ".join(sorted(person.certified.roles))
        yield Vector(
            rule, f"by a {roles}", _first(replace(handed_on, grantor=person.id), signers=[person.signer]), refused
        )
    cases = replace(handed_on, subject=CASE, recipient=recipient_sha256(CASE_KEY.recipient))
    persons = replace(handed_on, grantee=TRIAGER.id, sealed_to=recipient_sha256(TRIAGER.identity.recipient))
    by = [TRIAGER.signer]
    for name, given, reason in (
        ("of a case", {**_first(cases, signers=by, secret=CASE_KEY), "subject": CASE}, "grant-kind"),
        ("to a person", {**_first(persons, signers=by, to=TRIAGER.identity), "grantee": TRIAGER.id}, "grant-kind"),
        ("by nobody", _first(replace(handed_on, grantor=None)), "grantor"),
        ("unsigned", _first(handed_on), "grantor"),
    ):
        yield Vector(rule, name, given, not_authentic(reason))


def _forms() -> Iterator[Vector]:
    rule = "a grant is four lines of one writing"
    text, first = _text(GRANT, [CASEWORKER.signer]), _text(FIRST, [], secret=str(REPORT_KEY))
    head, sigs, secret, padding = text.split("\n")
    lines: tuple[tuple[str, Sequence[str]], ...] = (
        ("another word", (head.replace("tern-grant", "grant"), sigs, secret, padding)),
        ("no mark before what is signed", (head.removeprefix("# tern-grant "), sigs, secret, padding)),
        ("no mark before the signatures", (head, sigs.removeprefix("# sigs "), secret, padding)),
        ("no signatures", (head, secret, padding)),
        ("signatures that are null", (head, "# sigs null", secret, padding)),
        ("a space in the signatures", (head, sigs.replace(":", ": ", 1), secret, padding)),
        ("two keys", (head, sigs, secret, secret, padding)),
        ("no key", (head, sigs, "# no key", padding)),
        ("a key of another kind", (head, sigs, str(age.X25519Identity(bytes(range(32)))), padding)),
        ("a key in lower case", (head, sigs, secret.lower(), padding)),
        ("a recipient for a key", (head, sigs, str(CASE_KEY.recipient), padding)),
        ("words in the padding", (head, sigs, secret, "# more")),
        ("padding that is no comment", (head, sigs, secret, "")),
        ("in another order", (sigs, head, secret, padding)),
    )
    for name, changed in lines:
        yield Vector(rule, name, {**_granted(GRANT), "text": "\n".join(changed)}, malformed())
    yield Vector(rule, "a fifth line", {**_granted(GRANT), "text": text + "\n"}, malformed())
    yield Vector(rule, "a tab in the padding", {**_granted(GRANT), "text": text + "\t"}, malformed())

    rule = "the first line of a grant has its keys, in their order, and no others"
    said, told = json.loads(GRANT.line()), json.loads(FIRST.line())
    for name, line in (
        ("in another order", dict(reversed(said.items()))),
        ("one more", {**said, "more": 1}),
        ("the answers of a reporter in another's grant", {**said, "language": "en", "danger_now": "now"}),
        *((f"without {key}", {name: said[name] for name in said if name != key}) for key in said),
    ):
        yield Vector(rule, name, {**_granted(GRANT), "text": _swap(text, line)}, malformed())
    for name, line in (
        ("a reporter's without danger_now", {key: told[key] for key in told if key != "danger_now"}),
        ("a reporter's without a language", {key: told[key] for key in told if key != "language"}),
        ("a reporter's with another answer", {**told, "danger_now": "perhaps"}),
        ("a reporter's with a language that is a number", {**told, "language": 1}),
    ):
        yield Vector(rule, name, {**_first(FIRST), "text": _swap(first, line)}, malformed())

    rule = "each field of a grant has a value that it can have"
    fields: tuple[tuple[str, tuple[object, ...]], ...] = (
        ("v", (0, 2, "1", None, True, 1.0)),
        ("org", (None, "org", ORG.upper())),
        ("subject", (None, "case", CASE.upper())),
        ("generation", (0, -1, 2**53, "1", None, True, 1.5)),
        ("recipient", (None, str(CASE_KEY.recipient))),
        ("grantee", (None, "somebody")),
        ("sealed_to", (None, str(TRIAGER.identity.recipient))),
        ("kind", (None, "", "owner", 1)),
        ("grantor", (CASE, "somebody", 1)),
        ("at", (None, "2026-06-15T09:17Z", "today")),
        ("head", (None, {}, [], 3, {"n": 3}, {"n": 0, "sha256": "0" * 64}, {"n": 3, "sha256": "0" * 63})),
        ("head", ({"n": True, "sha256": "0" * 64}, {"n": 3, "sha256": "0" * 64, "more": 1})),
        ("head", ({"sha256": "0" * 64, "n": 3},)),
    )
    for key, values in fields:
        for value in values:
            given = {**_granted(GRANT), "text": _swap(text, {**said, key: value})}
            yield Vector(rule, f"{key}: {value!r}", given, malformed())


def _granted(
    header: GrantHeader,
    *,
    signers: Sequence[Signer] = (CASEWORKER.signer,),
    signed: GrantHeader | None = None,
    signed_as: str = "grant",
    sealed_to: age.HybridIdentity = TRIAGER.identity,
    opened_by: age.HybridIdentity = TRIAGER.identity,
    today: date = DAY,
) -> dict[str, Any]:
    """A grant of the case to the triager. The signature is over `signed`, where that is another line."""
    return {
        "text": _text(header, signers, signed=signed, signed_as=signed_as),
        "size": _SIZE,
        "sealed_to": str(sealed_to),
        "opened_by": str(opened_by),
        "org": ORG,
        "subject": CASE,
        "grantee": TRIAGER.id,
        "today": str(today),
    }


def _first(
    header: GrantHeader,
    *,
    signers: Sequence[Signer] = (),
    secret: age.HybridIdentity = REPORT_KEY,
    to: age.HybridIdentity = EPOCH_KEY,
) -> dict[str, Any]:
    """A reporter's grant to the epoch."""
    return {
        "text": _text(header, signers, secret=str(secret)),
        "size": _SIZE,
        "sealed_to": str(to),
        "opened_by": str(to),
        "org": ORG,
        "subject": REPORT,
        "grantee": EPOCH,
        "today": str(DAY),
    }


def _swapped(header: GrantHeader, key: str) -> GrantHeader:
    other = {"org": "0" * 64, "sealed_to": "0" * 64, "recipient": "0" * 64}
    return replace(header, **{key: other[key]})  # type: ignore[arg-type]


def _text(
    header: GrantHeader,
    signers: Sequence[Signer],
    *,
    signed: GrantHeader | None = None,
    signed_as: str = "grant",
    secret: str = str(CASE_KEY),
) -> str:
    line = (signed or header).line()
    signatures: tuple[Signature, ...] = tuple(signer.sign(signed_as, line) for signer in signers)
    sigs = write_signatures(signatures).decode()
    return f"# tern-grant {header.line().decode()}\n# sigs {sigs}\n{secret}\n# "


def _swap(text: str, line: dict[str, Any]) -> str:
    _, rest = text.split("\n", 1)
    return f"# tern-grant {canonical(line).decode()}\n{rest}"
