"""Files that are read whole or not at all, and written whole or not at all.

A result is written under a temporary name in the folder of its target and renamed at the end.
Renaming within one folder is atomic, so a crash or a full disk never leaves half a file under the
real name, and a reader never meets one. It is on the disk before it gets its name, so neither does
a power failure.
"""

import contextlib
import errno
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bionlp.errors import BionlpError, OutputError, absent


@contextlib.contextmanager
def atomic_path(target: Path, *, lasting: bool = True) -> Iterator[Path]:
    """Yield a temporary path that becomes ``target`` if the body succeeds.

    Parameters
    ----------
    target : Path
        The file to write or replace. Missing parent folders are created.
    lasting : bool
        Wait until it is on the disk, which takes a moment; not needed for what can be computed
        again and is known to be whole by other means.

    Yields
    ------
    Path
        A path in the same folder with the same suffix, because some writers choose the format
        by the suffix or append one that is missing.

    Raises
    ------
    OutputError
        If the folder or the file cannot be written. Nothing is left behind, and an older
        ``target`` stays as it was.
    """
    target = Path(target)
    temporary = target.with_name(
        f".{target.stem[:_KEPT_OF_NAME]}.{secrets.token_hex(4)}{target.suffix}"
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if lasting:
            _reach_disk(temporary)
        os.replace(temporary, target)
    except BionlpError:
        raise
    except OSError as error:
        raise _unwritten(target, error) from error
    except Exception as error:
        # Libraries have exceptions of their own for a full disk.
        refusal = _refusal(error, target.parent)
        if refusal is None:
            raise
        raise _unwritten(target, refusal) from error
    finally:
        # Whatever prevented writing may prevent deleting; the first error is the one to report.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


_KEPT_OF_NAME = 32
"""Letters of a file's name that are in its temporary name, which may not become too long."""
_PROBE = 2**16
_CANNOT_WAIT = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
"""What file systems say that have no disk to wait for."""
_NUMBER = re.compile(r"(?:os error|errno)\W{0,4}(\d+)")


def _unwritten(target: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot write {target}: {reason(error)}; choose another place or free this one"
    )


def _reach_disk(file: Path) -> None:
    """Wait until a file is on its disk, which may be found to be full only then."""
    with file.open("rb") as stream:
        try:
            os.fsync(stream.fileno())
        except OSError as error:
            if error.errno not in _CANNOT_WAIT:
                raise


def _refusal(error: Exception, folder: Path) -> OSError | None:
    """Find out whether the system refused to write, when a library failed to.

    While half a file is still there, a full disk refuses a small one, too.
    """
    found = _NUMBER.search(str(error))
    if found:
        return OSError(int(found[1]), os.strerror(int(found[1])))
    if isinstance(error, BionlpError | ArithmeticError | LookupError | TypeError):
        return None
    try:
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(os.urandom(_PROBE))
            stream.flush()
    except OSError as refusal:
        return refusal
    return None


def check_room(file: Path, size: int) -> None:
    """See that a disk has room for a file, for the sake of a library that may not survive it.

    Parameters
    ----------
    file : Path
        The file; it is left empty.
    size : int
        Bytes that it may come to have.

    Raises
    ------
    OSError
        If the system refuses so many.
    """
    with file.open("wb") as stream:
        if size and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(stream.fileno(), 0, size)
        stream.truncate(0)


def make_folder(folder: Path) -> None:
    """Make a folder for results before the work that fills it.

    Parameters
    ----------
    folder : Path
        The folder; missing parents are made too.

    Raises
    ------
    OutputError
        If it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A file system may be read-only for those, too, who are permitted everything.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"cannot write to {folder}: {reason(error)}; choose another folder"
        ) from error


def read_utf8(path: Path, error_class: type[BionlpError]) -> str:
    r"""Read a whole text file as UTF-8, without a byte order mark.

    Line ends are left as they are; split at ``"\n"``, since ``str.splitlines`` also splits at
    characters that occur inside sentences, such as U+0085.

    Parameters
    ----------
    path : Path
        The file.
    error_class : type of BionlpError
        The error to raise.

    Returns
    -------
    str
        The text.

    Raises
    ------
    error_class
        If the file cannot be read or is not UTF-8; in the second case it names the line.
    """
    raw = read_bytes(path, error_class)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise error_class(
            f"{path}, line {line}: not UTF-8; save the file as UTF-8 and try again"
        ) from error


def read_bytes(path: Path, error_class: type[BionlpError]) -> bytes:
    """Read a whole file, with one clear error.

    Parameters
    ----------
    path : Path
        The file.
    error_class : type of BionlpError
        The error to raise.

    Returns
    -------
    bytes
        The content.

    Raises
    ------
    error_class
        If the file is missing or cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise absent(error_class)(f"there is no file {path}; check the path") from error
    except OSError as error:
        raise error_class(f"cannot read {path}: {reason(error)}") from error


def is_file(path: str | Path) -> bool:
    """Tell whether there is a file; no path is too strange to be asked about.

    Parameters
    ----------
    path : str or Path
        Any text.

    Returns
    -------
    bool
        Whether a file of that name can be seen.
    """
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # too long, or with a character U+0000
        return False


def reason(error: OSError) -> str:
    """Say in a few words why the operating system refused.

    Parameters
    ----------
    error : OSError
        What was caught.

    Returns
    -------
    str
        Its text without number and path, in lower case, for the middle of a sentence.
    """
    said = error.strerror or str(error) or type(error).__name__
    found = _NUMBER.search(said)  # libraries tell their life story around it
    return (os.strerror(int(found[1])) if found else said).lower()
