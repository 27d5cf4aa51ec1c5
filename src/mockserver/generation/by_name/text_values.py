"""Generators of texts, identifiers, network addresses and other strings."""

import base64
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from mockserver.generation.by_name import people, word_lists
from mockserver.generation.generation_context import GenerationContext, Maker, SchemaPosition
from mockserver.generation.placeholder_images import MEDIA_ORIGIN, picture_path
from mockserver.generation.seeds import derive

# fmt: off
_DANGLING = frozenset(
    (
        "a", "about", "an", "and", "are", "at", "by", "for", "from", "has", "in", "is", "of", "on", "or",
        "the", "this", "to", "was", "were", "with",
    )
)
# fmt: on
"""Words with which no text may end."""

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"

_WORDS = 12
"""Number of random words that are tried where a short one is needed."""

_PICTURES: Mapping[str, str] = {
    **dict.fromkeys(("avatar", "avatars", "gravatar", "profile"), "avatar"),
    **dict.fromkeys(("icon", "icons", "logo", "logos"), "icon"),
    **dict.fromkeys(("thumbnail", "thumbnails", "thumb", "thumbs"), "thumbnail"),
}
"""Kinds of pictures, by words of property names; all others are landscapes."""


def one_of(*values: Any) -> Maker:
    """Return a generator that picks one of these values."""
    return lambda _, number, __: values[number % len(values)]


def between(low: int, high: int) -> Maker:
    """Return a generator of integers between two bounds, inclusive."""
    return lambda _, number, __: low + number % (high - low + 1)


def decimal(low: float, high: float, digits: int = 2) -> Maker:
    """Return a generator of numbers between two bounds, with at most `digits` decimal places."""
    steps = round((high - low) * 10**digits)
    return lambda _, number, __: round(low + number % (steps + 1) / 10**digits, digits)


def plain(draw: GenerationContext, number: int, _: SchemaPosition) -> str:
    """A few neutral words, for a property whose meaning is unknown."""
    if _is_english(draw):
        return _called(number)
    parts = [draw.lexicon.word("word", derive(number, place)) for place in range(2 + number % 2)]
    return " ".join(parts).capitalize()


def title(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A title of something that people write."""
    if not _is_english(draw):
        return label(draw, number, spot)
    number = derive(spot.number(draw), "label")
    return word_lists.TITLES[number // 4096 % len(word_lists.TITLES)].format(thing=_called(number))


def label(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    """A name for a thing: in English an adjective and a noun, else a few words."""
    return plain(draw, derive(spot.number(draw), "label"), spot)


def _is_english(draw: GenerationContext) -> bool:
    return draw.lexicon.locale.startswith("en")


def _called(number: int) -> str:
    noun = word_lists.NOUNS[number // 64 % len(word_lists.NOUNS)]
    return f"{word_lists.ADJECTIVES[number % len(word_lists.ADJECTIVES)]} {noun}"


def word(draw: GenerationContext, number: int, _: SchemaPosition) -> str:
    """One word."""
    return str(draw.lexicon.word("word", number)).lower()


def noun(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """A noun in lower case, for tags."""
    return word_lists.NOUNS[number % len(word_lists.NOUNS)].lower()


def sentence(draw: GenerationContext, number: int, _: SchemaPosition) -> str:
    """A sentence."""
    if not _is_english(draw):
        return str(draw.lexicon.word("sentence", number))
    return word_lists.SENTENCES[number // 4096 % len(word_lists.SENTENCES)].format(thing=_called(number))


def paragraph(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """Some sentences."""
    return " ".join(sentence(draw, derive(number, place), spot) for place in range(3))


def html(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A paragraph in HTML."""
    return f"<p>{sentence(draw, number, spot)}</p>"


def tenths(low: int, high: int) -> Maker:
    """Return a generator of numbers with one decimal place, as text."""
    return lambda _, number, __: f"{low + number % (10 * (high - low) + 1) / 10:.1f}"


def percentage(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """A percentage, as text."""
    return f"{number % 101}%"


def slug(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """Words joined by dashes, for a URL."""
    return _slug(plain(draw, number, spot)) or f"item-{number % 900 + 100}"


_slug = lru_cache(maxsize=8192)(people.slug)


def uuid(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """A UUID of version 4."""
    high, low = derive(number, "uuid"), number
    text = f"{high & ~0xF000 | 0x4000:016x}{low & ~(0xC000 << 48) | 0x8000 << 48:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def token(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """Random letters and digits."""
    return f"{number:016x}{derive(number, 'token'):016x}"


def url(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A URL at a reserved domain."""
    return f"https://{_DOMAIN(draw, number, spot)}/{slug(draw, number, spot)}"


def picture(_: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """The URL of a picture that the mock serves."""
    words = spot.words.split("_")
    kind = next((_PICTURES[word] for word in words if word in _PICTURES), "picture")
    suffix = "png" if "png" in words or "png" in spot.description else "svg"
    return MEDIA_ORIGIN + picture_path(kind, number, suffix)


def distant_picture(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """The URL of a nonexistent picture, for schemas that the mock's own URLs may not match."""
    return f"https://images.example.com/{number:016x}.jpg"


def path(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A path on the server."""
    return f"/{slug(draw, number, spot)}"


def file_name(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A file name."""
    return f"{slug(draw, number, spot)}.{('pdf', 'jpg', 'csv', 'txt')[number % 4]}"


def ipv4(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """An IP address from the blocks reserved for documentation (RFC 5737)."""
    return f"{('192.0.2', '198.51.100', '203.0.113')[number % 3]}.{number // 3 % 254 + 1}"


def ipv6(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """An IP address from the block reserved for documentation (RFC 3849)."""
    return f"2001:db8::{number % 0xFFFF:x}:{number // 0xFFFF % 0xFFFF + 1:x}"


def mac(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """A locally administered MAC address."""
    return "02:" + ":".join(f"{number >> shift & 255:02x}" for shift in (0, 8, 16, 24, 32))


def short(form: str, number: int) -> tuple[str, ...]:
    """Short e-mail addresses or URLs, the shortest last."""
    letter = "abcdefghijklmnopqrstuvwxyz"[number % 26]
    if form in {"email", "idn-email"}:
        return f"{letter}@example.com", f"{letter}@example.io", f"{letter}@ex.io", f"{letter}@x.io"
    if form in {"uri", "url", "iri"}:
        return "https://example.com", "http://ex.io", f"http://{letter}", f"u:{letter}"
    return ()


def shorter_addresses(text: str, number: int) -> tuple[str, ...]:
    """Shorter replacements for a URL or an e-mail address."""
    if "://" in text:
        return (text.rpartition("/")[0], *short("uri", number))
    return short("email", number) if "@" in text else ()


def shortened(draw: GenerationContext, number: int, text: str, most: int) -> str:
    """Shorten a text to at most `most` characters: fewer words, else a shorter word, not part of one."""
    if any(character.isdigit() for character in text) and " " not in text:
        return text[:most].rstrip("-_. ")  # a number, a hash, a code
    if text.endswith(".") and _is_english(draw):
        known = [remark for remark in word_lists.REMARKS if most // 3 <= len(remark) <= most]
        if known:
            return known[number % len(known)]
    for separator in (" ", "-", "_"):
        parts = text.split(separator)
        while len(parts) > 1:
            parts.pop()
            while len(parts) > 1 and parts[-1].lower() in _DANGLING:
                parts.pop()
            shorter = separator.join(parts).rstrip(" ,.;:&-")
            if len(shorter) <= most:
                return shorter
    return _short_word(draw, number, text, most)


def letters(count: int, number: int) -> str:
    """Random capital letters."""
    return "".join(_LETTERS[derive(number, place) % len(_LETTERS)] for place in range(count))


def _short_word(draw: GenerationContext, number: int, text: str, most: int) -> str:
    """A word of at most `most` characters, in the case of `text`."""
    if _is_english(draw):
        known = [word for word in (*word_lists.NOUNS, *word_lists.ADJECTIVES) if len(word) <= most]
        found = known[number % len(known)] if known else ""
    else:
        words = (str(draw.lexicon.word("word", derive(number, place))) for place in range(_WORDS))
        found = next((word for word in words if len(word) <= most), "")
    if not found:
        found = letters(most, number).lower()
    return found.lower() if text[:1].islower() else found.upper() if text.isupper() else found


def encoded(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """Some bytes in base64."""
    return base64.b64encode(number.to_bytes(8, "big") + b"mock").decode()


def hexadecimal(digits: int) -> Maker:
    """Return a generator of hexadecimal digits, like those of a hash."""

    def make(_: GenerationContext, number: int, __: SchemaPosition) -> str:
        return "".join(f"{derive(number, place):016x}" for place in range(-(-digits // 16)))[:digits]

    return make


def encoded_bytes(encoding: str, number: int, least: int, most: int | None) -> str | None:
    """Bytes in an encoding of RFC 4648, as text of an allowed length; None for unknown encodings."""
    encode = _ENCODINGS.get(encoding)
    if encode is None:
        return None
    size = next((size for size in range(12, 0, -1) if most is None or len(encode(bytes(size))) <= most), 0)
    while len(encode(bytes(size))) < least:
        size += max(1, (least - len(encode(bytes(size)))) // 2)
    raw = b"".join(derive(number, place).to_bytes(8, "big") for place in range(size // 8 + 1))[:size]
    return encode(raw).decode()


_ENCODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64encode,
    "base64url": base64.urlsafe_b64encode,
    "base32": base64.b32encode,
    "base32hex": base64.b32hexencode,
    "base16": base64.b16encode,
    "hex": base64.b16encode,
}


def password(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """A password that satisfies most rules."""
    return f"Pw-{number:016x}!A"[:18]


def version(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """A version number."""
    return f"{number % 5 + 1}.{number // 5 % 10}.{number // 50 % 20}"


def color(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """A colour in CSS notation."""
    return f"#{number % 0xFFFFFF:06x}"


def digits(count: int) -> Maker:
    """Return a generator of a fixed number of digits."""
    return lambda _, number, __: str(number % 9 + 1) + f"{number // 9 % 10 ** (count - 1):0{count - 1}d}"


def amount(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """An amount of money, as text."""
    return f"{number % 50000 / 100 + 1:.2f}"


def arn(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """An Amazon resource name, of a fictitious account."""
    kind = people.slug(spot.about.rpartition("_")[2]) or "resource"
    return f"arn:aws:mock:eu-west-1:123456789012:{kind}/{slug(draw, number, spot)}"


def ordinal(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """A two-digit number, as text."""
    return str(number % 60 + 18)


def code(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """Letters, a dash and digits, like an order number."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return f"{letters[number % 24]}{letters[number // 24 % 24]}-{number // 576 % 90000 + 10000}"


def flag(_: GenerationContext, number: int, spot: SchemaPosition) -> bool:
    """A boolean: mostly true for usual states like `active`, mostly false for rare ones like `failed`."""
    return number % 100 < _ODDS.get(spot.words.removeprefix("is_").removeprefix("has_"), 50)


def like(example: str) -> Maker:
    """Return a generator of text in the form of an example: digits are replaced, but years are kept."""
    runs = [run.span() for run in re.finditer(r"\d+", example)]
    years = [span for span in runs if len(runs) > 1 and re.fullmatch(r"(?:19|20)\d\d", example[slice(*span)])]
    # The number in the name of a hash function or an encoding is no number of the record's.
    named = [found.span() for found in re.finditer(r"\b(?:sha-?|md|utf-?|base)\d+", example, re.IGNORECASE)]
    kept = {place for span in (*years, *named) for place in range(*span)}

    def make(_: GenerationContext, number: int, __: SchemaPosition) -> str:
        written = ""
        for place, char in enumerate(example):
            is_digit = char in "0123456789" and place not in kept
            fresh = is_digit and not (char == "0" and not written[-1:].isdigit())
            written += str(derive(number, place) % 9 + 1) if fresh else char
        return written

    return make


_DOMAIN = people.company_domain
_ODDS = dict.fromkeys(word_lists.RARE, 10) | dict.fromkeys(word_lists.USUAL, 88)
