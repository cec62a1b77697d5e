"""Accounts: a platform and a name on it. Which addresses of a platform are a person's page is said here by hand."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote

import ada_url

from app.protocol.selectors.errors import NotASelector


@dataclass(frozen=True)
class Platform:
    """`profiles` are the paths that are an account's own page, with its name as `name`; no other path is one.

    `reserved` are pages of the platform itself that look like names. `by_number` is the parameter of a profile without
    a name, and its path. Where it `has_ascii_names`, what is written otherwise is shown to people and names nobody.
    """

    name: str
    hosts: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    profiles: tuple[str, ...] = (r"/(?P<name>[\w.-]+)",)
    reserved: frozenset[str] = frozenset()
    by_number: tuple[str, str] | None = None
    has_ascii_names: bool = False


_FACEBOOK: Final = frozenset(
    [
        "about",
        "ads",
        "bookmarks",
        "business",
        "careers",
        "checkpoint",
        "dialog",
        "directory",
        "events",
        "friends",
        "fundraisers",
        "games",
        "gaming",
        "groups",
        "hashtag",
        "help",
        "login",
        "marketplace",
        "media",
        "memories",
        "messages",
        "notes",
        "notifications",
        "pages",
        "people",
        "photo",
        "photos",
        "places",
        "plugins",
        "policies",
        "privacy",
        "public",
        "recover",
        "reel",
        "reels",
        "saved",
        "search",
        "settings",
        "share",
        "sharer",
        "stories",
        "videos",
        "watch",
    ]
)
_PLATFORMS: Final = (
    Platform(
        "telegram",
        ("t.me", "telegram.me", "telegram.dog"),
        aliases=("tg", "телеграм", "телеграмм", "تلگرام", "تيليجرام", "电报", "電報"),
        profiles=(r"/(?:s/)?(?P<name>[A-Za-z]\w{3,31})",),  # no name is shorter
        reserved=frozenset(
            [
                "addemoji",
                "addlist",
                "addstickers",
                "addtheme",
                "boost",
                "confirmphone",
                "contact",
                "giftcode",
                "invoice",
                "joinchat",
                "login",
                "proxy",
                "setlanguage",
                "share",
                "socks",
            ]
        ),
        has_ascii_names=True,
    ),
    Platform(
        "instagram",
        ("instagram.com", "instagr.am"),
        aliases=("ig", "insta", "инстаграм", "اینستاگرام"),
        profiles=(r"/(?P<name>[\w.]+)",),
        reserved=frozenset(
            [
                "about",
                "accounts",
                "challenge",
                "developer",
                "direct",
                "explore",
                "legal",
                "p",
                "reel",
                "reels",
                "share",
                "stories",
                "tv",
                "web",
            ]
        ),
        has_ascii_names=True,
    ),
    Platform(
        "facebook",
        ("facebook.com", "fb.com"),
        aliases=("fb", "фейсбук", "فیسبوک", "فيسبوك", "脸书", "臉書"),
        profiles=(r"/(?P<name>[\w.]+(?<!\.(?i:php)))", r"/people/[^/]+/(?P<name>[0-9]+)"),
        reserved=_FACEBOOK,
        by_number=("/profile.php", "id"),
    ),
    Platform(
        "x",
        ("x.com", "twitter.com"),
        aliases=("twitter", "твиттер", "توییتر", "تويتر", "推特"),
        profiles=(r"/@?(?P<name>\w+)",),
        reserved=frozenset(
            [
                "account",
                "compose",
                "download",
                "explore",
                "hashtag",
                "home",
                "i",
                "intent",
                "jobs",
                "login",
                "logout",
                "messages",
                "notifications",
                "privacy",
                "search",
                "settings",
                "share",
                "signup",
                "tos",
            ]
        ),
        has_ascii_names=True,
    ),
    Platform(
        "tiktok",
        ("tiktok.com",),
        aliases=("tik tok", "тикток", "تیک تاک"),
        profiles=(r"/@(?P<name>[\w.-]+)",),
        has_ascii_names=True,
    ),
    # What a channel is called by number tells letters from capitals; what it is called by name does not.
    Platform(
        "youtube",
        ("youtube.com",),
        aliases=("yt", "ютуб", "یوتیوب", "يوتيوب"),
        profiles=(r"/@(?P<name>[\w.·-]+)", r"/(?P<exact>channel/UC[\w-]{22})", r"/(?P<name>(?:c|user)/[\w.-]+)"),
    ),
    Platform(
        "vk",
        ("vk.com", "vk.ru"),
        aliases=("vkontakte", "вк", "вконтакте"),
        # What somebody posted is called by whose it is and a number: `wall-1_2`, `photo1_2`.
        profiles=(r"/(?!(?:album|audio|clip|doc|market|photo|poll|story|topic|video|wall)s?[0-9]+_)(?P<name>[\w.]+)",),
        reserved=frozenset(
            [
                "about",
                "apps",
                "audio",
                "bookmarks",
                "clips",
                "docs",
                "feed",
                "friends",
                "groups",
                "im",
                "login",
                "market",
                "search",
                "services",
                "settings",
                "terms",
                "video",
            ]
        ),
    ),
    Platform("wechat", (), aliases=("weixin", "微信"), profiles=()),
    Platform(
        "weibo",
        ("weibo.com", "weibo.cn"),
        aliases=("微博", "新浪微博"),
        profiles=(r"/(?:u/)?(?P<name>[0-9]+)", r"/(?P<name>n/[^/]+)"),
    ),
)
_BY_NAME: Final = {name: each for each in _PLATFORMS for name in (each.name, *each.aliases)}
_BY_HOST: Final = {host: each for each in _PLATFORMS for host in each.hosts}
_OTHER: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")  # a platform that is not listed, by whatever it is called
_NAME: Final = re.compile(r"[^\s:/@?#]+")
# The spelling of an account whose name has a slash in it: no name that somebody types has one.
_WITH_PATH: Final = re.compile(r"(?:channel/UC[\w-]{22}|(?:c|user|n)/[^\s:/@?#]+)")


def spelling(value: str, platform: str | None) -> str:
    """`platform:name`. `platform` is where the account is, unless the value says so itself."""
    if _is_address(value):
        return _of_address(value)
    head, colon, rest = value.partition(":")
    if colon:
        if platform and _listed(head) is None and head.strip().lower() != platform.strip().lower():
            raise NotASelector("of one platform by itself, and of another beside: which is it?")
        platform, value = head, rest
    if not platform:
        raise NotASelector("an account needs its platform")
    site = _listed(platform)
    platform_name = site.name if site else platform.strip().lower()
    name = value.strip().removeprefix("@")
    if site and _WITH_PATH.fullmatch(name):
        return f"{platform_name}:{name if name.startswith('channel/') else name.lower()}"
    if not _OTHER.fullmatch(platform_name) or not _NAME.fullmatch(name):
        raise NotASelector("not the name of one account")
    return f"{platform_name}:{_name_on(site, name)}"


def _name_on(platform: Platform | None, name: str) -> str:
    if platform and platform.has_ascii_names and not name.isascii():
        raise NotASelector("on this platform an account's name is in Latin letters: is this what is shown beside it?")
    return name.lower()


def _listed(platform: str) -> Platform | None:
    name = platform.strip().lower()
    return _BY_NAME.get(name) or _platform_at(name)


def _is_address(value: str) -> bool:
    match = re.match(r"(https?://)?([a-z0-9.-]+\.[a-z]+)(?:/|$|\?)", value, re.IGNORECASE)
    return match is not None and (match[1] is not None or _platform_at(match[2]) is not None)


def _of_address(value: str) -> str:
    text = value if re.match(r"https?://", value, re.IGNORECASE) else f"https://{value}"
    try:
        url = ada_url.URL(text)
    except ValueError:
        raise NotASelector("not a web address") from None
    platform = _platform_at(url.hostname)
    if platform is None:
        raise NotASelector("an address of no platform that is known here: record it as a web address, or name both")
    path = unquote(url.pathname).rstrip("/")
    if platform.by_number and path.lower() == platform.by_number[0]:
        numbers = parse_qs(url.search.removeprefix("?")).get(platform.by_number[1], [])
        if len(numbers) == 1 and numbers[0].isdecimal():
            return f"{platform.name}:{int(numbers[0])}"
    for profile in platform.profiles:
        groups = match.groupdict() if (match := re.fullmatch(profile, path)) else {}
        name = groups.get("exact") or _name_on(platform, groups.get("name", ""))
        if name and name not in platform.reserved:
            return f"{platform.name}:{name}"
    raise NotASelector("a page of the platform, not an account's own: record it as a web address")


def _platform_at(host: str) -> Platform | None:
    bare = re.sub(r"^(?:www|m|mobile|web|touch|[a-z]{2}-[a-z]{2})\.", "", host.lower())
    return _BY_HOST.get(bare)
