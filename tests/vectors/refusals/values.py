"""How values are written (docs/protocol.md, section 1): one way each."""

from collections.abc import Iterator
from typing import Any

from app import age
from app.age import bech32
from app.protocol.encoding import b64
from tests.vectors.make import CASE, CASE_KEY
from tests.vectors.refusals.vector import Vector, each, malformed

HASH = "0123456789abcdef" * 4
RECIPIENT = str(CASE_KEY.recipient)


def hashes() -> Iterator[Vector]:
    rule = "a hash is 64 lower-case hexadecimal digits"
    yield Vector(rule, "as it is", {"value": HASH})
    wrong = (
        ("upper case", HASH.upper()),
        ("a digit less", HASH[:-1]),
        ("a digit more", HASH + "0"),
        ("another letter", "g" + HASH[1:]),
        ("a line feed behind it", HASH + "\n"),
        ("a space before it", " " + HASH),
        ("nothing", ""),
        ("a number", 1),
        ("null", None),
    )
    yield from each(rule, _values(*wrong), malformed())


def ids() -> Iterator[Vector]:
    rule = "an id is a prefix, an underscore and 32 lower-case hexadecimal digits"
    digits = HASH[:32]
    for prefix in ("per", "cas", "epochin"):
        yield Vector(rule, f"with the prefix {prefix}", {"value": f"{prefix}_{digits}", "prefix": prefix})
    wrong = (
        ("no underscore", f"per{digits}"),
        ("upper case", f"per_{digits.upper()}"),
        ("a digit less", f"per_{digits[:-1]}"),
        ("a digit more", f"per_{digits}0"),
        ("another letter", f"per_g{digits[1:]}"),
        ("a prefix in upper case", f"Per_{digits}"),
        ("something before it", f"\nper_{digits}"),
        ("a line feed behind it", f"per_{digits}\n"),
        ("the prefix of something else", f"rep_{digits}"),
        ("a prefix that only begins like it", f"perx_{digits}"),
        ("a list", [f"per_{digits}"]),
        ("null", None),
    )
    for name, given in _values(*wrong):
        yield Vector(rule, name, {**given, "prefix": "per"}, malformed())
    for prefix in ("pe", "epochins"):
        yield Vector(
            rule, f"a prefix of {len(prefix)} letters", {"value": f"{prefix}_{digits}", "prefix": prefix}, malformed()
        )


def days() -> Iterator[Vector]:
    rule = "a day exists, of the years 1900 to 8999, and is written 2026-06-15"
    for day in ("2026-06-15", "2024-02-29", "1900-01-01", "8999-12-31"):
        yield Vector(rule, day, {"value": day})
    wrong = (
        "20260615",
        "2026-W25-1",
        "2026-6-15",
        "2026-02-30",
        "2025-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-06-00",
    )
    more = (
        "0000-01-01",
        "0001-01-01",
        "1899-12-31",
        "9000-01-01",
        "9999-12-31",
        "12026-06-15",
        "2026-06-15 ",
        "2026-06-15\n",
        "٢٠٢٦-٠٦-١٥",
        "2026-06-15T09:00Z",
        "",
    )
    yield from each(rule, _values(*((day, day) for day in (*wrong, *more))), malformed())
    yield from each(rule, _values(("null", None), ("a number", 20260615)), malformed())


def moments() -> Iterator[Vector]:
    rule = "a document is dated by the day, or by the whole hour in UTC"
    for at in ("2026-06-15", "2026-06-15T00:00Z", "2026-06-15T09:00Z", "2026-06-15T19:00Z", "2026-06-15T23:00Z"):
        yield Vector(rule, at, {"value": at}, gives=at[:10])
    wrong = (
        *("2026-06-15T09:01Z", "2026-06-15T09:30Z", "2026-06-15T24:00Z", "2026-06-15T9:00Z", "2026-06-15T09:00:00Z"),
        *("2026-06-15T09:00", "2026-06-15T09:00+00:00", "2026-06-15t09:00z", "2026-06-15 09:00Z", "2026-02-30T09:00Z"),
        *("2026-06-15T09:00Z\n", " 2026-06-15T09:00Z", "T09:00Z", "20260615T09:00Z"),
    )
    yield from each(rule, _values(*((at, at) for at in wrong)), malformed())
    yield from each(rule, _values(("null", None), ("a number", 9)), malformed())


def base64url() -> Iterator[Vector]:
    rule = (
        "bytes are base64url without padding, in the one spelling that has no spare bits, and as many as belong there"
    )
    whole = bytes(range(224, 256))
    yield Vector(rule, "32 bytes", {"value": b64(whole), "size": 32})
    yield Vector(rule, "as many as there are", {"value": b64(b"four"), "size": None})
    yield Vector(rule, "none", {"value": "", "size": 0})
    wrong = (
        ("padded", b64(whole) + "="),
        ("with the letters of other base64", b64(whole).replace("-", "+").replace("_", "/")),
        ("spare bits", b64(whole)[:-1] + "9"),
        ("31 bytes", b64(whole[:-1])),
        ("33 bytes", b64(whole + b"!")),
        ("a character too many", b64(whole) + "AA"),
        ("a space in it", b64(whole)[:20] + " " + b64(whole)[20:]),
        ("a line feed behind it", b64(whole) + "\n"),
        ("a letter of no base64", "é" + b64(whole)[1:]),
        ("nothing", ""),
    )
    for name, given in _values(*wrong):
        yield Vector(rule, name, {**given, "size": 32}, malformed())


def recipients() -> Iterator[Vector]:
    rule = "a recipient is an mlkem768x25519 one in lower case"
    yield Vector(rule, "as it is", {"value": RECIPIENT})
    wrong = (
        ("upper case", RECIPIENT.upper()),
        ("half in upper case", RECIPIENT[:-4] + RECIPIENT[-4:].upper()),
        ("of the kind X25519", str(age.X25519Identity(bytes(range(32))).recipient)),
        ("an identity", str(CASE_KEY)),
        ("an identity in lower case", str(CASE_KEY).lower()),
        ("a character changed", RECIPIENT[:100] + ("q" if RECIPIENT[100] != "q" else "p") + RECIPIENT[101:]),
        ("a character less", RECIPIENT[:-1]),
        ("a space behind it", RECIPIENT + " "),
        ("another prefix", "age1pz" + RECIPIENT[6:]),
        ("another prefix, and the checksum of that", bech32.encode("age1pz", bytes(1216))),
        ("a byte less, and the checksum of that", bech32.encode("age1pq", bytes(1215))),
        ("a byte more, and the checksum of that", bech32.encode("age1pq", bytes(1217))),
        ("nothing", ""),
        ("an id", CASE),
    )
    yield from each(rule, _values(*wrong), malformed())


def json_lines() -> Iterator[Vector]:
    """Lines of JSON, as text, or as bytes in base64url where they are no text."""
    rule = "JSON is UTF-8, one object, and nothing in it can be read in two ways"
    deep = '{"a":' * 200 + "{}" + "}" * 200
    taken = (
        ("an empty object", "{}"),
        ("spaces between tokens", ' {\t"a" : [ 1 ,\r\n{ } ] }\n '),
        ("escapes", r'{"a":"\"\\\/\b\f\n\r\té😀"}'),
        ("numbers", '{"a":[0,-1,9007199254740991,true,false,null]}'),
        ("names of prototypes", '{"__proto__":1,"constructor":2,"toString":3}'),
        ("one name at two depths", '{"a":{"a":1},"b":[{"a":2}]}'),
        ("nested two hundred times", deep),
    )
    yield from each(rule, ((name, {"line": line}) for name, line in taken))
    refused = (
        ("nothing", ""),
        ("a list", "[]"),
        ("a text", '"a"'),
        ("null", "null"),
        ("something behind it", "{} {}"),
        ("a comma behind it", "{},"),
        ("a byte order mark", "\ufeff{}"),
        ("a name that is repeated", '{"a":1,"a":1}'),
        ("a repeated name deeper down", '{"b":[{"a":1,"a":2}]}'),
        ("a name repeated in another writing", r'{"a":1,"\u0061":1}'),
        ("a repeated prototype", '{"__proto__":1,"__proto__":1}'),
        ("a comma too many", '{"a":1,}'),
        ("a comma too many in a list", '{"a":[1,]}'),
        ("a comma too few", '{"a":1 "b":2}'),
        ("a comma before all", '{,"a":1}'),
        ("no colon", '{"a" 1}'),
        ("no value", '{"a":}'),
        ("no end", '{"a":1'),
        ("no end of a list", '{"a":[1}'),
        ("a name without quotes", "{a:1}"),
        ("single quotes", "{'a':1}"),
        ("a comment", '{"a":1/**/}'),
        ("NaN", '{"a":NaN}'),
        ("Infinity", '{"a":Infinity}'),
        ("minus Infinity", '{"a":-Infinity}'),
        ("a number that overflows", '{"a":1e999}'),
        ("a zero before a number", '{"a":01}'),
        ("a plus before a number", '{"a":+1}'),
        ("a point without digits", '{"a":1.}'),
        ("a number in hexadecimal", '{"a":0x10}'),
        ("True", '{"a":True}'),
        ("half of a surrogate pair", r'{"a":"\ud83d"}'),
        ("the other half", r'{"a":"\ude00"}'),
        ("both halves the wrong way round", r'{"a":"\ude00\ud83d"}'),
        ("half of a pair as a name", r'{"\ud83d":1}'),
        ("an escape that does not exist", r'{"a":"\x41"}'),
        ("half an escape", r'{"a":"\u00e"}'),
        ("a line feed in a text", '{"a":"\n"}'),
        ("a tab in a text", '{"a":"\t"}'),
        ("a NUL in a text", '{"a":"\0"}'),
        ("a space of another kind", '{\u00a0"a":1}'),
        ("a text without its end", '{"a":"b}'),
        ("nested without end", '{"a":' * 3_000),
    )
    yield from each(rule, ((name, {"line": line}) for name, line in refused), malformed())
    for name, line in (
        ("Latin-1", '{"a":"é"}'.encode("latin-1")),
        ("an overlong form", b'{"a":"\xc0\xaf"}'),
        ("half of a pair in CESU-8", b'{"a":"\xed\xa0\xbd"}'),
        ("UTF-16", '{"a":1}'.encode("utf-16")),
    ):
        yield Vector(rule, name, {"bytes": b64(line)}, malformed())


def _values(*named: tuple[str, object]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in named:
        yield name, {"value": value}
