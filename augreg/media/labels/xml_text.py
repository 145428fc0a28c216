"""An XML file whose texts are replaced where they stand, so that all else of it stays as it was, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax.saxutils import escape

from augreg.errors import ConfigError

MOST: Final = 16 * 2**20
"""Bytes of a file of labels for one picture. The largest of well-known data sets have about 100 kB."""
DEEPEST: Final = 32
"""Elements within elements."""

ENCODINGS: Final = (
    *("utf-8", "utf8", "us-ascii", "ascii", "utf-16", "iso-8859-1", "iso-8859-15", "latin-1", "latin1"),
    *(
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "gbk",
        "gb2312",
        "gb18030",
        "big5",
        "shift_jis",
        "euc-jp",
        "euc-kr",
    ),
)
"""Those that Python decodes in one pass, and that tools write."""
_DECLARED: Final = re.compile(rb"""^<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_COMMENT: Final = re.compile(rb"<!--.*?-->", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
# The end of a start tag; a ">" may stand in the value of an attribute.
_TAG: Final = re.compile(rb"""<[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*>""")


class XmlError(Exception):
    """A file that is not understood. Its text is the reason, beginning with the line where there is one."""


@dataclass(slots=True)
class Node:
    """An element: bytes ``start`` to ``end`` of the text, its content ``inner`` to ``close``; ``text`` unescaped."""

    tag: str
    line: int
    start: int
    inner: int = 0
    close: int = 0
    end: int = 0
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def find(self, tag: str) -> Node | None:
        """Return the first child of a name."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> list[Node]:
        """Return the children of a name."""
        return [child for child in self.children if child.tag == tag]


def decoded(content: bytes) -> tuple[str, str]:
    """Return the text of a file, and its encoding.

    Raises:
        XmlError: it is too long, or not in the encoding that it says.

    """
    if len(content) > MOST:
        raise XmlError(f"its {len(content):_} bytes are more than the {MOST:_} that are read.")
    found = _DECLARED.match(content)
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    marked = content.startswith(b"\xef\xbb\xbf")
    name = "utf-16" if wide else "utf-8-sig" if marked else found[1].decode().lower() if found else "utf-8"
    if not wide and not marked and name not in ENCODINGS:
        raise XmlError(f"line 1: encoding {name!r} is not read. Save the file as UTF-8.")
    try:
        return content.decode(name), name
    except UnicodeDecodeError as error:
        raise XmlError(f"byte {error.start} is not {name}, which the file says it is. Save it as UTF-8.") from None


def parsed(text: str) -> tuple[Node, bytes]:
    """Return the root element of an XML text, and the bytes, UTF-8, to which its numbers refer.

    Raises:
        XmlError: it is not well-formed, or it declares entities, with which small files become large ones.
        ConfigError: defusedxml is not installed.

    """
    try:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import DefusedXMLParser, ParseError
    except ImportError:
        raise ConfigError(
            "XML labels are read by defusedxml, which is not installed. Run: pip install augreg[labels]"
        ) from None
    source = text.encode()
    builder = _Builder(source)
    parser = DefusedXMLParser(target=builder, encoding="utf-8")
    builder.expat = parser.parser
    try:
        parser.feed(source)
        parser.close()
    except ParseError as error:
        reason = str(error).partition(": line")[0]
        raise XmlError(f"line {error.position[0]}: it is no XML: {reason}.") from None
    except DefusedXmlException:
        line = parser.parser.CurrentLineNumber
        raise XmlError(f"line {line}: it declares entities, which are not read. Take them out.") from None
    return builder.root, source


class _Builder:
    """Takes the events of the parser."""

    def __init__(self, source: bytes) -> None:
        self.expat: Any = None
        self._source = source
        self._open = [Node("", 0, 0)]
        self._texts: list[str] = []

    @property
    def root(self) -> Node:
        return self._open[0].children[0]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) > DEEPEST:
            raise XmlError(f"line {self.expat.CurrentLineNumber}: more than {DEEPEST} elements within each other.")
        start = self.expat.CurrentByteIndex
        tagged = _TAG.match(self._source, start)
        node = Node(tag, self.expat.CurrentLineNumber, start, tagged.end() if tagged else start)
        self._open[-1].children.append(node)
        self._open.append(node)
        self._texts.clear()

    def data(self, text: str) -> None:
        self._texts.append(text)

    def end(self, tag: str) -> None:
        node = self._open.pop()
        # Only elements without others within them have a text that is asked for.
        node.text = "" if node.children else "".join(self._texts)
        self._texts.clear()
        # An element without an end tag ends where it starts.
        node.close = max(self.expat.CurrentByteIndex, node.inner)
        at = self.expat.CurrentByteIndex
        node.end = node.inner if at == node.start else self._source.index(b">", at) + 1

    def close(self) -> None:
        """Take the end of the file."""


@dataclass(slots=True)
class Edits:
    """Replacements in a text, made together."""

    source: bytes
    made: list[tuple[int, int, bytes]] = field(default_factory=list)

    def put(self, node: Node, text: str) -> None:
        """Put a text in place of that of an element, between the blanks that stand around it, unless it is the same."""
        if node.text.strip() == text:
            return
        if node.inner == node.end:  # <a/>
            whole = f"<{node.tag}>{escape(text)}</{node.tag}>"
            self.made.append((node.start, node.end, whole.encode()))
            return
        old = self.source[node.inner : node.close]
        left = len(old) - len(old.lstrip())
        right = max(left, len(old.rstrip()))
        new = escape(text).encode() + b"".join(_COMMENT.findall(old))
        self.made.append((node.inner + left, node.inner + right, new))

    def drop(self, node: Node) -> None:
        """Take an element out, with the blanks before it."""
        start = node.start
        while start and self.source[start - 1] in b" \t\r\n":
            start -= 1
        self.made.append((start, node.end, b""))

    def add(self, at: int, text: str) -> None:
        """Put a text in at a place."""
        self.made.append((at, at, text.encode()))

    def applied(self) -> bytes:
        """Return the text with all replacements."""
        parts, done = [], 0
        for start, end, new in sorted(self.made, key=lambda edit: edit[:2]):
            if start < done:  # within an element that is taken out as a whole
                continue
            parts += [self.source[done:start], new]
            done = end
        return b"".join([*parts, self.source[done:]])


def lines(tag: str, value: Any, indent: str) -> Iterator[str]:
    """Yield lines of XML that say a plain value: dictionaries as elements within, lists as elements repeated.

    Raises:
        XmlError: a name or a text that XML cannot hold.

    """
    if not _NAME.fullmatch(tag):
        raise XmlError(f"{tag!r} is no name of an XML element. Letters, digits, '_', '-' and '.' make one.")
    if isinstance(value, list):
        for each in value:
            yield from lines(tag, each, indent)
    elif isinstance(value, dict):
        yield f"{indent}<{tag}>"
        for name, inner in value.items():
            yield from lines(str(name), inner, indent + "\t")
        yield f"{indent}</{tag}>"
    else:
        yield f"{indent}<{tag}>{escape(written(value))}</{tag}>"


def written(value: Any) -> str:
    """Return a plain value as a text.

    Raises:
        XmlError: a text that XML cannot hold.

    """
    if value is None or isinstance(value, bool):
        return "" if value is None else str(int(value))
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    wrong = next((letter for letter in text if ord(letter) < 32 and letter not in "\t\n"), "")
    if wrong:
        raise XmlError(f"{text[:40]!r} holds the character {wrong!r}, which XML cannot.")
    return text
