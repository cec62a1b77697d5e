"""A table as a picture: intervals and estimates, and what is not clear hatched, never as zero."""

from collections.abc import Sequence
from html import escape
from typing import Final

from app.protocol.release.grades import Grade, Shown
from app.protocol.release.words import Words

# In units of the picture, which is as wide as the narrowest page.
_WIDTH, _LEFT, _ROW, _HEAD, _RADIUS = 320, 4, 38, 22, 4
_SCALE: Final = _WIDTH - 2 * _LEFT
_TICKS: Final = 4


def chart(title: str, rows: Sequence[tuple[str, Shown]], *, words: Words) -> bytes:
    """SVG, whose description says each row in words. Its texts are escaped, and it refers to nothing."""
    most = _round_up(max(own.upper for _, own in rows))
    height = _HEAD + _ROW * len(rows) + _HEAD
    said = "; ".join(f"{label}: {words.shown(own)}" for label, own in rows)
    body = "".join(_row(place, label, own, most) for place, (label, own) in enumerate(rows))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" \
font-family="sans-serif" font-size="12">
<title>{escape(title)}</title>
<desc>{escape(said)}</desc>
<defs><pattern id="unclear" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<path d="M0 0V6" stroke="#767676" stroke-width="2"/></pattern></defs>
<rect width="{_WIDTH}" height="{height}" fill="#fff"/>
{_axis(most, height, words)}{body}</svg>
""".encode()


def _row(place: int, label: str, own: Shown, most: int) -> str:
    top = _HEAD + place * _ROW
    middle = top + 25
    text = f'<text x="{_LEFT}" y="{top + 14}" fill="#1b1b1b">{escape(_short(label))}</text>\n'
    start, end = _at(own.lower, most), _at(own.upper, most)
    if own.grade is Grade.D:
        return text + (
            f'<rect x="{start}" y="{middle - 5}" width="{end - start:.1f}" height="10" fill="url(#unclear)"/>\n'
        )
    line = f'<path d="M{start} {middle}H{end}M{start} {middle - 5}v10M{end} {middle - 5}v10" fill="none" '
    line += 'stroke="#1f4e79" stroke-width="2"/>\n'
    if own.value is None:
        return text + line
    return text + line + f'<circle cx="{_at(own.value, most)}" cy="{middle}" r="{_RADIUS}" fill="#1f4e79"/>\n'


def _axis(most: int, height: int, words: Words) -> str:
    lines = []
    for tick in range(_TICKS + 1):
        x, persons = _at(most * tick // _TICKS, most), most * tick // _TICKS
        anchor = "start" if tick == 0 else "end" if tick == _TICKS else "middle"
        lines.append(f'<path d="M{x} {_HEAD - 6}V{height - _HEAD}" stroke="#d0d0d0"/>')
        said = words.number(persons)
        lines.append(f'<text x="{x}" y="{height - 7}" text-anchor="{anchor}" fill="#4a4a4a">{said}</text>')
    return "\n".join(lines) + "\n"


def _at(persons: int, most: int) -> float:
    return round(_LEFT + _SCALE * persons / most, 1)


def _round_up(persons: int) -> int:
    """To a number that can be told at each of four ticks."""
    step: int = 4 * 10 ** max(0, len(str(persons)) - 2)
    return max(step, -(-persons // step) * step)


def _short(label: str) -> str:
    longest = 50
    return label if len(label) <= longest else label[: longest - 1] + "…"
