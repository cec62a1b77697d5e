"""The root: made once, and followed by others as supervisors come, go and lose their keys.

The next root is proposed by one who holds a key of the newest, and signed by others on their own machines, or by a
paper at any of them, until it has all the signatures that both roots demand. Then it is the root.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from app.client.machine import trust as trusting
from app.client.machine.staff import Staff, WordsDiffer
from app.client.people import colleagues
from app.protocol import intake, roots, statements
from app.protocol.certificates import Trust
from app.protocol.certified import Certified, are_words
from app.protocol.documents import Document, Signer, parse_document
from app.protocol.encoding import check_id, new_id, sha256_hex, unb64
from app.protocol.errors import Malformed, NotAuthentic
from app.protocol.release.signatures import SIGNERS, read_signers
from app.protocol.roots import Paper, Root
from app.vocabulary import Role

_PAPER_SIZE: Final = 16
_SIGNED: Final = "root-signed"  # the mark of the last root that a key has signed at this machine
# A proposal is signed at the latest so long after its day: what its supervisors sign counts from that day on.
_OPEN: Final = timedelta(days=30)
# The states of a release for whose signers somebody has vouched.
_SHOWN: Final = frozenset({"embargoed", "published", "superseded"})


class RootOfAnother(Exception):
    """There is a root, and this machine's keys did not make it."""


class TooFewKeys(Exception):
    """After the next loss nobody could make another root: say it twice to have it all the same."""


class NoSuchPaper(Exception):
    """The words are not those of a paper of the root. No message repeats them."""


class SignedAnother(Exception):
    """This key has signed another root of the same version: with both the organisation could come apart into two."""


class NoProposal(Exception):
    """Nobody proposes such a root."""


@dataclass(frozen=True)
class Proposal:
    """A root that waits for signatures, beside the one that it is to follow.

    `added`, `removed` and `renewed` are keys by whose they are, the last of those who get others; `lacks` how many
    signatures are missing, at the least.
    """

    root: Root
    before: Root
    kept: tuple[str, ...] = field(repr=False)

    @property
    def id(self) -> str:
        return self.root.mark.sha256

    @property
    def lacks(self) -> int:
        return self.root.lacks(self.before)

    @property
    def signers(self) -> list[str]:
        return [each.by for each in roots.signatures_of(self.root.document)]

    @property
    def added(self) -> list[str]:
        return sorted(_keys(self.root).keys() - _keys(self.before).keys())

    @property
    def removed(self) -> list[str]:
        return sorted(_keys(self.before).keys() - _keys(self.root).keys())

    @property
    def renewed(self) -> list[str]:
        before = _keys(self.before)
        return sorted(id_ for id_, keys in _keys(self.root).items() if before.get(id_, keys) != keys)

    @property
    def newcomers(self) -> list[Certified]:
        """Supervisors whose keys or roles are new, so that their words are to be compared."""
        return [each for each in self.root.supervisors.values() if self.before.supervisors.get(each.person) != each]


def new_paper() -> Paper:
    """A key for paper alone. Its words are shown once, and lie nowhere else."""
    return Paper(new_id("paper"), secrets.token_bytes(_PAPER_SIZE))


def draft(staff: Staff, *, papers: Sequence[Paper], alone: bool = False) -> Document:
    """The first root, of this person and papers, which is not sent yet: with papers, two keys of all make the next one.

    Raises `TooFewKeys` for a root of one key, unless this person says `alone`.
    """
    if len(papers) < 2 and not alone:
        raise TooFewKeys("a root needs two keys of three, so that one can be lost")
    signers = (staff.signer, *(paper.signer for paper in papers))
    return roots.make_root([_me(staff)], *signers, on=staff.today, k=2 if papers else 1, papers=papers)


def publish(staff: Staff, root: Document) -> str:
    """Make this the organisation's first root, and certify the service's key. The pin.

    Everybody's trust begins here: it is done once, by the first supervisor, on a machine of their own. Raises
    `RootOfAnother`.
    """
    if trusting.fetch_root(staff.service) is None:
        staff.service.post("/key-log", {"entries": [{"document": root.text.decode(), "grants": []}]})
    return go_on(staff)


def go_on(staff: Staff) -> str:
    """Finish where the making of the root was broken off. Raises `RootOfAnother`, also where there is none."""
    root = trusting.fetch_root(staff.service)
    if root is None:
        raise RootOfAnother("there is no root yet")
    if staff.about.pin is None:
        pin = roots.org_of(root)
        if not is_made_by(root, _me(staff)):
            raise RootOfAnother("somebody else has made the root: ask them for the pin")
        staff.machine.pin_to(pin)
    staff.forget()
    if staff.person not in staff.log.trust.supervisors:
        raise RootOfAnother("the root does not list you: its supervisors go on from here")
    if staff.log.service_key is None:
        key = unb64(str(staff.service.get("/service-key").json()["key"]), 32)
        statement = statements.state_service_key(key, org=staff.org, signer=staff.signer, on=staff.today)
        staff.service.post("/key-log", {"entries": [{"document": statement.text.decode(), "grants": []}]})
        staff.forget()
    return staff.org


def is_made_by(root: Document, me: Certified) -> bool:
    """Whether a first root lists this person as they are, and they have signed it: others could name them too."""
    signed = {(each.by, each.key) for each in roots.signatures_of(root)}
    listed = Trust.pinned(root, roots.org_of(root)).supervisors.get(me.person)
    return listed == me and (me.person, me.key) in signed


def has_begun(staff: Staff) -> bool:
    """Whether the service shows a root, whoever made it."""
    return trusting.fetch_root(staff.service) is not None


def draft_next(
    staff: Staff,
    *,
    signer: Signer | None = None,
    add: Mapping[str, str] | None = None,
    renew: Mapping[str, str] | None = None,
    roles: Collection[Role] = (),
    drop: Collection[str] = (),
    papers: Sequence[Paper] = (),
    k: int | None = None,
    without: Mapping[str, str] | None = None,
    alone: bool = False,
) -> Proposal:
    """The next root, not proposed yet: with supervisors whose words were compared, without whom or what `drop` names.

    `add` has the words of each person, `roles` what they are besides supervisors; `renew` those of supervisors who lost
    their keys and have brought others, which take their place with this root. `signer` is a paper that proposes instead
    of this person. As many must sign as before, unless `k` says otherwise. What those who go have signed, or by a key
    that is replaced, the root keeps; where that is for cause, `without` has the words of the people whom they certified
    and whom this person compared again, and of certificates only those are kept. Raises `TooFewKeys` unless told,
    `FingerprintDiffers`, `KeysOfAnother`, and `Malformed` for what is no root.
    """
    staff.forget()
    trust = staff.trust
    before = trust.root
    if unknown := set(drop) - _keys(before).keys():
        raise Malformed(f"the root lists no {', '.join(sorted(unknown))}")
    supervisors = {id_: each for id_, each in before.supervisors.items() if id_ not in drop}
    renewed = renew or {}
    if unknown := renewed.keys() - supervisors.keys():
        raise Malformed(f"no supervisor who stays on the root is {', '.join(sorted(unknown))}")
    for person, words in renewed.items():
        _, supervisors[person] = colleagues.compared(
            staff, person, words, before.supervisors[person].roles, new_keys=True
        )
    for person, words in (add or {}).items():
        also = {*_roles_of(staff, person), *roles, Role.SUPERVISOR}
        _, supervisors[person] = colleagues.compared(staff, person, words, also)
    keys = {id_: key for id_, key in before.papers.items() if id_ not in drop}
    keys |= {paper.id: paper.signer.public_key for paper in papers}
    k = k or max(before.k, 2 if keys else 1)
    number = len(supervisors) + len(keys)
    if number <= k and not (alone and number == 1):
        raise TooFewKeys(f"{number} keys would be left, of which {k} must sign: the next loss would be the last")
    gone, ended = set(before.supervisors) - set(supervisors), {*renewed}
    kept = _kept_of_staff(staff, trust, gone, ended, without)
    body = roots.root_body(
        supervisors.values(),
        k=k,
        papers=keys,
        kept=_kept_in_public(staff, gone | ended) if gone | ended else before.kept,
        kept_staff=roots.list_sha256(kept),
    )
    document = roots.propose_root(body, after=before, org=staff.org, signer=signer or staff.signer, on=staff.today)
    return Proposal(Root.read(document), before, tuple(kept))


def propose(staff: Staff, drafted: Proposal, *, instead: bool = False) -> Proposal:
    """Show it to everybody who may sign it, in the place of its author's last. Its papers lie on paper by now.

    Raises `SignedAnother` unless this person says `instead`.
    """
    _remember_signed(staff, drafted, str(drafted.root.document.header.author), instead=instead)
    return _send(staff, drafted.root.document, drafted.kept)


def proposals(staff: Staff) -> list[Proposal]:
    """What waits for signatures and can follow the newest root. What the service shows besides is left out."""
    staff.forget()
    before = staff.log.trust.root
    found = []
    for item in staff.service.items("/root-proposals"):
        try:
            found.append(_read(staff, before, str(item["document"]), [str(each) for each in item["kept"]]))
        except NotAuthentic:
            continue
    return found


def proposal(staff: Staff, id_: str | None = None) -> Proposal:
    """The one whose hash begins so, or the only one. Raises `NoProposal`."""
    found = [each for each in proposals(staff) if each.id.startswith(id_ or "")]
    if len(found) != 1:
        raise NoProposal("nobody proposes such a root" if not found else "several roots are proposed: name one")
    return found[0]


def sign(
    staff: Staff,
    proposed: Proposal,
    *,
    words: str,
    newcomers: Mapping[str, str],
    paper: Paper | None = None,
    instead: bool = False,
) -> Proposal:
    """Add this person's signature, or that of a paper. With the last that is missing it is the root.

    `words` are the twelve of the proposal, as who proposes it reads them out, `newcomers` those of each person whose
    keys are new, as they read them out themselves. Raises `WordsDiffer`, `SignedAnother` unless this person says
    `instead`, and `NotAuthentic` for a proposal that is out of its days or keeps what nobody of those who go signed.
    """
    if not are_words(words, proposed.root.words):
        raise WordsDiffer("these are not the words of the root that is proposed")
    for each in proposed.newcomers:
        if not are_words(newcomers.get(each.person, ""), each.fingerprint):
            raise WordsDiffer("these are not the words of the keys that the proposed root lists")
    _check_days(proposed.root.made_on, staff.today)
    _check_kept(staff, proposed)
    signer = paper.signer if paper else staff.signer
    _remember_signed(staff, proposed, signer.person, instead=instead)
    signed = roots.sign_root(proposed.root.document, signer)
    for each in proposed.newcomers:
        staff.vouch_for(each)
    return _send(staff, signed, proposed.kept)


def paper_of(words: str, *listed_by: Root) -> Paper:
    """The paper with these words, which one of the roots lists. Raises `NoSuchPaper`."""
    try:
        key = roots.read_paper("", words).signer.public_key
    except Malformed:
        raise NoSuchPaper("these are not twelve words of a paper") from None
    for root in listed_by:
        for id_, listed in root.papers.items():
            if listed == key:
                return roots.read_paper(id_, words)
    raise NoSuchPaper("the root lists no paper with these words")


def certified_by(staff: Staff, people: Collection[str]) -> list[str]:
    """Whom these people certified, as it counts today, but for one another."""
    found = _of_staff(staff, staff.trust, people, besides=people)
    return sorted({each.header.subject for each in found if each.header.type == "certificate"})


def _send(staff: Staff, document: Document, kept: Sequence[str]) -> Proposal:
    before = staff.log.trust.root
    answer = staff.service.post("/root-proposals", {"document": document.text.decode(), "kept": list(kept)}).json()
    gathered = _read(staff, before, str(answer["document"]), kept)
    staff.forget()
    return gathered


def _remember_signed(staff: Staff, proposed: Proposal, by: str, *, instead: bool) -> None:
    """Before it leaves this machine: a signature that was sent cannot be called back."""
    last, mark = staff.seen.highest(_SIGNED, by), proposed.root.mark
    if last and last.version == mark.version and last != mark and not instead:
        raise SignedAnother("this key has signed another root of this version: only one of them may ever count")
    staff.seen.replace(_SIGNED, by, proposed.root.mark)


def _read(staff: Staff, before: Root, text: str, kept: Sequence[str]) -> Proposal:
    root = Root.read(parse_document(text.encode()))
    root.check_proposed(before, org=staff.org)
    if roots.list_sha256(kept) != root.kept_staff:
        raise NotAuthentic("kept")
    return Proposal(root, before, tuple(kept))


def _keys(root: Root) -> dict[str, object]:
    """What each of its holders is known by, by id."""
    return {**root.papers, **{id_: (str(each.recipient), each.key) for id_, each in root.supervisors.items()}}


def _me(staff: Staff) -> Certified:
    return Certified(
        staff.person, frozenset({Role.SUPERVISOR}), staff.keys.identity.recipient, unb64(staff.keys.public_key, 32)
    )


def _roles_of(staff: Staff, person: str) -> frozenset[Role]:
    """Those for which the person is certified today, none where they are not."""
    try:
        return staff.certified(person).roles
    except NotAuthentic:
        return frozenset()


def _check_days(made_on: date, today: date) -> None:
    if not -_OPEN <= made_on - today <= timedelta(days=1):
        raise NotAuthentic("at")


def _check_kept(staff: Staff, proposed: Proposal) -> None:
    """Raises `NotAuthentic` where it keeps what counts for nothing today, or is by nobody whose key goes."""
    trust, gone = staff.trust, {*proposed.removed}
    ended = gone | {*proposed.renewed}
    public = {sha256_hex(each.text) for each in _in_public(staff, ended)}
    of_staff = {sha256_hex(each.text) for each in _of_staff(staff, trust, ended, besides=gone)}
    if not {*proposed.root.kept} <= {*proposed.before.kept} | public or not {*proposed.kept} <= trust.kept | of_staff:
        raise NotAuthentic("kept")


def _kept_in_public(staff: Staff, gone: Collection[str]) -> set[str]:
    """What was kept before, and of those who go what goes on: the service's key, the pages, epochs that have keys."""
    kept = set(staff.log.trust.root.kept)
    for document in _in_public(staff, gone):
        if document.header.type != "intake" or intake.read(document).destroyed_on >= staff.today:
            kept.add(sha256_hex(document.text))
    return kept


def _in_public(staff: Staff, gone: Collection[str]) -> list[Document]:
    """The public documents of these people that count today."""
    trust = staff.log.trust
    documents = [*staff.log.documents, *filter(None, [trusting.fetch_manifest(staff.service, trust)])]
    return [each for each in documents if each.header.author in gone and trust.counts(each)]


def _kept_of_staff(
    staff: Staff, trust: Trust, gone: AbstractSet[str], ended: AbstractSet[str], compared: Mapping[str, str] | None
) -> list[str]:
    """What was kept before, and of those who go or get other keys the statements of keys and the certificates, of all
    people or, where words were compared again, of these. One that leaves somebody without a role is kept whoever goes
    and why: what was taken from them stays taken, and cases hold it (`Trust.ended_by`)."""
    kept = {*trust.kept}
    for document in _of_staff(staff, trust, gone | ended, besides=gone):
        subject = document.header.subject
        gives_nothing = document.header.type != "certificate" or not document.header.body["roles"]
        if gives_nothing or compared is None or _is_of(trust, subject, compared.get(subject, "")):
            kept.add(sha256_hex(document.text))
    return sorted(kept)


def _of_staff(staff: Staff, trust: Trust, people: Collection[str], *, besides: Collection[str]) -> list[Document]:
    """The statements of keys, what vouches for signers of releases, and the certificates, but for those of who is
    `besides`, by these people, that count today."""
    if not people:
        return []
    stated = (parse_document(str(item["document"]).encode()) for item in staff.service.items("/keys"))
    of_others = (each for each in trust.certificates if each.header.subject not in besides)
    of_keys = (trust.check_signed(each, "key") for each in stated)
    documents = [*of_others, *of_keys, *_of_releases(staff, trust)]
    return [each for each in documents if each.header.author in people and trust.counts(each)]


def _of_releases(staff: Staff, trust: Trust) -> list[Document]:
    """What vouches for the signers of releases, under embargo too: without it, none verifies under the next root."""
    every = staff.service.items("/release-requests")
    shown = [check_id("rel", each["id"]) for each in every if each["state"] in _SHOWN]
    files = (staff.service.get(f"/releases/{id_}/files/{SIGNERS}").content for id_ in shown)
    documents = (each for file in files for each in read_signers(file).documents)
    return [trust.check_signed(each, "release-signer") for each in documents if each.header.type == "release-signer"]


def _is_of(trust: Trust, person: str, words: str) -> bool:
    return trust.fingerprints_of(person) == {" ".join(words.lower().split())}
