"""What a form held: its fields in memory, what a person has to mend in it, and the report that it makes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.intake.no_script.multipart import MalformedForm, Part, TooMuch
from app.protocol.errors import Malformed
from app.protocol.report import FREE, FREE_LENGTH, ONE_OF, SEVERAL_OF, Form
from app.vocabulary import ConsentScope

FILES: Final = "files"
TEXT_LIMIT: Final = 2**20  # bytes of all fields together: more would not fit a report either
# Characters: as many as the page with script takes.
TEXT_LENGTH: Final = 200_000
MESSAGE_LENGTH: Final = 20_000
_ONE_CHOICE: Final = frozenset({*ONE_OF, "answer_language"})


class Mistake(Exception):
    """What a person has to look at before this can be sent: the key of a sentence, and the field that it is about."""

    def __init__(self, key: str, field_: str = "", **fill: object) -> None:
        super().__init__(key)
        self.key = key
        self.field = field_
        self.fill = fill


@dataclass
class TypedFields:
    """The fields of a form, in memory. A page that comes back with a mistake shows them again."""

    fields: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _rest: int = field(default=TEXT_LIMIT, repr=False)

    def add(self, part: Part) -> None:
        """Raises `Mistake` where all fields together are too long."""
        try:
            text = part.text(self._rest)
        except TooMuch:
            raise Mistake("too-long", part.name) from None
        self._rest -= len(text.encode())
        # Browsers end a line as the form's standard has it, everybody else with LF.
        self.fields.setdefault(part.name, []).append(text.replace("\r\n", "\n"))

    def last(self, name: str) -> str:
        """What the form says last under this name, or nothing."""
        return self.fields.get(name, [""])[-1]

    def choices(self, name: str) -> list[str]:
        """The choices of a list, each once, without the empty one that stands for no answer."""
        return [code for code in dict.fromkeys(self.fields.get(name, [])) if code]

    def again(self) -> Mapping[str, str | list[str]]:
        """The answers as a page shows them again."""
        return {name: self.choices(name) if name in SEVERAL_OF else self.last(name) for name in self.fields}


def read_fields(parts: Iterable[Part], typed: TypedFields) -> None:
    """The fields alone, to be shown again: files pass by. Raises `Mistake`."""
    for part in parts:
        if part.filename is None:
            typed.add(part)


def may_answer(typed: TypedFields) -> bool:
    """Whether its reporter wants an answer: a question of its own. Not to answer it is to say no."""
    return typed.last("contact") == "yes" or ConsentScope.CONTACT in typed.choices("consent")


def report_form(typed: TypedFields, language: str) -> Form:
    """The answers of a report. Raises `Mistake` for what a person can mend, and `MalformedForm`."""
    answers: dict[str, Any] = {}
    for name in typed.fields:
        if name in _ONE_CHOICE or name in FREE:
            if answer := typed.last(name):
                answers[name] = answer
        elif name in SEVERAL_OF:
            if choices := typed.choices(name):
                answers[name] = choices
        elif name not in {"text", "contact"}:
            raise MalformedForm("a field that the form does not have")
    if "danger_now" not in answers:
        raise Mistake("danger-missing", "danger_now")
    # Its box cannot be unticked, and browsers do not send such a box.
    contact = [ConsentScope.CONTACT.value] if may_answer(typed) else []
    answers["consent"] = list(dict.fromkeys([ConsentScope.SERVICE.value, *contact, *answers.get("consent", [])]))
    for name, length in (("text", TEXT_LENGTH), *((name, FREE_LENGTH) for name in FREE)):
        if len(typed.last(name)) > length:
            raise Mistake("too-long", name)
    try:
        return Form.read({"language": language, "text": typed.last("text"), "answers": answers})
    except Malformed:
        raise MalformedForm("an answer that is of no list") from None
