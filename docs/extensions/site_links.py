"""Links of built pages: every file, and every place in a page, that a link names has to exist.

Links to other sites are not followed.
"""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page links to, and the places that can be linked to in it.

    Attributes
    ----------
    links : set of str
        Values of ``href`` and ``src``.
    places : set of str
        Values of ``id``.
    """

    def __init__(self, text: str):
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes of an element."""
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.links.add(value)
            if value and name == "id":
                self.places.add(value)


def broken_links(folder: Path) -> list[str]:
    """Return each link that leads nowhere, with its page.

    Parameters
    ----------
    folder : Path
        Built pages.

    Returns
    -------
    list of str
        ``page: link``; empty if all is well.
    """

    @cache
    def read(path: Path) -> Page:
        return Page(path.read_text(encoding="utf-8"))

    found = []
    for path in sorted(folder.rglob("*.html")):
        for link in sorted(read(path).links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            place = unquote(parts.fragment)
            known = target.exists() and (
                not place or target.suffix != ".html" or place in read(target).places
            )
            if not known:
                found.append(f"{path.relative_to(folder)}: {link}")
    return found
