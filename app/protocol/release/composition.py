"""From the stored noisy counts to the folder of a release. The same arguments give the same bytes, always."""

import codecs
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from app.protocol.release.about import ABOUT, ANY_READER, About, write_about
from app.protocol.release.breaks import breaks
from app.protocol.release.brief import BRIEFS, brief
from app.protocol.release.catalogue import DCAT, PACKAGE, dcat, package
from app.protocol.release.counts import NOISY, NoisyCounts, write_counts
from app.protocol.release.deployment import DEPLOYMENT, deployment
from app.protocol.release.dictionary import dictionary
from app.protocol.release.frame import METHOD, method_page, named, text_page
from app.protocol.release.ledger import LEDGER, LedgerEntry, write_ledger
from app.protocol.release.methodology import methodology
from app.protocol.release.page import page_files
from app.protocol.release.rows import write_csv
from app.protocol.release.signatures import SIGNERS
from app.protocol.release.sums import SUMS, sums
from app.protocol.release.tables import data_files, filled, further_files


def compose(
    counts: NoisyCounts, *, about: About, ledger: Sequence[LedgerEntry], signers: bytes | None = None
) -> dict[str, bytes]:
    """Every file but the signatures, by path; `SHA256SUMS` is what the two persons sign.

    `ledger` holds all draws up to and with this one. A folder that an earlier composer made is made as it was: the
    composers are 1; 2, which adds files for other programs; 3, in which roles stand for people, what vouches for
    the two who sign comes when it is published, and facts stand in the form of a registry; 4, whose page stands in
    four languages, with maps; and 5, whose methodology is whole in each of them, and whose page says what it takes to
    tell a change, and is for dark screens and for paper too. In those before 3, `signers` is that file.
    """
    broken = frozenset[str]() if about.names_people else breaks(counts, (entry.line for entry in ledger))
    tables, method = filled(counts, broken), methodology(counts, about, broken)
    files = {
        **data_files(counts, tables),
        NOISY: write_counts(counts),
        ABOUT: write_about(about),
        # Without its mark Excel takes the names of countries for another encoding.
        "dictionary.csv": codecs.BOM_UTF8 + write_csv(dictionary(counts, breaks=not about.names_people)),
        "methodology.md": method.encode(),
        LEDGER: write_ledger(ledger),
    }
    if about.names_people and signers is not None:
        files[SIGNERS] = signers
    if about.composer > 1:
        files |= further_files(counts, tables, about, method) | _methods(counts, about, method, broken)
    if not about.names_people:
        files[DEPLOYMENT] = deployment(counts, about)
    files |= {PACKAGE: package(files, about, counts), DCAT: dcat(files, about, counts)}
    files |= page_files(counts, about, others=files, broken=broken)
    return {**files, SUMS: sums(files)}


def _methods(counts: NoisyCounts, about: About, method: str, broken: AbstractSet[str]) -> dict[str, bytes]:
    """The methodology as a page, and in the other languages: its essentials, up to composer 4."""
    if about.composer < ANY_READER:
        files = {METHOD: text_page(method, language="en")}
        texts = {language: brief(language, counts, about) for language in BRIEFS}
        pages = {language: text_page(text, language=language) for language, text in texts.items()}
    else:
        files = {METHOD: method_page(method, counts, language="en")}
        texts = {language: methodology(counts, about, broken, language=language) for language in BRIEFS}
        pages = {language: method_page(text, counts, language=language) for language, text in texts.items()}
    for language, text in texts.items():
        files |= {named("methodology.md", language): text.encode(), named(METHOD, language): pages[language]}
    return files
