"""The settings of a page as text: a query of readable fields, one packed field if that is long, or a file."""

import binascii
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

from core.outside import json_value

Link = dict[str, list[str]]

PACKED = "z"
"""The field that holds all others."""
# Shorter queries are left readable.
_LONG = 1500
_VERSION = "1."
# Bytes that a packed field or a file may hold: all texts of a page at their longest fit.
_MOST = 200_000
_FORMAT = "gradient descent laboratory"


def readable(link: Link) -> str:
    """``link`` as a query in which every setting can be read."""
    return urlencode(link, doseq=True, safe="()*,:/")


def query(link: Link) -> str:
    """``link`` behind the question mark of an address."""
    plain = readable(link)
    if len(plain) <= _LONG:
        return plain
    text = json.dumps(link, ensure_ascii=False, separators=(",", ":"))
    packed = urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    return min(plain, f"{PACKED}={_VERSION}{packed}", key=len)


def unpacked(text: str) -> Link | None:
    """The link in a packed field, which ``query`` has made; ``None`` for anything else, whatever it holds."""
    if not text.startswith(_VERSION) or len(text) > _MOST:
        return None
    body = text.removeprefix(_VERSION)
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(urlsafe_b64decode(body + "=" * (-len(body) % 4)), _MOST)
        return _believed(json_value(data.decode())) if stream.eof else None
    except (zlib.error, binascii.Error, ValueError):
        return None


def written(page: str, link: Link) -> str:
    """``link`` of the page at the path ``page`` as a file."""
    return json.dumps({"format": _FORMAT, "version": 1, "page": page, "settings": link}, indent=2, ensure_ascii=False)


def opened(text: str, page: str) -> Link:
    """The link in a file of ``page``. Raises ``ValueError`` with a sentence for anything else."""
    if len(text) > _MOST:
        raise ValueError(f"A laboratory has at most {_MOST} characters; this has {len(text)}.")
    try:
        fields = json_value(text)
    except ValueError as error:
        raise ValueError(f"This is not a laboratory. {error}") from None
    if not isinstance(fields, dict) or fields.get("format") != _FORMAT:
        raise ValueError(f'This is not a laboratory: its "format" must be "{_FORMAT}".')
    if fields.get("version") != 1 or fields.get("page") != page:
        raise ValueError(f'Only laboratories of version 1 of the page "{page}" can be opened here.')
    link = _believed(fields.get("settings"))
    if link is None:
        raise ValueError('Its "settings" must be lists of texts by their names.')
    return link


def _believed(found: Any) -> Link | None:
    """``found`` if it has the form of a link."""
    if not isinstance(found, dict) or not all(isinstance(texts, list) for texts in found.values()):
        return None
    return found if all(isinstance(text, str) for texts in found.values() for text in texts) else None
