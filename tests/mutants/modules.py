"""What is changed, and the tests that must notice: those of the module, and the vectors where it reads documents."""

from typing import Final

_AGE_VECTORS: Final = "tests/age/test_vectors.py"
_ANY_INPUT: Final = "tests/age/test_any_input.py"
_BOUNDS: Final = "tests/test_bounds.py"
_FILE: Final = "tests/age/test_file.py"
_REFUSALS: Final = "tests/protocol/test_refusals.py"
_VECTORS: Final = "tests/protocol/test_vectors.py"
_VECTORS_OF_TYPES: Final = "tests/protocol/test_vectors_of_types.py"
_MACHINES: Final = "tests/test_machines.py"
_OF_REPORTS: Final = "tests/casework/test_report_machine.py"
# Where no test is of one module alone, whole folders as each composer makes them, byte by byte.
_RELEASES: Final[dict[str, tuple[str, ...]]] = {
    "*": ("composers", "page", "words"),
    "about": ("about", "composers", "verification"),
    "breaks": ("breaks",),
    "budget": ("budget",),
    "catalogue": ("catalogue", "composers"),
    "composition": ("composers", "breaks"),
    "counts": ("counts",),
    "family": ("family",),
    "folder": ("folder", "composers", "verification"),
    "grades": ("grades",),
    "ledger": ("ledger",),
    "chart": ("chart", "composers"),
    "maps": ("maps",),
    "mechanism": ("mechanism",),
    "release_keys": ("release_keys",),
    "sdmx": ("composers", "sdmx"),
    "signatures": ("verification",),
    "sums": ("verification",),
    "tables": ("tables", "composers", "breaks"),
    "verification": ("verification", "composers"),
    "words": ("words", "page"),
}
_CASES: Final = "tests/protocol/case/"
_JOURNALS: Final = (
    "tests/protocol/journal/",
    "tests/protocol/test_journal.py",
    "tests/protocol/test_members.py",
    _REFUSALS,
)
# Of a case's modules the tests that are enough; of the others all.
_OF_CASES: Final[dict[str, tuple[str, ...]]] = {
    "cards": ("cards", "cards_of_two", "ties"),
    "carried": ("carried",),
    "coding": ("coding",),
    "file": ("file", "ties"),
    "pieces": ("pieces", "ties"),
    "succession": ("succession", "ties"),
    "ties": ("ties",),
    "values": ("values",),
    "work": ("values",),
}
# Of the modules of a journal those that have tests of their own, which are tried before the others.
_OWN_OF_JOURNALS: Final = ("checkpoint", "entry", "following", "seconding")
# Who may do what in a case, and see what of it.
_CASEWORK: Final[dict[str, tuple[str, ...]]] = {
    "agreed_ends/service": ("agreed_ends",),
    "approvals/service": ("asked_approvals", "given_approvals"),
    "cases/holders": ("holders",),
    "cases/membership": ("membership", "recoveries"),
    "cases/service": ("opening", "knowing", "recoveries", "leaving"),
    "ends/service": ("ends",),
    "moving/service": ("moving",),
    "triage/service": ("judging",),
}

PYTHON: Final[dict[str, tuple[str, ...]]] = {
    "app/age/__init__.py": (_FILE,),
    "app/age/armor.py": ("tests/age/test_armor.py", _AGE_VECTORS, _ANY_INPUT),
    "app/age/bech32.py": ("tests/age/test_bech32.py", "tests/age/test_keys.py"),
    "app/age/encoding.py": ("tests/age/test_envelope.py", _AGE_VECTORS),
    "app/age/envelope.py": ("tests/age/test_envelope.py", _ANY_INPUT),
    "app/age/errors.py": (_FILE,),
    "app/age/file.py": (_FILE, _AGE_VECTORS),
    "app/age/file_key.py": (_FILE, _AGE_VECTORS),
    "app/age/header.py": (_FILE, "tests/age/test_envelope.py", _AGE_VECTORS, _ANY_INPUT),
    "app/age/keys.py": ("tests/age/test_keys.py", _ANY_INPUT),
    "app/age/mlkem768x25519.py": ("tests/age/test_keys.py", _FILE, _AGE_VECTORS),
    "app/age/scrypt.py": (_FILE, _AGE_VECTORS),
    "app/age/source.py": (_FILE, "tests/age/test_armor.py", _AGE_VECTORS),
    "app/age/stream.py": (_FILE, "tests/age/test_envelope.py", _AGE_VECTORS),
    "app/age/x25519.py": ("tests/age/test_keys.py", _FILE, _AGE_VECTORS),
    "app/protocol/attachments.py": ("tests/protocol/test_attachments.py",),
    "app/protocol/audit_chain.py": ("tests/protocol/test_audit_chain.py", _REFUSALS),
    "app/protocol/audit_heads.py": ("tests/protocol/test_audit_heads.py", _VECTORS_OF_TYPES, _REFUSALS),
    "app/protocol/card.py": ("tests/protocol/test_card.py", _BOUNDS),
    "app/protocol/case/*.py": (_CASES,),
    **{
        f"app/protocol/case/{module}.py": tuple(f"{_CASES}test_{each}.py" for each in tests)
        for module, tests in _OF_CASES.items()
    },
    "app/protocol/certified.py": ("tests/protocol/test_certificates.py", "tests/protocol/test_key_log.py", _REFUSALS),
    "app/protocol/certificates.py": (
        "tests/protocol/test_certificates.py",
        "tests/protocol/test_standing.py",
        _BOUNDS,
        _REFUSALS,
    ),
    "app/protocol/chain.py": ("tests/protocol/test_chain.py", _REFUSALS),
    "app/protocol/conversation.py": ("tests/protocol/test_conversation.py", _REFUSALS),
    "app/protocol/derivation.py": ("tests/protocol/test_receipt.py", _VECTORS),
    "app/protocol/documents.py": ("tests/protocol/test_documents.py", _REFUSALS),
    "app/protocol/encoding.py": ("tests/protocol/test_encoding.py", _REFUSALS),
    "app/protocol/ends.py": ("tests/protocol/test_ends.py",),
    "app/protocol/errors.py": ("tests/protocol/test_opening.py", "tests/client/machine/test_seen.py", _REFUSALS),
    "app/protocol/grants.py": ("tests/protocol/test_grants.py", _REFUSALS),
    "app/protocol/intake.py": ("tests/protocol/test_intake.py", _BOUNDS, _REFUSALS),
    "app/protocol/journal/*.py": _JOURNALS,
    **{
        f"app/protocol/journal/{module}.py": (f"tests/protocol/journal/test_{module}.py", *_JOURNALS)
        for module in _OWN_OF_JOURNALS
    },
    "app/protocol/kept_pairs.py": ("tests/protocol/test_kept_pairs.py",),
    "app/protocol/key_copy.py": ("tests/protocol/test_key_copy.py", _VECTORS_OF_TYPES),
    "app/protocol/key_log.py": ("tests/protocol/test_key_log.py", _REFUSALS),
    "app/protocol/lists.py": (_BOUNDS,),
    "app/protocol/losses.py": ("tests/protocol/test_losses.py", _VECTORS_OF_TYPES, _REFUSALS),
    "app/protocol/mailbox.py": ("tests/protocol/test_mailbox.py", _REFUSALS),
    "app/protocol/manifest.py": ("tests/protocol/test_manifest.py", _VECTORS),
    "app/protocol/members.py": ("tests/protocol/test_members.py", _REFUSALS),
    "app/protocol/memory.py": ("tests/protocol/test_memory.py",),
    "app/protocol/objections.py": ("tests/protocol/test_objections.py", _VECTORS),
    "app/protocol/opening.py": ("tests/protocol/test_opening.py", _REFUSALS),
    "app/protocol/opaque_string.py": ("tests/client/machine/test_machine.py",),
    "app/protocol/pairs.py": ("tests/protocol/test_pairs.py", _BOUNDS, _VECTORS_OF_TYPES, _REFUSALS),
    "app/protocol/periods.py": ("tests/protocol/test_periods.py",),
    "app/protocol/receipt.py": ("tests/protocol/test_receipt.py", _VECTORS),
    **{
        f"app/protocol/release/{module}.py": tuple(f"tests/protocol/release/test_{each}.py" for each in tests)
        for module, tests in _RELEASES.items()
    },
    "app/protocol/report.py": ("tests/protocol/test_report.py", _REFUSALS),
    "app/protocol/selectors/*.py": ("tests/protocol/test_selectors.py",),
    "app/protocol/roots.py": ("tests/protocol/test_roots.py", "tests/protocol/test_key_log.py", _REFUSALS),
    "app/protocol/sign_in.py": ("tests/protocol/test_sign_in.py",),
    "app/protocol/sizes.py": ("tests/protocol/test_sizes.py", _VECTORS),
    "app/protocol/staff_log.py": ("tests/protocol/test_staff_log.py", _VECTORS_OF_TYPES, _REFUSALS),
    "app/protocol/templates.py": ("tests/protocol/test_templates.py",),
    "app/protocol/typos.py": ("tests/protocol/test_typos.py", "tests/protocol/test_receipt.py"),
    "app/protocol/types.py": ("tests/protocol/test_types.py", "tests/protocol/test_opening.py", _REFUSALS),
    "app/protocol/statements.py": ("tests/protocol/test_statements.py", _BOUNDS, _REFUSALS),
    "app/transitions.py": (_MACHINES, "tests/casework/test_triage.py"),
    "app/casework/approvals/machine.py": (_MACHINES,),
    "app/casework/consents/machine.py": (_MACHINES,),
    "app/casework/moving/machine.py": (_MACHINES,),
    "app/casework/stages/machine.py": (_MACHINES,),
    "app/casework/triage/machine.py": (_OF_REPORTS, _MACHINES),
    "app/statistics/releases/machine.py": (_MACHINES,),
    **{
        f"app/casework/{module}.py": tuple(f"tests/casework/test_{each}.py" for each in tests)
        for module, tests in _CASEWORK.items()
    },
    "app/casework/approvals/bound.py": ("tests/casework/test_approval_bound.py", _BOUNDS),
    "app/people/grants/service.py": ("tests/people/test_grants.py",),
    "app/people/partners/service.py": ("tests/people/test_partners.py",),
    "app/statistics/releases/for_partners.py": ("tests/statistics/releases/test_for_partners.py", _BOUNDS),
    "app/statistics/releases/public.py": ("tests/statistics/releases/test_public.py",),
    "app/statistics/releases/accounts.py": ("tests/statistics/releases/test_accounts.py", _BOUNDS),
    "app/statistics/releases/kept_accounts.py": ("tests/statistics/releases/test_draws.py", _BOUNDS),
    "app/statistics/releases/ledger.py": ("tests/statistics/releases/test_requests.py",),
    "app/statistics/releases/requests.py": ("tests/statistics/releases/test_requests.py", _BOUNDS),
    "app/statistics/releases/draws.py": ("tests/statistics/releases/test_draws.py",),
    "app/statistics/releases/drawing.py": ("tests/statistics/releases/test_draws.py",),
    "app/statistics/releases/accounting.py": ("tests/statistics/releases/test_accounting.py", _BOUNDS),
    "app/statistics/releases/counting.py": ("tests/statistics/releases/test_counting.py",),
    "app/statistics/releases/packed.py": ("tests/statistics/releases/test_counting.py",),
    "app/statistics/releases/noise.py": ("tests/statistics/releases/test_noise.py",),
}

# Tests that ask for nothing of `tests/conftest.py`.
ALONE: Final = (
    "tests/age/",
    "tests/protocol/",
    "tests/statistics/releases/test_accounting.py",
    "tests/statistics/releases/test_accounts.py",
    "tests/statistics/releases/test_counting.py",
    "tests/statistics/releases/test_noise.py",
    _BOUNDS,
    _MACHINES,
    _OF_REPORTS,
)

# The browser's chain of trust, which has its own runner; the tests of all of them are those of `app/web/protocol`.
TYPESCRIPT: Final[dict[str, tuple[str, ...]]] = {"app/web/protocol/*.ts": ()}
