"""The texts that Django is translated into, out of the compiled catalogues that it installs."""

import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

#: Locale folder → label, the first ones easy to tell apart, close relatives (nb and da, cs and sk) further on.
LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pl": "Polish",
    "tr": "Turkish",
    "ru": "Russian",
    "el": "Greek",
    "ar": "Arabic",
    "hi": "Hindi",
    "ja": "Japanese",
    "ko": "Korean",
    "zh_Hans": "Chinese",
    "fi": "Finnish",
    "nl": "Dutch",
    "pt": "Portuguese",
    "sv": "Swedish",
    "uk": "Ukrainian",
    "cs": "Czech",
    "da": "Danish",
    "nb": "Norwegian",
    "sk": "Slovak",
    "et": "Estonian",
    "bg": "Bulgarian",
    "fa": "Persian",
    "ro": "Romanian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ca": "Catalan",
    "gl": "Galician",
    "hr": "Croatian",
    "sl": "Slovenian",
    "sr": "Serbian",
}
#: What says nothing about the language: format fields, tags, entities, numbers.
_NOT_TEXT = re.compile(r"%(\(\w+\))?[.\d]*[a-z]|\{[^}]*\}|<[^>]*>|&\w+;|\d+")
_SHORTEST = 8


def texts_by_language(codes: list[str]) -> dict[str, list[str]]:
    """Locale code → its distinct texts, sorted; a text that stands in several languages is left out."""
    found = {code: set(_texts(code)) for code in codes}
    owners = Counter(text for texts in found.values() for text in texts)
    return {code: sorted(text for text in texts if owners[text] == 1) for code, texts in found.items()}


def messages(code: str) -> Iterator[tuple[str, str]]:
    """Source text and translation of every message of one locale, in all of Django's catalogues."""
    for path in sorted(_package().glob(f"**/locale/{code}/**/*.mo")):
        yield from _catalogue(path)


def plain(text: str) -> str:
    """A message without format fields, tags and numbers, its spaces and letters in one form."""
    return " ".join(unicodedata.normalize("NFKC", _NOT_TEXT.sub(" ", text)).split())


def _texts(code: str) -> Iterator[str]:
    """The cleaned texts of one locale; English stands in the sources of all."""
    for source, translation in messages("de" if code == "en" else code):
        text = plain(source if code == "en" else translation).lower()
        if len(text) >= _SHORTEST and (code == "en" or source != translation):
            yield text


def _package() -> Path:
    # Only where the package lies is asked: Django itself is not imported.
    package = find_spec("django")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("This reads the translations of Django, which is not installed here.")
    return Path(package.submodule_search_locations[0])


def _catalogue(path: Path) -> Iterator[tuple[str, str]]:
    """Source text and translation of every message in a compiled gettext catalogue; of plurals, the first form."""
    data = path.read_bytes()
    count, sources, translations = struct.unpack_from("<3I", data, 8)
    for number in range(1, count):  # message 0 is the header
        source = _message(data, sources + 8 * number).rpartition("\x04")[2]  # a context stands before \x04
        yield source, _message(data, translations + 8 * number)


def _message(data: bytes, place: int) -> str:
    length, start = struct.unpack_from("<2I", data, place)
    return data[start : start + length].decode().partition("\0")[0]
