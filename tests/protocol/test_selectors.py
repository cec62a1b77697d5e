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
        ("email", ["VİSA@OFFİCE.EXAMPLE", "MAILTO:visa@office.example", "vi\u200dsa@office.exam\u200cple"]),
        ("email", ["Visa@Office.Example", "mailto:visa@office.example", " visa@office.example\u200f"]),
        ("domain", ["Bücher.example.", "xn--bcher-kva.example", "bücher[.]example"]),
        ("ip", ["203.0.113.45", "203[.]0.113.45", "２０３.0.113.45"]),
        ("booking_ref", ["HXB-TEST-48151", "hxb test 48151", "ＨＸＢtest٤٨١٥١", "HXB\u200c-TEST-48\u200d151"]),
        ("bank_account", ["GB82 WEST 1234 5698 7654 32", "gb82west12345698765432"]),
        ("file_hash", ["AB" * 32, "ab" * 32]),
        ("ip", ["::ffff:203.0.113.45", "203.0.113.45"]),
        ("ip", ["2001:DB8::1", "[2001:db8:0::0:1]"]),
        ("domain", ["نامه\u200cای.example", "xn--mgba3gch31f060k.example"]),
        ("domain", ["İstanbul.example", "istanbul.example", "istan\u200cbul.example"]),
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
        ("handle", ["facebook.com:some.body", "www.facebook.com:@some.body", "Фейсбук:some.body", "臉書:some.body"]),
        ("handle", ["微信:Some_body", "weixin:some_body", "WeChat:some_body"]),
        ("handle", ["instagram:İsmail", "instagram:ismail", "instagram:ISMAIL", "инстаграм:ismail"]),
        ("handle", ["https://facebook.com/profile.php?id=0100001", "https://facebook.com/100001"]),
        ("handle", ["https://facebook.com/profile.php?id=100001", "https://facebook.com/PROFILE.PHP?id=100001"]),
        ("handle", ["https://vk.com/id12345", "vkontakte:id12345"]),
        ("handle", ["https://www.weibo.com/u/1234567890", "weibo.com/1234567890", "weibo:1234567890"]),
        ("handle", ["https://twitter.com/A_b", "x.com/@a_b", "twitter:a_b", "x:@a_b"]),
        ("document_ref", ["CR-TEST-1", "cr\u2011test\u20111", "CR\u2013TEST\u20131", "CR\u2212test-1"]),
        ("document_ref", ["İcra 2024/5", "icra 2024/5", "ICRA2024/5", "icra 2024/٥"]),
        (
            "bank_account",
            ["DE89 3704 0044 0532 0130 00", "DE89-3704-0044-0532-0130-00", "IBAN: de89370400440532013000"],
        ),
        (
            "wallet",
            [
                "bitcoin:BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ?amount=1",
                "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            ],
        ),
        (
            "url",
            ["https://wiki.example/خانه\u200cها", "https://wiki.example/%D8%AE%D8%A7%D9%86%D9%87%E2%80%8C%D9%87%D8%A7"],
        ),
        (
            "url",
            ["https://login.example/a#:~:text=word", "https://login.example/a#part-2", "\u202bhttps://login.example/a"],
        ),
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
        # With the sign between that nobody sees, and without: two domains, two pages.
        ("domain", "نامه\u200cای.example", "نامهای.example"),
        ("email", "visa@نامه\u200cای.example", "visa@نامهای.example"),
        ("url", "https://نامه\u200cای.example/", "https://نامهای.example/"),
        ("url", "https://wiki.example/خانه\u200cها", "https://wiki.example/خانهها"),
        ("url", "https://wiki.example/۱۲", "https://wiki.example/12"),
        ("url", "https://wiki.example/①", "https://wiki.example/1"),
        ("url", "https://matrix.example/#/@anna:home.example", "https://matrix.example/#/@boris:home.example"),
        ("url", "https://chat.example/k/#@anna", "https://chat.example/k/#@boris"),
        ("url", "https://chat.example/k/#777000", "https://chat.example/k/#777001"),
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
        (None, "0049 30 23125 417", "+493023125417"),
        # Without what is dialled before it: no number of Greece is so short, none of Senegal begins so.
        ("DE", "30 23125 417", "+493023125417"),
        ("DE", "221 4710 12345", "+49221471012345"),
        # With + they would be numbers of Norway, New Zealand and Vietnam.
        ("US", "479 555 0123", "+14795550123"),
        ("ES", "645 000 000", "+34645000000"),
        ("RU", "8 498 123 45 67", "+74981234567"),
    ],
)
def test_a_national_number_gets_its_country(country: str | None, dialled: str, normalised: str) -> None:
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
        ("handle", "https://www.facebook.com/PHOTO.PHP?fbid=1"),
        ("handle", "https://www.facebook.com/profile.php?id=1&id=2"),
        ("handle", "https://t.me/+AbCdEf"),
        ("handle", "https://t.me/joinchat/AbCdEf"),
        ("handle", "https://social.example/@somebody"),
        ("handle", "https://www.facebook.com/profile.php?id=somebody"),
        ("handle", "x.com/@home"),
        ("handle", "two words:somebody"),
        ("handle", "forum:c/somebody"),
        ("handle", "x:somеbody"),  # in which е is Cyrillic
        ("handle", "https://www.instagram.com/%D0%B0nna"),
        ("phone", "+39 0347 123 4567"),  # a mobile number of Italy has no 0
        ("phone", "+39 6 5550 1234"),  # and one of Rome has
        ("domain", "203.0.113.1"),
        ("phone", "+378 0071 479860"),  # whose 0 is one too many for San Marino
        ("phone", "+49 30 23125 417 ext. 7"),
        ("phone", "49 30 23125 417"),  # of Germany, or of wherever it was found?
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
        ("wallet", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdb"),  # in bech32 is no b
        ("vehicle_plate", "B-XY 123"),
        ("email", "visa.office.example"),
        ("email", "visa@office"),
        ("email", "two words@office.example"),
        ("email", "@office.example"),
        ("url", "login.example/a"),
        ("url", "ftp://login.example/a"),
        ("url", "https://user:secret@login.example/a"),
        ("url", "https://user@login.example/a"),
        ("url", "https://:secret@login.example/a"),
        ("url", "https://login.example/two words"),
        ("url", r"https://login.example\a"),
        ("url", "https://localhost/a"),
        ("url", "https://☕.example/"),
        ("url", "https://[::1/a"),
        ("url", "https://login.example:99999/a"),
        ("domain", "-.example"),
        ("domain", "a" * 64 + ".example"),
        ("ip", "203.0.113"),
        ("ip", "203.0.113.045"),
        ("file_hash", "ab" * 16),
        ("wallet", "two words"),
        ("booking_ref", " - "),
        ("booking_ref", "CAF E-\u0301"),  # without the dash the accent would be of the letter before it
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
    [
        ("44 20 7946 0958", "DE"),
        ("49 30 23125417", "GB"),
        ("0049 30 23125417", "US"),  # where 011 is dialled before a foreign number
    ],
)
def test_a_number_that_may_be_two_is_refused(digits: str, country: str) -> None:
    with pytest.raises(NotASelector):
        normalise("phone", digits, country=country)


def test_a_number_of_italy_that_is_one_with_the_0_and_another_without_is_what_it_says() -> None:
    assert normalise("phone", "+39 393 185 210") == "+39393185210"
    assert normalise("phone", "+39 0393 185 210") == "+390393185210"


def test_elsewhere_a_number_may_be_one_that_nobody_has_yet() -> None:
    assert normalise("phone", "+241 1 38 61 25") == "+2411386125"


@pytest.mark.parametrize(
    ("country", "written", "plate"),
    [
        ("RU", "А 123 ВС 77", "RU:A123BC77"),
        ("RU", "A123BC 77", "RU:A123BC77"),
        ("UA", "АІ 1234 ВТ", "UA:AI1234BT"),
        ("BY", "АВ 1234-7", "BY:AB12347"),
        ("BG", "В 1234 АС", "BG:B1234AC"),
        ("GR", "ΥΖΒ-1234", "GR:YZB1234"),
        ("CY", "ΚΑΒ 123", "CY:KAB123"),
        ("CN", "京A·12345", "CN:京A12345"),
        ("CN", "京A•12345", "CN:京A12345"),
        ("CN", "京A・12345", "CN:京A12345"),
        ("CN", "粵Z 1234港", "CN:粤Z1234港"),
        ("KZ", "123 АВС 01", "KZ:123ABC01"),
        ("KG", "01 KG 123 АВС", "KG:01KG123ABC"),
        ("TJ", "1234 АВ 01", "TJ:1234AB01"),
        ("UZ", "01 А 123 ВС", "UZ:01A123BC"),
        ("TR", "34 ABİ 123", "TR:34ABI123"),
        ("DE", "DE XY 123", "DE:DEXY123"),  # of Dessau, as its first two letters may be the plate's own
        ("SK", "SK 123 AB", "SK:SK123AB"),  # of Svidník
        ("SK", "SK BA 123 AB", "SK:BA123AB"),
        ("IT", "IT AB123CD", "IT:AB123CD"),
        ("DE", "FR:AB-123-CD", "FR:AB123CD"),  # which the value says itself
        ("GB", "YY:12 ABC", "GB:YY12ABC"),  # YY is no country
    ],
)
def test_a_plate_is_of_its_country_in_one_script(country: str, written: str, plate: str) -> None:
    assert normalise("vehicle_plate", written, country=country) == plate


# What a person's page is called in the address bar, and which account it is.
@pytest.mark.parametrize(
    ("address", "account"),
    [
        ("https://t.me/Some_body", "telegram:some_body"),
        ("https://t.me/s/Some_body", "telegram:some_body"),
        ("https://telegram.me/some_body", "telegram:some_body"),
        ("https://telegram.dog/some_body", "telegram:some_body"),
        ("https://www.instagram.com/Some.Body/", "instagram:some.body"),
        ("https://instagr.am/some.body", "instagram:some.body"),
        ("https://en-gb.facebook.com/some.body", "facebook:some.body"),
        ("https://fb.com/some.body", "facebook:some.body"),
        ("https://www.facebook.com/people/Some-Body/100001111111111/", "facebook:100001111111111"),
        ("https://www.facebook.com/profile.php?id=100001111111111", "facebook:100001111111111"),
        ("https://www.facebook.com/some.body?id=100001111111111", "facebook:some.body"),
        ("https://mobile.twitter.com/some_body", "x:some_body"),
        ("https://www.tiktok.com/@Some.Body", "tiktok:some.body"),
        ("https://www.youtube.com/c/SomeBody", "youtube:c/somebody"),
        ("https://www.youtube.com/user/SomeBody", "youtube:user/somebody"),
        ("https://vk.ru/some_body", "vk:some_body"),
        ("https://weibo.cn/u/1234567890", "weibo:1234567890"),
        ("https://weibo.com/n/SomeBody", "weibo:n/somebody"),
    ],
)
def test_the_page_of_an_account_is_its_name_on_its_platform(address: str, account: str) -> None:
    assert normalise("handle", address) == account


NAMES_OF_PLATFORMS = {
    "telegram": ["Telegram", "tg", "телеграм", "телеграмм", "تلگرام", "تيليجرام", "电报", "電報"],
    "instagram": ["ig", "insta", "инстаграм", "اینستاگرام"],
    "facebook": ["FB", "фейсбук", "فیسبوک", "فيسبوك", "脸书", "臉書"],
    "x": ["X", "Twitter", "твиттер", "توییتر", "تويتر", "推特"],
    "tiktok": ["Tik Tok", "тикток", "تیک تاک"],
    "youtube": ["yt", "ютуб", "یوتیوب", "يوتيوب"],
    "vk": ["vkontakte", "вк", "вконтакте"],
    "wechat": ["weixin", "微信"],
    "weibo": ["微博", "新浪微博"],
    "forum.example": ["Forum.Example"],  # which is not listed, and is what it is called
}


@pytest.mark.parametrize(
    ("platform", "name"), [(each, name) for name, called in NAMES_OF_PLATFORMS.items() for each in called]
)
def test_a_platform_has_one_name_however_people_call_it(platform: str, name: str) -> None:
    assert normalise("handle", "Somebody", platform=platform) == f"{name}:somebody"


def test_a_value_that_names_another_platform_than_the_one_beside_it_is_refused_where_neither_is_sure() -> None:
    with pytest.raises(NotASelector, match="which is it"):
        normalise("handle", "live:somebody", platform="skype")

    assert normalise("handle", "skype:somebody", platform="Skype") == "skype:somebody"
    assert normalise("handle", "telegram:somebody", platform="X") == "telegram:somebody"


@pytest.mark.parametrize("platform", ["telegram", "instagram", "x", "tiktok"])
def test_a_name_in_other_letters_is_nobodys_where_names_are_in_latin_ones(platform: str) -> None:
    with pytest.raises(NotASelector, match="in Latin letters"):
        normalise("handle", "annа", platform=platform)


@pytest.mark.parametrize("platform", ["facebook", "youtube", "vk", "wechat", "weibo"])
def test_a_name_in_other_letters_is_somebodys_elsewhere(platform: str) -> None:
    assert normalise("handle", "Анна", platform=platform) == f"{platform}:анна"


@pytest.mark.parametrize("name", ["some.body", "httpsome.body"])
def test_a_name_with_a_dot_is_no_address(name: str) -> None:
    assert normalise("handle", name, platform="instagram") == f"instagram:{name}"


PAGES_OF_PLATFORMS = {
    "t.me": """addemoji addlist addstickers addtheme bg boost?c=1 c confirmphone contact giftcode invoice iv joinchat
        login proxy s setlanguage share socks""",
    "instagram.com": """about accounts challenge developer direct explore legal p reel reels share some-body stories tv
        web""",
    "facebook.com": """about ads bookmarks business careers checkpoint dialog directory events friends fundraisers games
        gaming groups hashtag help home.php l.php?u=x login login.php marketplace media memories messages notes
        notifications pages people permalink.php photo photo.php photos places plugins policies privacy profile.php
        public recover reel reels saved search settings share share.php sharer sharer.php stories story.php video.php
        videos watch""",
    "x.com": """account compose download explore hashtag home i intent jobs login logout messages notifications privacy
        search settings share signup tos""",
    "tiktok.com": "foryou",
    "youtube.com": "watch",
    "vk.com": """about album1_0 apps audio bookmarks clip-1_2 clips docs feed friends groups im login market market-1_2
        photo-1_2 photo1_2 search services settings terms topic-1_2 video video1_2 videos1_2 wall-1_2 wall1_2""",
    "weibo.com": "hot",
}


@pytest.mark.parametrize(
    "address", [f"https://{host}/{page}" for host, pages in PAGES_OF_PLATFORMS.items() for page in pages.split()]
)
def test_a_page_of_the_platform_itself_is_nobodys_account(address: str) -> None:
    with pytest.raises(NotASelector, match="a page of the platform"):
        normalise("handle", address)


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("https://login.example/%c3%A9%7e", "https://login.example/%C3%A9~"),
        ("https://login.example./a?", "https://login.example/a"),
        ("https://login.example/a?utm_source=x", "https://login.example/a"),
        ("https://login.example/a?id=7&", "https://login.example/a?id=7&"),
        ("https://login.example/a?utm_source=x&id=%7e", "https://login.example/a?id=~"),
        ("https://[2001:DB8:0::1]/a", "https://[2001:db8::1]/a"),
        ("http://127.1:8080", "http://127.0.0.1:8080/"),
    ],
)
def test_a_web_address_is_spelt_as_browsers_read_it(written: str, normalised: str) -> None:
    assert normalise("url", written) == normalised


@pytest.mark.parametrize(
    "address",
    [
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",  # a test vector of BIP 350
        "2e76hiKbtq3iShoXkKo7bdrMbhfarg8Em",  # of 24 bytes, so of no kind whose checksum is known here
    ],
)
def test_an_address_of_a_wallet_stays_as_it_is_written(address: str) -> None:
    assert normalise("wallet", address) == address


@pytest.mark.parametrize(
    ("type_", "value", "country", "why"),
    [
        ("phone", "030 23125 417", None, "needs its country"),
        ("vehicle_plate", "B-XY 123", None, "needs its country"),
        ("vehicle_plate", "B-XY 123", "QQ", "needs its country"),
        ("vehicle_plate", " - ", "DE", "needs its country"),
        ("handle", "https://social.example/@somebody", None, "no platform that is known here"),
        ("booking_ref", "A" * 2001, None, "no value"),
    ],
)
def test_who_is_refused_is_told_what_to_do(type_: str, value: str, country: str | None, why: str) -> None:
    with pytest.raises(NotASelector, match=why):
        normalise(type_, value, country=country)


def test_a_value_may_have_2000_characters() -> None:
    longest = "A" * 2000

    assert Selector.read(Selector.of("booking_ref", longest).body()).value == longest


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


def test_a_number_of_a_plan_that_has_changed_since_stays_in_its_case() -> None:
    """Until 2021 numbers in Côte d'Ivoire had eight digits."""
    written = {"type": "phone", "value": "08 12 34 56", "normalised": "+22508123456"}

    assert Selector.read(written).body() == written
    with pytest.raises(NotASelector):
        normalise("phone", "+22508123456")


def test_a_selector_does_not_show_itself() -> None:
    assert "23125" not in repr(Selector.of("phone", "+49 30 23125 417"))
