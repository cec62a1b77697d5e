"""Write `app/web/protocol/codes.ts`: the codes that a reporter's client checks.

Without the labels, which belong to the pages. `python -m app.site.codes`
"""

from app import vocabulary
from app.site.rendering import WEB

PATH = WEB / "protocol" / "codes.ts"
LISTS = (
    "imminence",
    "relation_of_target_to_reporter",
    "country",
    "channel",
    "suspected_actor_role",
    "host_response",
    "consent_scope",
    "language",
    "report_state",
    "role",
)


def text() -> str:
    """The whole file. What a reporter ticks of `incident_type` are its groups."""
    lists = {name: vocabulary.codes(name) for name in LISTS} | {"incident_group": vocabulary.groups()}
    # One string for each list costs a reporter's connection less than hundreds of quotation marks.
    lines = [f'    {name}: "{" ".join(codes)}".split(" "),' for name, codes in lists.items()]
    return "\n".join(
        [
            "/** The vocabulary's codes that a reporter's client checks. Written by `python -m app.site.codes`. */",
            "",
            "/** The version of the lists that these codes are of. */",
            f'export const VOCABULARY = "{vocabulary.vocabulary().version}"',
            "",
            "export const CODES = {",
            *lines,
            "}",
            "",
        ]
    )


def main() -> None:
    """Write them where the pages' scripts import them."""
    PATH.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
