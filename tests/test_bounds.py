"""Every bound as a number: of budgets, sizes, days, tries.

A test that takes a bound from the code goes with it wherever it goes, so that a cap raised by a quarter
passes them all. Here each stands once more, and whoever changes one says so twice.
"""

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Final

import pytest
from pydantic import ValidationError

from app.casework.cases.schemas import EntriesIn
from app.http.routing import JSON_LIMIT
from app.intake.no_script.arriving import Pace
from app.protocol.encoding import b64, canonical, new_id
from app.protocol.journal import MOST_PARTS
from app.protocol.sizes import Kind, ciphertext_sizes, classes
from app.protocol.statements import KeyKind
from app.server import PATIENCE
from app.settings import Settings
from app.statistics.releases.accounting import epsilon
from app.vocabulary import ReleaseKind, ReportState
from app.vocabulary.workloads import all_workloads

APP: Final = Path(__file__).parents[1] / "app"
KIB, MIB = 1024, 1024 * 1024
# What stands elsewhere: the format of age is held by its own vectors, the pages by theirs, commands by their tests.
ELSEWHERE: Final = {"age", "site", "cli"}
TABLES: Final = {
    "_CYRILLIC",
    "_LATIN_OF",
    "_CHINESE",
    "_ONE_FORM",
    "_GREEK",
    "_SHARED",
    "_GROUPS",
    "_URGENCY",
}  # of letters and of order, which bound nothing

BOUNDS: Final[dict[str, dict[str, object]]] = {
    "app.audit.routes": {"LINES": 5000},
    "app.audit.service": {"_MOST_EVENTS": 2**31, "_TO_THE_HOUR": 13},
    "app.backup.checking": {"_PIECE": MIB},
    "app.backup.copying": {"_TRIES": 5},
    "app.backup.directory": {"_PIECE": MIB},
    "app.backup.rows": {"FORMAT": 1, "_AT_ONCE": 20},
    "app.blobs.objects": {"_PIECE": 64 * KIB},
    "app.blobs.store": {"ASIDE": timedelta(days=7), "FEW": 10, "_HUNDRED": 100},
    "app.casework.agreed_ends.schemas": {"MOST_PARTS": 500, "MOST_PEOPLE": 20},
    "app.casework.approvals.bound": {"MOST_A_DAY": 100, "SEEN": timedelta(days=14)},
    "app.casework.cases.listing": {"MOST_RANGES": 60},
    "app.casework.cases.service": {"_REF_LENGTH": 8},
    "app.casework.desk.service": {"MOST": 50},
    "app.casework.moving.schemas": {
        "MOST_CONSENTS": 400,
        "MOST_KEYS": 200,
        "MOST_PARTS": 500,
        "MOST_PEOPLE": 200,
        "MOST_REPORTS": 20,
    },
    "app.casework.stages.service": {
        "ALONE": timedelta(days=7),
        "KEPT_MONTHS": {"short": 6, "standard": 24, "long": 60},
        "LONGEST_HOLD": timedelta(days=92),
    },
    "app.casework.triage.handing_on": {"MOST": 100},
    "app.casework.triage.moves": {"OPENING": timedelta(days=1)},
    "app.casework.triage.routes": {"ONE_IN": 10},
    "app.casework.withdrawals.schemas": {"MOST_PARTS": 2000, "MOST_PEOPLE": 200},
    "app.casework.withdrawals.service": {"OF_MEMBERS": timedelta(days=7)},
    "app.client.casework.cases.moving": {"_AT_ONCE": 10},
    "app.protocol.case.carried": {"_ANSWER": 48 * KIB, "_PART": 896 * KIB},
    "app.client.casework.cases.turning": {"_MOST_SEALED": 2 * MIB, "_MOST_NOTED": 4 * KIB},
    "app.client.casework.cases.writing": {"CHECKPOINT_DISTANCE": 200, "TRIES": 8, "_MOST_TEXT": 3 * MIB},
    "app.client.intake.browser": {"PATIENCE": 30, "QUIET": 0.5, "_FIRST_FREE": 5},
    "app.client.intake.epochs": {
        "EPOCH_DAYS": 7,
        "KEPT_DAYS": 7,
        "AHEAD": 4,
        "ATTACHMENT_LIMIT": 100_000_000,
        "_HOLDERS": 2,
    },
    "app.client.intake.pages": {"_ELSEWHERE": 303, "_ABSENT": 404},
    "app.client.intake.uploads": {"TRIES": 8, "_FIRST_PAUSE": 0.5, "_GONE": 404},
    "app.client.casework.reports.threads": {"_KEPT": timedelta(days=60)},
    "app.client.casework.triage.handing_on": {"_CLOCKS_OFF": timedelta(days=1)},
    "app.client.casework.triage.queue": {"_PAGE": 200},
    "app.client.machine.ends": {"_MOST": 100},
    "app.intake.reports.service": {
        "KEPT": {
            ReportState.REFERRED_OUT: timedelta(days=30),
            ReportState.OUT_OF_MANDATE: timedelta(days=30),
            ReportState.DUPLICATE: timedelta(days=30),
            ReportState.INSUFFICIENT: timedelta(days=30),
            ReportState.UNDECRYPTABLE: timedelta(days=30),
            ReportState.ABUSIVE: timedelta(days=7),
        }
    },
    "app.client.casework.act_approvals": {"_LONGEST_HOLD": 3660},
    "app.client.casework.cases.ending": {"_AT_ONCE": 2000},
    "app.client.people.custodians": {"_AT_ONCE": 50},
    "app.client.machine.objections": {"_MOST": 1_000},
    "app.client.people.duties": {"_MOST": 200},
    "app.client.machine.kept": {"_MAC_SIZE": 32},
    "app.client.machine.passphrases": {"_READ": 72, "_STRONG": 4},
    "app.client.machine.seen": {"_SIZE": 2048, "_PATIENCE": 30},
    "app.client.machine.seen_rows": {"_BESIDE": 2, "_EACH_DAY": 6},
    "app.client.machine.transport": {
        "PAGES_LIMIT": 10_000,
        "_ACT_PAUSES": (1.0, 2.0),
        "ANSWER_LIMIT": 16 * MIB,
        "CASE_LIMIT": 256 * MIB,
        "PAGE_LIMIT": 64 * MIB,
        "WORD_LIMIT": 64 * KIB,
        "BLOCK_SIZE": 64 * KIB,
        "PAUSES": (1.0, 2.0, 4.0, 8.0, 16.0, 32.0),
        "_IDLE_SECONDS": 2,
        "FAILURE": 500,
    },
    "app.client.people.memories": {"_EVERY": 900, "_TRIES": 4},
    "app.intake.sights.service": {"_AT_ONCE": 1000},
    "app.people.memories.schemas": {"MOST": 2_147_483_647},
    "app.people.memories.service": {"KEPT": 3},
    "app.protocol.lists": {"COUNTED": 1000},
    "app.protocol.memory": {"_AROUND": KIB},
    "app.client.people.sign_in": {"_PAUSES": (0.5, 1.0)},
    "app.people.sign_in.challenges": {
        "LIFE": timedelta(minutes=10),
        "_NONCE_SIZE": 16,
        "_TIME_SIZE": 8,
        "_MAC_SIZE": 32,
    },
    "app.people.copies.service": {"TOKEN_DAYS": 3},
    "app.people.new_keys.service": {"TOKEN_DAYS": 3, "ROOT_DAYS": 30},
    "app.people.wire": {"_SIGNATURE_SIZE": 64, "_KEY_SIZE": 32},
    "app.client.people.copies": {"_PAUSES": (0.5, 1.0)},
    "app.client.machine.trust": {"_CHECKED": 4, "LINES_LIMIT": 100_000},
    "app.client.people.roots": {"_PAPER_SIZE": 16, "_OPEN": timedelta(days=30)},
    "app.client.machine.watch": {"TOLERANCE": timedelta(minutes=5)},
    "app.client.machine.unlocked": {
        "LONGEST_HOURS": 12,
        "_REQUEST_SIZE": 65,
        "_ANSWER_SIZE": 16 * KIB,
        "_PATIENCE_SECONDS": 5,
    },
    "app.client.people.colleagues": {"CERTIFIED_FOR": timedelta(days=365)},
    "app.client.people.shared_keys": {
        "TERMS": {
            KeyKind.STATISTICS: timedelta(days=365),
            KeyKind.CARD_WRITING: timedelta(days=31),
            KeyKind.DRILL: timedelta(days=3650),
            KeyKind.DESK: timedelta(days=365),
        }
    },
    "app.client.statistics.cards": {"DELAY_HOURS": 72, "_MAY_WAIT": timedelta(days=14)},
    "app.client.statistics.releases": {"_FIRST_PAUSE": 0.05, "_LONGEST_PAUSE": 3.0},
    "app.database.postgresql": {"_INTERVAL": 0.1},
    "app.database.places": {"_BITS": 63, "_DAYS": 65536, "_RANDOM": 47},
    "app.migrations.versions.0083_places_of_files": {"_MOST": 2**63 - 1},
    "app.database.engine": {
        "CONNECTIONS": 50,
        "_COPIES": 2,
        "_LEFT_FREE": 128 * 2**20,
        "_KEPT": 10,
        "_THREADS": 40,
        "_BUSY": 5,
        "_LOCK_SECONDS": 10,
        "_TRY_SECONDS": 0.5,
        "_CONNECT_SECONDS": 5,
        "ANSWER_SECONDS": 11,
        "_COMMAND_SECONDS": 600,
        "_REST_SECONDS": 2,
        "_PRIMARY": 255,
        "_SCHEMA_LOCK": 0x7465726E,
        "_ANEW_LOCK": 0x7465726F,
        "_ANEW_SECONDS": 60,
        "_PAUSE_SECONDS": 0.5,
    },
    "app.database.ranges": {"_AT_ONCE": 100},
    "app.database.doom": {"_FROM": 15},
    "app.database.layer": {"ID_SIZE": 16, "KEY_SIZE": 32, "_NONCE_SIZE": 12},
    "app.destruction": {"_AT_ONCE": 500},
    "app.client.casework.at_once": {"_MOST": 100},
    "app.client.casework.templates": {"_TRIES": 8},
    "app.casework.templates.schemas": {"MOST": 2_147_483_647},
    "app.protocol.templates": {"MOST": 200, "NAME_LENGTH": 60},
    "app.client.casework.views": {"LONGEST": 60, "MOST": 50},
    "app.casework.clocks.free_days": {"YEARS": 10},
    "app.casework.clocks.service": {"ALONE": timedelta(days=7)},
    "app.casework.clocks.working_time": {"_DAY": timedelta(days=1)},
    "app.casework.triage.overdue": {"MOST": 50},
    "app.database.types": {"_QUARTER": 15},
    "app.installation.digests": {
        "_LATEST": timedelta(hours=3),
        "_PORTS": {"smtp": 587, "smtps": 465},
        "_SECONDS": 30.0,
    },
    "app.installation.webhooks": {"_SECONDS": 20.0},
    "app.installation.shredding": {"_IN_MEMORY": 100, "_WRAPPED_AT_ONCE": 20_000},
    "app.shred_keys.copies": {"KEPT": timedelta(days=7), "_DIGEST_SIZE": 32, "_SIZE": 48},
    "app.shred_keys.store": {"_FIRST": 64, "_MOST": 4096, "_REMEMBERED": 65_536, "_ROWS": 500},
    "app.http.memory": {
        "REPORTERS": 16 * MIB,
        "OTHERS": 8 * MIB,
        "SHORT": 64 * KIB,
        "_KEPT": 8,
        "RETRY_SECONDS": 2,
        "_HASTE_SECONDS": 10.0,
        "_DIGITS": 10,
    },
    "app.http.answers": {"_FAULTS": 20, "_RETRY_SECONDS": 5},
    "app.http.bodies": {"VALUES_LIMIT": 10_000, "DEPTH_LIMIT": 16},
    "app.http.lanes": {
        "LOOK_UPS": 8,
        "STAFF": 16,
        "OF_A_LANE": 4,
        "OF_A_PERSON": 32,
        "WAITING": 64,
        "_RETRY_SECONDS": 1,
    },
    "app.http.paging": {"_MAC_SIZE": 16},
    "app.http.routing": {"JSON_LIMIT": 4 * MIB},
    "app.installation.free_space": {"LOOKS_BACK": timedelta(days=14), "LEAST": timedelta(days=2)},
    "app.intake.attachments.service": {"LIMIT": 32},
    "app.intake.attachments.uploads": {"DAYS": 3},
    "app.intake.epochs.open_epochs": {"_SECONDS": 2.0},
    "app.intake.key_log.schemas": {"ENTRIES_LIMIT": 60},
    "app.intake.key_log.service": {"PAGE": 1000},
    "app.intake.key_log.proposals": {"KEPT_LIMIT": 5_000},
    "app.intake.posts.body": {"LINE_LIMIT": 512, "SECRET_SIZE": 32, "LIMIT": 73_462},
    "app.intake.posts.budget": {"POSTS": 50, "SIZE": 2 * MIB, "_PLACE_SIZE": 1},
    "app.intake.mailbox.service": {"REPLY_DAYS": 60, "READ_DAYS": 14, "FIRST_THREAD_STATE": 0, "_ROWS": 17},
    "app.intake.no_script.arriving": {"_PIECE_SECONDS": 60, "_FORM_SECONDS": 3600, "_LOOK_SECONDS": 0.25},
    "app.intake.no_script.forms": {"TEXT_LIMIT": MIB, "TEXT_LENGTH": 200_000, "MESSAGE_LENGTH": 20_000},
    "app.intake.no_script.once": {"MINUTES": 10, "ROOM": 64 * MIB, "_SMALLEST": 32 * KIB, "_KEY_SIZE": 32},
    "app.intake.no_script.multipart": {"_HEADERS_LIMIT": 8 * KIB, "_PARTS_LIMIT": 300, "_PIECE": 64 * KIB},
    "app.intake.no_script.routes": {
        "_FIELDS_LIMIT": 2 * MIB,
        "_SHORT": 256 * KIB,
    },
    "app.intake.pages.service": {"_LONGEST": 1000},
    "app.intake.no_script.state": {"THREADS": 8, "SLOW_THREADS": 24},
    "app.intake.arrivals.arrival": {
        "LINE_LIMIT": 4 * KIB,
        "_GRANT_SIZE": 5755,
        "_SLOT_SIZE": 5755,
        "LIMIT": 1_066_081,
        "_REF_BYTES": 5,
    },
    "app.installation.ends": {
        "_EPOCH": timedelta(days=2),
        "_KEYS": {
            KeyKind.CARD_WRITING: timedelta(days=7),
            KeyKind.STATISTICS: timedelta(days=30),
            KeyKind.DESK: timedelta(days=30),
        },
        "_CERTIFICATE": timedelta(days=30),
        "_DISK": timedelta(days=30),
        "_GONE": timedelta(days=30),
    },
    "app.installation.last_backup": {"_OLD": timedelta(days=2)},
    "app.installation.readiness": {"LOOK_SECONDS": 10.0, "STALL_SECONDS": 10.0, "_SIZE": 4 * KIB},
    "app.installation.worker": {"_LOOK_SECONDS": 60.0, "_REST_SECONDS": 900.0, "_END_SECONDS": 10.0},
    "app.installation.service": {"LEAST_FREE_BYTES": 128 * MIB},
    "app.intake.lifecycle.service": {
        "OUTCOME_DAYS": 30,
        "WAY_BACK": timedelta(days=7),
    },
    "app.intake.arrivals.writer": {"WAITING_LIMIT": 32 * MIB, "_BATCH_LIMIT": 128, "_RETRY_SECONDS": 1},
    "app.keyring": {"_SIZE": 32},
    "app.people.passwords": {"_RETRY_SECONDS": 1},
    "app.people.sign_in.service": {"_TOKEN_SIZE": 32},
    "app.people.partners.service": {
        "LONGEST": timedelta(days=1098),
        "TOKENS": 5,
        "TOKEN_LIFE": timedelta(days=366),
        "KEPT": timedelta(days=90),
    },
    "app.people.staff.invitations": {"INVITATION_DAYS": 14, "_TOKEN_SIZE": 32},
    "app.people.staff.service": {"PAGE": 1000},
    "app.protocol.case.work": {"REVIEWED_WITHIN": {"p1": 3, "p2": 14, "p3": 30, "p4": 90}},
    "app.protocol.card": {"CARD_SIZE": 1024, "TOKEN_SIZE": 16, "FORMAT": 1, "SIGNATURES": 2, "LAST_REVISION": 999},
    "app.protocol.documents": {
        "VERSION": 1,
        "CLOCK_SKEW": timedelta(days=1),
        "_FIELD": 2**255 - 19,
        "_ORDER_8": 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    },
    "app.protocol.encoding": {"MOST": 9_007_199_254_740_991, "_YEARS": range(1900, 9000)},
    "app.protocol.pairs": {
        "MOST_CUSTODIANS": 5,
        "MOST_PAIRS": 10,
        "MOST_RECOVERED": 4,
        "MOST_WITH_IT": 60,
        "DRILLED_WITHIN": timedelta(days=30),
        "OPEN_FOR": timedelta(days=14),
    },
    "app.protocol.grants": {"LOAN": timedelta(days=14)},
    "app.protocol.intake": {
        "LONGEST_ACCEPTANCE": timedelta(days=6),
        "LONGEST_KEEPING": timedelta(days=7),
        "UNDECIDED_DAYS": timedelta(days=60),
        "TOLD_AFTER": timedelta(days=3),
        "LONGEST_AHEAD": timedelta(days=60),
        "LEAST_COVER": timedelta(days=20),
    },
    "app.protocol.journal.acts": {"AGREED_FOR": timedelta(days=14)},
    "app.protocol.journal.checkpoint": {"PIECE_LENGTH": 700_000},
    "app.protocol.journal.entry": {
        "MOST_ENDED": 2,
        "MOST_PARTS": 20,
        "MOST_PART_KEYS": 20,
        "MOST_PIECES": 20,
        "MOST_REPORT_KEYS": 20,
    },
    "app.protocol.mailbox": {
        "SLOTS": 16,
        "STAFF_SLOTS": 14,
        "THREAD_STATE_SLOT": 1,
        "STATE_SLOT": 2,
        "FIRST_STAFF_SLOT": 3,
        "SLOT_SIZE": 5755,
        "PART_SIZE": 1000,
        "DAYS": 32,
        "NUMBERS": range(1, 10_000),
        "_Q": 3329,
        "_U": 768,
        "_V": 256,
        "_DU": 10,
        "_DV": 4,
        "_LIMIT": 63_251,
        "_COEFFICIENTS": 2336,
    },
    "app.protocol.manifest": {"_NAME_LENGTH": 200},
    "app.protocol.certified": {"_ENTROPY_SIZE": 16},
    "app.protocol.key_copy": {"WORK_FACTOR_LIMIT": 18, "_ACCOUNT_KEY_SIZE": 16},
    "app.protocol.receipt": {"RECEIPT_SIZE": 16, "WORD_COUNT": 12},
    "app.protocol.report": {"FREE_LENGTH": 20_000, "NAME_LENGTH": 255, "MEDIA_TYPE_LENGTH": 127, "ATTACHMENTS": 32},
    "app.protocol.selectors": {"VALUE_LENGTH": 2000},
    "app.protocol.selectors.wallets": {"_BASE58_SIZE": 25},
    "app.protocol.sign_in": {"PASSWORD_LENGTHS": range(12, 1025)},
    "app.protocol.sizes": {
        "KIB": 1024,
        "MIB": 1_048_576,
        "ATTACHMENT_CEILING": 1_073_741_824,
        "_CLASSES": {
            Kind.GRANT: (4096,),
            Kind.SLOT: (4096,),
            Kind.TASK: (4096,),
            Kind.KEYS: (4096,),
            Kind.MESSAGE: (4096, 16_384, 65_536),
            Kind.REPORT: (8192, 16_384, 32_768, 65_536, 262_144, 1_048_576),
            Kind.CARD: (1024,),
            Kind.PAIR: (16_384,),
            Kind.JOURNAL: (4096, 16_384),
            Kind.MEMORY: (65_536, 131_072, 262_144, 524_288, 1_048_576),
            Kind.PART: (4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576),
        },
    },
    "app.logs": {"LINES": 100, "_HOUR": 3600.0},
    "app.server": {
        "HEADER_LIMIT": 16 * KIB,
        "FIELDS_LIMIT": 64,
        "PIPELINED": 4,
        "GRACE": 10,
        "CONNECTIONS": 4096,
        "LEAST_CONNECTIONS": 64,
        "OTHER_FILES": 320,
        "_RETRY_SECONDS": 2,
        "STACK": 2 * MIB,
        "_TOLD_SECONDS": 60.0,
        "_PAUSE_SECONDS": 1.0,
        "_AT_ONCE": 64,
        "_TICKS": 10,
    },
    "app.private": {"FILE": 0o600, "DIRECTORY": 0o700},
    "app.people.sign_in.turns": {"AT_ONCE": 2, "OF_A_NAME": 4, "STRANGERS": 64, "_RETRY_SECONDS": 1},
    "app.protocol.statements": {
        "LATE": timedelta(days=31),
        "RENEWED_BEFORE": {
            KeyKind.STATISTICS: timedelta(days=45),
            KeyKind.CARD_WRITING: timedelta(days=7),
            KeyKind.DESK: timedelta(days=45),
        },
    },
    "app.protocol.certificates": {"RENEWED_BEFORE": timedelta(days=45)},
    "app.people.audit_heads.service": {"_COUNTERSIGNED_WITHIN": timedelta(days=3)},
    "app.protocol.typos": {"_FURTHEST": 2},
    "app.protocol.release.about": {"ANY_READER": 5, "COMPOSER": 5, "MANY_LANGUAGES": 4, "NAMED": 2},
    "app.protocol.release.catalogue": {"_OF_EUROPE": 4},
    "app.protocol.release.budget": {
        "KIND_CAP": {ReleaseKind.QUARTER: 12_500, ReleaseKind.YEAR: 110_000, ReleaseKind.RESERVE: 20_000},
        "YEAR_CAP": 180_000,
        "LIFE_CAP": 500_000,
        "DELTAS": (1e-5, 1e-6, 1e-9),
        "_NO_LESS": 1e-9,
        "_NO_MORE": 2e-4,
        "_STEPS": 200,
    },
    "app.protocol.release.chart": {
        "_WIDTH": 320,
        "_LEFT": 4,
        "_ROW": 38,
        "_HEAD": 22,
        "_RADIUS": 4,
        "_SCALE": 312,
        "_TICKS": 4,
    },
    "app.protocol.release.frame": {"_STYLES": (1, 2, 4, 5)},
    "app.protocol.release.page": {"_WHOLE": 21, "_DRAWN": 24},
    "app.protocol.release.words": {
        "_PLAIN": 4,
        "_PLAINLY": dict(zip(map(ord, "，：；（）？\N{NO-BREAK SPACE}"), map(ord, ",:;()? "), strict=True)),
    },
    "app.protocol.release.grades": {
        "_FALSE_PLACES": 0.05,
        "_FALSE_CHANGES": 0.05,
        "_TWO_SIDED": 1.96,
        "_ONE_SIDED": 1.645,
        "SURE": 10,
        "ROUGH": 5,
    },
    "app.protocol.release.mechanism": {"TESTABLE": 200, "_TOO_LITTLE": 0.5, "_ODD": (0.67, 1.5)},
    "app.protocol.release.parquet": {
        "_PLAIN": 0,
        "_RLE": 3,
        "_UTF8": 0,
        "_I32": 5,
        "_I64": 6,
        "_BINARY": 8,
        "_LIST": 9,
        "_STRUCT": 12,
    },
    "app.protocol.release.workbook": {"_LONG": 60},
    "app.recorded_day": {"AHEAD": timedelta(days=3), "_SECONDS": 5.0},
    "app.statistics.releases.beside": {"_LOOK_MILLISECONDS": 1000, "_NICE": 10},
    "app.statistics.releases.accounts": {"NAME": 16, "SLOT": 20, "LINK": 1 << 31},
    "app.statistics.releases.kept_accounts": {"PIECE": MIB},
    "app.statistics.cards.routes": {"SEALED_SIZE": 2683},
    "app.statistics.releases.for_partners": {"FILES": 2_000, "KEPT": timedelta(days=90)},
    "app.statistics.releases.counting": {"_MOST_KINDS": 5},
    "app.statistics.releases.packed": {"_PARTS": 256},
    "app.statistics.releases.opening": {"ALONE": 3},
    "app.statistics.releases.requests": {
        "LONGEST_EMBARGO": timedelta(days=31),
        "GATES": {"Q": 300, "XS": 30, "S": 150, "M": 1_500, "L": 8_000},
        "RELEASES_OF_A_PERIOD": 2,
    },
    "app.statistics.releases.models": {"WORDS": 500},
    "app.statistics.releases.schemas": {"_DOCUMENT": 4096},
    "app.statistics.releases.runs": {"PAGE": 250, "BEAT_SECONDS": 2.0, "SILENT_SECONDS": 60.0, "_LOOK_SECONDS": 0.2},
}


def test_every_bound_is_the_number_that_was_agreed() -> None:
    assert {module: bounds for module, bounds in _stated() if bounds} == BOUNDS


@pytest.mark.parametrize(
    ("limit", "classes_of_attachments", "last"),
    [(1, 1, 65_536), (16 * MIB, 15, 16_777_216), (100_000_000, 25, 100_663_296), (1024 * MIB, 39, 1_073_741_824)],
)
def test_attachments_have_few_lengths(limit: int, classes_of_attachments: int, last: int) -> None:
    found = classes(Kind.ATTACHMENT, limit)

    assert (len(found), found[-1]) == (classes_of_attachments, last)


_ONCE_EACH = {"total": 1, "origin": 1, "host": 1, "severity": 1}


def test_a_release_spends_what_its_workload_says() -> None:
    workloads = all_workloads().values()

    assert {each.id: each.rho for each in workloads} == {"T": 5_000, "Q": 12_500} | dict.fromkeys(
        ("XS", "S", "M", "L"), 110_000
    )
    # In how many cells of a table one person is counted at most.
    assert {each.id: {table.name: table.m for table in each.tables} for each in workloads} == {
        "T": {"total": 1},
        "Q": {"total": 1, "origin": 1, "host": 1, "type": 3, "severity": 1},
        "XS": {"total": 1, "type": 4},
        "S": _ONCE_EACH
        | {"type": 5, "target_group": 3, "actor": 3, "signs": 4, "hoax": 1, "response": 3, "verification": 1}
        | {"kinds": 1},
        "M": _ONCE_EACH
        | {"type": 6, "type_code": 7, "target_group": 3, "actor": 4, "signs": 4, "hoax": 1, "road": 1}
        | {"verification": 1, "kinds": 1, "incident_period": 2, "channel": 4, "relation": 1}
        | {"origin_region_type": 6, "host_region_type": 6, "host_region_response": 3, "origin_host_region": 1},
        "L": _ONCE_EACH
        | {"type": 9, "type_code": 9, "target_group": 4, "actor": 5, "signs": 4, "hoax_part": 1, "road": 1}
        | {"verification": 1, "kinds": 1, "incident_period": 3, "channel": 5, "relation": 1}
        | {"origin_region_type": 9, "host_region_type": 9, "host_region_response": 3, "origin_host_region": 1}
        | {"harm": 4, "modality": 4, "category": 3, "outcome": 1, "station_part": 1, "origin_type": 9}
        | {"type_actor": 6},
    }


@pytest.mark.parametrize(
    ("rho", "said"), [(5_000, 0.43), (12_500, 0.7003), (110_000, 2.2561), (160_000, 2.7693), (500_000, 5.2216)]
)
def test_a_budget_means_this_epsilon(rho: int, said: float) -> None:
    assert epsilon(rho, 1e-6) == said


def test_what_an_installation_sets_begins_with_these_and_has_an_end() -> None:
    assert (Settings().session_hours, Settings().attachment_limit) == (12, 100_000_000)
    assert (Settings(session_hours=1).session_hours, Settings(session_hours=168).session_hours) == (1, 168)
    for hours in (0, 169):
        with pytest.raises(ValidationError):
            Settings(session_hours=hours)
    assert (Settings().free_space_floor, Settings(free_space_floor=0).free_space_floor) == (1024 * MIB, 0)
    with pytest.raises(ValidationError):
        Settings(attachment_limit=0)
    with pytest.raises(ValidationError):
        Settings(free_space_floor=-1)


def test_what_is_written_to_a_case_in_one_request_is_this_much_at_most() -> None:
    written = EntriesIn.model_json_schema()["properties"]
    lists = {name: each.get("maxItems") for name, each in written.items() if each.get("type") == "array"}

    assert lists == {
        "entries": 100,
        "parts": 500,
        "add": 100,
        "turned": 100,
        "pairs": 10,
        "report_keys": 20,
        "part_keys": 20,
        "checkpoint": 20,
        "remove": 100,
        "confirm": 4,
    }
    # As many of the smallest as are allowed, with the entries that name them, are no longer than a request may be.
    smallest = {kind: b64(bytes(min(ciphertext_sizes(kind)))) for kind in (Kind.JOURNAL, Kind.PART)}
    part = {"id": new_id("part"), "version": 1, "file": smallest[Kind.PART]}
    entries = [smallest[Kind.JOURNAL]] * (500 // MOST_PARTS)
    assert len(canonical({"entries": entries, "parts": [part] * 500})) < JSON_LIMIT


def test_whoever_connects_is_waited_for_this_long() -> None:
    assert asdict(PATIENCE) == {
        "header": 20,
        "body": 120,
        "body_bytes": 6 * KIB,
        "rest": 30,
        "answer": 300,
        "idle": 5,
    }


def test_a_form_with_files_keeps_its_place_by_this_pace() -> None:
    assert asdict(Pace()) == {"bytes_a_second": 16 * KIB, "seconds": 10, "waiting_seconds": 60}


def _stated() -> Iterator[tuple[str, dict[str, object]]]:
    """The numbers that each module of the service and its clients gives a name in capitals."""
    for path in sorted(APP.rglob("*.py")):
        place = path.relative_to(APP.parent).with_suffix("").parts
        names = [name for name in _constants(path) if name not in TABLES]
        if not names or place[1] in ELSEWHERE:
            continue
        name = ".".join(place).removesuffix(".__init__")
        module = importlib.import_module(name)
        yield name, {each: getattr(module, each) for each in names if _is_bound(getattr(module, each, None))}


def _constants(path: Path) -> Iterator[str]:
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            for each in ast.walk(statement):
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store) and each.id.lstrip("_").isupper():
                    yield each.id


def _is_bound(value: object) -> bool:
    if isinstance(value, bool | Enum):
        return False
    if isinstance(value, tuple):
        return bool(value) and all(map(_is_bound, value))
    if isinstance(value, Mapping):
        return bool(value) and all(map(_is_bound, value.values()))
    return isinstance(value, int | float | timedelta | range)
