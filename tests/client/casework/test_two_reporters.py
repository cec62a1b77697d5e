"""Two reporters of one case have two mailboxes, and nothing in the one tells of the other."""

from contextlib import closing

from sqlalchemy import LargeBinary, select, type_coerce

from app.client.casework import cases, triage
from app.client.intake.reporter import Submitted
from app.database import Database
from app.intake.mailbox.models import Mailbox, Slot
from app.protocol import receipt
from tests.client.casework.scene import FOUND, claimed, taken
from tests.client.casework.test_moving import merged
from tests.client.installation import Installation
from tests.client.statistics.test_withdrawals import take_back, told, with_people


def test_a_mailbox_stays_as_it_is_whatever_is_done_with_the_other_report_of_its_case(here: Installation) -> None:
    anna, boris, chen = here.staff("anna"), here.staff("boris"), here.staff("chen")
    first, second, third = (claimed(here, anna) for _ in range(3))
    case = taken(anna, boris, first)
    triage.accept_into(anna, triage.open_(anna, second.report), FOUND, case.id)
    case = with_people(boris, cases.open_(boris, case.id), told(first.report), told(second.report))
    case = cases.change_members(boris, case, add=[chen.person])
    other = cases.change_members(boris, taken(anna, boris, third), add=[chen.person])
    before = mailbox_of(here, second)

    triage.answer(boris, triage.open_(boris, first.report), "We have read it.")
    here.reporter().answer(receipt.read(first.receipt), "Thank you.")
    merged(boris, chen, other, case)
    triage.answer(boris, triage.open_(boris, third.report), "We have read it too.")
    cases.note(chen, cases.open_(chen, case.id), "Both saw the same car.")
    take_back(here, third)

    assert mailbox_of(here, second) == before
    triage.answer(chen, triage.open_(chen, second.report), "We have read it.")
    replies = [here.reporter().mailbox(receipt.read(each.receipt)).replies for each in (first, second)]
    assert [[reply.text for reply in each] for each in replies] == [["We have read it."]] * 2


def mailbox_of(here: Installation, sent: Submitted) -> list[object]:
    """All that lies in it, byte by byte."""
    kept = select(Slot.number, type_coerce(Slot.file, LargeBinary), Slot.until, Slot.reply)
    theirs = kept.join(Mailbox, Mailbox.token_sha256 == Slot.token_sha256).where(Mailbox.report_id == sent.report)
    database = Database(f"sqlite:///{here.directory / 'server' / 'tern.sqlite'}")
    with closing(database), database.read() as session:
        return [tuple(row) for row in session.execute(theirs.order_by(Slot.number))]
