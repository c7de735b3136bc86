"""Where the guide is on the network, as the visitor's browser says: addresses of its pages, and as QR codes."""

import ipaddress
import re
from io import BytesIO
from urllib.parse import urlsplit

import segno
import streamlit as st

from ui.kit import codec
from ui.kit.codec import Link

# Characters of an address; of one that a phone still reads from a wall, as measured in modules of its code; and of the
# place of the guide.
MAX_SCANNED = 1000
_MAX_PLACE = 200
# Modules around a code, as the standard asks for.
_QUIET = 4


def place(url: str | None, path: str) -> str:
    """The address of the guide in ``url``, which a browser says is that of the page at ``path``; "" of anything else.

    It ends in a slash.
    """
    try:
        parts = urlsplit(url or "")
        known = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return ""
    root = parts.path.rstrip("/").removesuffix(path).rstrip("/")
    # A name, or numbers, with a port: no passwords, and nothing that would be read as markup or another address.
    if not known or not re.fullmatch(r"([\w.-]+|\[[\da-fA-F:.]+\])(:\d+)?", parts.netloc) or len(root) > _MAX_PLACE:
        return ""
    if len(parts.netloc) > _MAX_PLACE or not re.fullmatch(r"[\w./~-]*", root):
        return ""
    return f"{parts.scheme}://{parts.netloc}{root}/"


def reach(address: str) -> str:
    """Who cannot open ``address``, in a sentence; "" if anyone might."""
    host = urlsplit(address).hostname or ""
    if not host:
        return "The address of this guide is not known here: put that of your server before it."
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        alone = host == "localhost" or host.endswith(".localhost")
        near = "." not in host or host.endswith((".local", ".lan", ".internal"))
    else:
        alone, near = ip.is_loopback or ip.is_unspecified, ip.is_private or ip.is_link_local
    if alone:
        return (
            "Only this computer can open it. Open the guide by the address that others use, and the link will have "
            "that one."
        )
    return "Only computers in the same network can open it." if near else ""


def address(path: str, here: str, link: Link) -> str:
    """The address of the page at ``path`` with ``link``, while the page at ``here`` is open."""
    query = codec.query(link)
    return f"{place(st.context.url, here)}{path}{f'?{query}' if query else ''}"


def qr_code(text: str) -> str:
    """``text`` as a QR code, an SVG in black on white in any theme.

    Raises ``ValueError`` if it is too long for a code that is easy to read.
    """
    if len(text) > MAX_SCANNED:
        raise ValueError(f"A code holds at most {MAX_SCANNED} characters; this has {len(text)}.")
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", border=_QUIET, light="#fff", xmldecl=False)
    return drawn.getvalue().decode()
