"""Selectors: however two people write down one number, it is compared in one spelling."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import app.cli.demo
from app import vocabulary
from app.protocol.errors import Malformed
from app.protocol.selectors import NotASelector, Selector, normalise

SAMPLES = json.loads((Path(app.cli.demo.__file__).parent / "samples.json").read_bytes())
TYPES = st.sampled_from(vocabulary.codes("selector_type"))
COUNTRIES = st.none() | st.sampled_from(vocabulary.codes("country"))


@pytest.mark.parametrize(
    ("expected", "country"),
    [
        pytest.param(selector, sample["answers"].get("where_now"), id=f"{sample['id']} {selector['normalised']}")
        for sample in SAMPLES
        for selector in sample["expected"]["selectors"]
    ],
)
def test_each_selector_of_the_stories_is_found_in_its_spelling(expected: dict[str, str], country: str | None) -> None:
    # Where a handle is, the caseworker reads in the story.
    platform = expected["normalised"].partition(":")[0] if expected["type"] == "handle" else None

    selector = Selector.of(expected["type"], expected["value"], country=country, platform=platform)

    assert selector.body() == expected


@pytest.mark.parametrize(
    ("type_", "written"),
    [
        (
            "phone",
            [
                "+49 30 23125 417",
                "0049 30 23125-417",
                "tel:+493023125417",
                "\u202a+49 (30) 23125.417\u202c",
                "٠٣٠٢٣١٢٥٤١٧",
                "+49 (0) 30 23125 417",
                "+49\u201230\u201223125\u2012417",
                "0049 (0)30 23125 417",
            ],
        ),
        ("email", ["Visa@Office.Example", "mailto:visa@office.example", " visa@office.example\u200f"]),
        ("domain", ["Bücher.example.", "xn--bcher-kva.example", "bücher[.]example"]),
        ("ip", ["203.0.113.45", "203[.]0.113.45", "２０３.0.113.45"]),
        ("booking_ref", ["HXB-TEST-48151", "hxb test 48151", "ＨＸＢtest٤٨١٥١"]),
        ("bank_account", ["GB82 WEST 1234 5698 7654 32", "gb82west12345698765432"]),
        ("file_hash", ["AB" * 32, "ab" * 32]),
        ("ip", ["::ffff:203.0.113.45", "203.0.113.45"]),
        ("domain", ["straße.example", "xn--strae-oqa.example"]),
        (
            "url",
            [
                "https://login.example:443/%7euser/%41?q=%c3%a9",
                "HTTPS://Login.example/~user/A?q=%C3%A9",
                "https://login.example/x/../~user/A?utm_medium=m&q=%c3%a9",
            ],
        ),
        ("url", ["http://127.1/a", "http://0x7f.1/a", "http://127.0.0.1/a"]),
        (
            "wallet",
            [
                "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
                "0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED",
            ],
        ),
        ("handle", ["https://m.facebook.com/Some.Body/", "facebook.com/some.body?ref=x", "fb:some.body"]),
        ("handle", ["https://www.youtube.com/@Some-Body", "youtube:some-body", "yt:@some-body"]),
        ("handle", ["https://vk.com/id12345", "vkontakte:id12345"]),
        ("handle", ["https://www.weibo.com/u/1234567890", "weibo.com/1234567890", "weibo:1234567890"]),
        ("handle", ["https://twitter.com/A_b", "x.com/@a_b", "twitter:a_b", "x:@a_b"]),
        ("vehicle_plate", ["DE B-XY 123", "DE:BXY123", "b-xy 123"]),
        ("url", ["https://Login.Example/a?id=7&utm_source=x#top", "hxxps://login[.]example/a?fbclid=1&id=7"]),
        ("wallet", ["BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"]),
        ("handle", ["t.me/Example_Rosva", "https://t.me/example_rosva", "telegram:@example_rosva"]),
    ],
)
def test_one_thing_has_one_spelling(type_: str, written: list[str]) -> None:
    assert len({normalise(type_, each, country="DE") for each in written}) == 1


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("phone", "+49 30 23125 417", "+49 30 23125 418"),
        ("wallet", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        (
            "wallet",
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
            "44affq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
        ),
        ("email", "a+b@office.example", "a@office.example"),
        ("url", "https://login.example/A", "https://login.example/a"),
        ("url", "https://login.example/?id=7", "https://login.example/?id=8"),
        ("document_ref", "CR-TEST-1", "CRTEST1"),
        ("handle", "telegram:anna", "instagram:anna"),
        (
            "handle",
            "https://facebook.com/profile.php?id=100001111111111",
            "https://facebook.com/profile.php?id=100002222222222",
        ),
        (
            "handle",
            "youtube.com/channel/UCabcdefghijklmnopqrstuv",
            "youtube.com/channel/UCABCDEFGHIJKLMNOPQRSTUV",
        ),
        ("domain", "straße.example", "strasse.example"),
        ("url", "https://login.example:8443/a", "https://login.example/a"),
        ("url", "https://login.example/a%2Fb", "https://login.example/a/b"),
        ("vehicle_plate", "DE:MA-B 1", "MA:B-1"),
    ],
)
def test_two_things_keep_two_spellings(type_: str, one: str, other: str) -> None:
    assert normalise(type_, one) != normalise(type_, other)


@pytest.mark.parametrize(
    ("country", "dialled", "normalised"),
    [
        ("GB", "020 7946 0551", "+442079460551"),
        ("FR", "06 39 98 41 27", "+33639984127"),
        ("CA", "(416) 555-0162", "+14165550162"),
        ("US", "1 202 555 0147", "+12025550147"),
        ("RU", "8 800 555 35 35", "+78005553535"),
        ("HU", "06 1 555 0123", "+3615550123"),
        ("IT", "06 5550 1234", "+390655501234"),
        ("ES", "912 345 678", "+34912345678"),
        ("TR", "0212 555 01 23", "+902125550123"),
    ],
)
def test_a_national_number_gets_its_country(country: str, dialled: str, normalised: str) -> None:
    assert normalise("phone", dialled, country=country) == normalised


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("phone", "030 23125 417"),  # of which country?
        ("phone", "+49"),
        ("phone", "+49 30 CALL NOW"),
        ("phone", "+" + "4" * 16),
        ("handle", "@example"),  # on which platform?
        ("handle", "telegram:"),
        ("handle", "telegram:two words"),
        ("handle", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),  # a film, which is nobody's name
        ("handle", "https://youtu.be/dQw4w9WgXcQ"),
        ("handle", "https://www.tiktok.com/@somebody/video/7000000000000000000"),
        ("handle", "https://www.instagram.com/p/Cabc/"),
        ("handle", "https://www.facebook.com/photo.php?fbid=1"),
        ("handle", "https://www.facebook.com/profile.php?id=1&id=2"),
        ("handle", "https://t.me/+AbCdEf"),
        ("handle", "https://t.me/joinchat/AbCdEf"),
        ("handle", "https://social.example/@somebody"),
        ("phone", "+49 30 23125 417 ext. 7"),
        ("phone", "+49 30 23125 417 / 030 23125 418"),
        ("phone", "+999 1234567"),
        ("vehicle_plate", "MA AB 123"),  # Morocco, or Mannheim?
        ("domain", "xn--a.example"),
        ("domain", "localhost"),
        ("ip", "fe80::1%eth0"),
        ("email", '"two words"@office.example'),
        ("wallet", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"),  # its capitals are its checksum
        ("wallet", "1BoatSLRHtKNngkdXEeobR76b53LETtpyU"),
        ("wallet", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp"),
        ("wallet", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5MDQ"),
        ("vehicle_plate", "B-XY 123"),
        ("email", "visa.office.example"),
        ("email", "visa@office"),
        ("email", "two words@office.example"),
        ("url", "login.example/a"),
        ("url", "ftp://login.example/a"),
        ("url", "https://user:secret@login.example/a"),
        ("url", "https://[::1/a"),
        ("url", "https://login.example:99999/a"),
        ("domain", "-.example"),
        ("domain", "a" * 64 + ".example"),
        ("ip", "203.0.113"),
        ("ip", "203.0.113.045"),
        ("file_hash", "ab" * 16),
        ("wallet", "two words"),
        ("booking_ref", " - "),
        ("name", "Lin Haoran"),  # names and cities never
        ("phone", ""),
        ("phone", "\u200e \u200f"),
        ("booking_ref", "A" * 2001),
    ],
)
def test_what_has_no_one_spelling_is_refused(type_: str, value: str) -> None:
    with pytest.raises(NotASelector) as failure:
        normalise(type_, value)

    assert len(value) < 3 or value not in str(failure.value)


@pytest.mark.parametrize(
    ("digits", "country"),
    [("44 20 7946 0958", "DE"), ("49 30 23125417", "GB")],
)
def test_a_number_that_may_be_two_is_refused(digits: str, country: str) -> None:
    with pytest.raises(NotASelector):
        normalise("phone", digits, country=country)


@pytest.mark.parametrize(
    ("country", "written", "plate"),
    [
        ("RU", "А 123 ВС 77", "RU:A123BC77"),
        ("RU", "A123BC 77", "RU:A123BC77"),
        ("UA", "АІ 1234 ВТ", "UA:AI1234BT"),
        ("GR", "ΥΖΒ-1234", "GR:YZB1234"),
        ("CN", "京A·12345", "CN:京A12345"),
        ("DE", "DE XY 123", "DE:DEXY123"),  # of Dessau, as its first two letters may be the plate's own
    ],
)
def test_a_plate_is_of_its_country_in_one_script(country: str, written: str, plate: str) -> None:
    assert normalise("vehicle_plate", written, country=country) == plate


@given(TYPES, st.text(max_size=40), COUNTRIES, st.none() | st.sampled_from(["telegram", "x"]))
def test_a_spelling_is_the_spelling_of_itself(
    type_: str, value: str, country: str | None, platform: str | None
) -> None:
    try:
        selector = Selector.of(type_, value, country=country, platform=platform)
    except NotASelector:
        return
    assert normalise(type_, selector.normalised) == selector.normalised
    assert Selector.read(selector.body()) == selector


@pytest.mark.parametrize(
    "change",
    [
        {"type": "name"},
        {"normalised": "030 23125 417"},
        {"normalised": "+49 30 23125 417"},
        {"normalised": None},
        {"value": None},
        {"value": "x" * 2001},
        {"note": ""},
    ],
)
def test_a_selector_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Selector.read(Selector.of("phone", "+49 30 23125 417").body() | change)


def test_a_selector_does_not_show_itself() -> None:
    assert "23125" not in repr(Selector.of("phone", "+49 30 23125 417"))
