"""Write `protocol/codes.ts`: the codes that a reporter's client checks, without the labels, which belong to the pages.

python -m app.web.codes
"""

from pathlib import Path

from app import vocabulary

PATH = Path(__file__).parent / "protocol" / "codes.ts"
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
            "/** The codes of the vocabulary that a reporter's client checks. Written by `python -m app.web.codes`. */",
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
    PATH.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
