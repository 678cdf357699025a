"""From the bytes of a table to its text.

Only UTF-8 is read. A guess at another encoding would turn some texts into others without a word, so
what is not UTF-8 is refused, with the place of the first byte that is wrong.
"""

from pathlib import Path

from bionlp.errors import DatasetError
from bionlp.files import read_bytes

MARK = b"\xef\xbb\xbf"
"""The byte order mark that Windows puts before UTF-8."""

KINDS = (
    (b"\xff\xfe\x00\x00", "text in UTF-32; save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "text in UTF-32; save it as UTF-8"),
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
    (b"\x1f\x8b", "compressed; unpack it first"),
    (b"PK\x03\x04", "a workbook or an archive; export the table as CSV in UTF-8"),
    (b"PAR1", "a Parquet file; export the table as CSV in UTF-8"),
    (b"\xd0\xcf\x11\xe0", "a workbook; export the table as CSV in UTF-8"),
)
"""What files that are no UTF-8 begin with, what they are and what to do about it."""


def read_table_text(path: Path) -> str:
    """Read a table as text; see :func:`decode_table`."""
    return decode_table(read_bytes(path, DatasetError), path)


def decode_table(raw: bytes, path: Path | str) -> str:
    """Return the bytes of a table as text.

    Parameters
    ----------
    raw : bytes
        In UTF-8, with or without a byte order mark.
    path : Path or str
        Where they are from, for messages.

    Returns
    -------
    str
        The text, with its line ends as they are.

    Raises
    ------
    DatasetError
        If they are not UTF-8 or have a zero byte; the message says at which byte,
        counted from 0.
    """
    for start, kind in KINDS:
        if raw.startswith(start):
            raise DatasetError(f"{path}, byte 0: not UTF-8, but {kind}")
    marked = len(MARK) if raw.startswith(MARK) else 0
    zero = raw.find(b"\0")
    if zero >= 0:
        raise DatasetError(
            f"{_place(path, raw, zero)}: a zero byte, as in UTF-16 and in files that are no text; "
            "save the table as UTF-8, without zero bytes"
        )
    try:
        return raw[marked:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{_place(path, raw, marked + error.start)}: not UTF-8; save the file as UTF-8 and try "
            "again"
        ) from error


def _place(path: Path | str, raw: bytes, byte: int) -> str:
    line = raw.count(b"\n", 0, byte) + 1
    return f"{path}, line {line}, byte {byte}"
