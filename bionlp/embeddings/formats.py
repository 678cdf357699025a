"""Telling the format of a file of word vectors from its content, since suffixes lie.

gensim's own files begin with the byte of a pickle. word2vec files begin with a line of two
integers, the words and the dimension, after which comes text or binary; GloVe files are text
without such a line.

Text is told from binary by the rows that follow, most of which must end in numbers: a single odd
row, be it the first, does not make a file binary. Binary values have bytes that no text has, and
end where the header says.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from bionlp.embeddings.opening import LINE_MOST, Content, shown
from bionlp.errors import EmbeddingError

GENSIM, BINARY, TEXT, GLOVE = "gensim", "word2vec binary", "word2vec text", "GloVe text"

FLOAT_BYTES = 4
_HEAD_BYTES = 1 << 16
# Tables of real vectors have dimensions of at most some thousands.
_DIMENSION_MOST = 1 << 20
_DIGITS_MOST = 18
# In that many values of float32 there is hardly ever no byte that text has not.
_TELLING_VALUES = 3
# Of text, less than a tenth is not UTF-8, even if some words are not.
_UNDECODABLE_SHARE = 10

_PICKLE_START = b"\x80"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHERS = {
    b"\xff\xfe": "text in UTF-16; save it as UTF-8",
    b"\xfe\xff": "text in UTF-16; save it as UTF-8",
    b"PK\x03\x04": "a zip archive; unpack it and give the file that was in it",
    b"BZh91AY&SY": "packed with bzip2; unpack it",
    b"\xfd7zXZ": "packed with xz; unpack it",
}
_HEADER = re.compile(rb"\s*([0-9]+)[ \t]+([0-9]+)\s*")
_NOT_IN_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_NOT_IN_NUMBERS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f-\xff]")
_NUMBER = re.compile(
    rb"[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?|inf(?:inity)?|nan)", re.I
)


@dataclass(frozen=True)
class Layout:
    """How a file is to be read.

    Attributes
    ----------
    kind : {"gensim", "word2vec binary", "word2vec text", "GloVe text"}
        The format.
    words : int or None
        How many words it announces, if it does.
    dimension : int
        The length of a vector; 0 for gensim's own format.
    start : int
        Where the first row begins, in bytes.
    lines : int
        Lines before that.
    """

    kind: str
    words: int | None = None
    dimension: int = 0
    start: int = 0
    lines: int = 0


def detect_layout(content: Content) -> Layout:
    """Tell how a file is to be read.

    Parameters
    ----------
    content : Content
        The file, from its beginning; it is read from.

    Returns
    -------
    Layout
        The format, and where the rows begin.

    Raises
    ------
    EmbeddingError
        If it is no file of word vectors, or announces more than it can hold.
    """
    head, whole = _head(content)
    if head.startswith(_PICKLE_START):
        if content.compressed:
            raise EmbeddingError(
                f"{content.name} is gensim's own format, packed; unpack it, together with the "
                "files beside it"
            )
        return Layout(GENSIM)
    _refuse_others(content, head)
    start, lines = _beginning(head)
    first = head[start:].partition(b"\n")[0]
    shape = _header(content, first)
    if shape is None:
        return Layout(GLOVE, None, _dimension(content, head[start:], whole), start, lines)
    start = min(start + len(first) + 1, len(head))
    kind = TEXT if _is_text(head[start:], *shape, whole) else BINARY
    _check_length(content, kind, *shape)
    return Layout(kind, *shape, start, lines + 1)


def is_number(field: bytes) -> bool:
    """Tell whether a field of a row is a number; infinity and NaN count as numbers."""
    return _NUMBER.fullmatch(field) is not None


def numbers_at_end(fields: list[bytes]) -> int:
    """Count the numbers that a row ends in; its first field is always a word."""
    count = 0
    for field in reversed(fields[1:]):
        if not is_number(field):
            break
        count += 1
    return count


def _head(content: Content) -> tuple[bytes, bool]:
    """Read the beginning with at least one line; and tell whether that is all there is."""
    head = content.stream.read(_HEAD_BYTES)
    if b"\n" not in head.strip() and len(head) == _HEAD_BYTES:
        head += content.stream.read(LINE_MOST - _HEAD_BYTES)
    return head, not content.stream.read(1)


def _beginning(head: bytes) -> tuple[int, int]:
    """Return where the first line begins that is not blank, and how many lines are before it."""
    mark = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
    blank = len(head[mark:]) - len(head[mark:].lstrip())
    start = head.rfind(b"\n", mark, mark + blank) + 1
    return max(start, mark), head.count(b"\n", 0, start)


def _refuse_others(content: Content, head: bytes) -> None:
    if not head:
        raise EmbeddingError(
            f"{content.name} is no file of word vectors: it is empty; get it again"
        )
    for start, what in _OTHERS.items():
        if head.startswith(start):
            raise EmbeddingError(f"{content.name} is no file of word vectors but {what}")


def _header(content: Content, line: bytes) -> tuple[int, int] | None:
    match = _HEADER.fullmatch(line)
    if match is None:
        return None
    texts = [digits.lstrip(b"0").decode() or "0" for digits in match.groups()]
    if max(map(len, texts)) > _DIGITS_MOST:
        raise EmbeddingError(
            f"{content.name} is too short for the {shown(texts[0])} words of dimension "
            f"{shown(texts[1])} that it announces; it is no file of word vectors: get it again"
        )
    words, dimension = map(int, texts)
    if not words:
        raise EmbeddingError(f"{content.name} has no words; get it again")
    if not 0 < dimension <= _DIMENSION_MOST:
        raise EmbeddingError(
            f"{content.name} announces vectors of dimension {dimension}; give vectors of "
            f"dimension 1 to {_DIMENSION_MOST}"
        )
    return words, dimension


def _is_text(rows: bytes, words: int, dimension: int, whole: bool) -> bool:
    """Tell whether text follows a header, from the beginning of what follows."""
    lines = [line for line in rows.split(b"\n") if line.strip()]
    if not lines:
        return True
    fields = [line.split() for line in lines]
    # Of a small file, a number or two among its words or values would be many: it is counted.
    if whole and len(fields) == words and all(numbers_at_end(f) >= dimension for f in fields):
        return True
    if whole and _fits_binary(rows, words, dimension):
        return False
    if not whole and len(fields[-1]) > 1:
        fields[-1].pop()
    if 2 * sum(_is_like_row(parts, dimension) for parts in fields) >= len(lines):
        return True
    undecodable = rows.decode("utf-8", "replace").count("\ufffd")
    if _NOT_IN_TEXT.search(rows) or _UNDECODABLE_SHARE * undecodable > len(rows):
        return False
    # What remains is a text of odd rows, or so few values that their bytes say nothing.
    if words * dimension >= _TELLING_VALUES:
        return True
    return not undecodable and len(rows) < words * (FLOAT_BYTES * dimension + 1)


def _fits_binary(rows: bytes, words: int, dimension: int) -> bool:
    """Tell whether words and values in binary end here, most values unlike a part of a text."""
    end, unlike = 0, 0
    for _ in range(words):
        blank = rows.find(b" ", end)
        word = rows[end:blank].lstrip(b"\n")
        if blank < 0 or not word or len(word.split()) > 1:
            return False
        end = blank + 1 + FLOAT_BYTES * dimension
        if end > len(rows):
            return False
        starts = range(blank + 1, end, FLOAT_BYTES)
        unlike += sum(bool(_NOT_IN_NUMBERS.search(rows, i, i + FLOAT_BYTES)) for i in starts)
    return not rows[end:].strip() and 2 * unlike >= words * dimension


def _is_like_row(fields: list[bytes], dimension: int) -> bool:
    numbers = numbers_at_end(fields)
    return bool(numbers) and (numbers >= dimension or 2 * numbers >= len(fields))


def _dimension(content: Content, rows: bytes, whole: bool) -> int:
    """Find out the dimension of text without a header: most rows end in that many numbers."""
    lines = rows.split(b"\n")
    if not whole and len(lines) > 1:
        lines.pop()
    counts = Counter(numbers_at_end(line.split()) for line in lines if line.strip())
    dimension = counts.most_common(1)[0][0] if counts else 0
    if not dimension or (not whole and len(rows) >= LINE_MOST - _HEAD_BYTES and len(lines) == 1):
        raise EmbeddingError(
            f"{content.name} is no file of word vectors; give word2vec binary or text, GloVe "
            "text, or gensim's own format"
        )
    return dimension


def _check_length(content: Content, kind: str, words: int, dimension: int) -> None:
    # A header can ask for any amount of memory, so it must agree with the file first. A row takes
    # at least a digit and a blank for each value in text; a blank and the values in binary.
    row = FLOAT_BYTES * dimension + 1 if kind == BINARY else 2 * dimension
    if words * row > content.most + 1:
        raise EmbeddingError(
            f"{content.name} is too short for the {words} words of dimension {dimension} that it "
            "announces; it is truncated or no file of word vectors: get it again"
        )
