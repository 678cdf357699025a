"""Downloading the known datasets from where they were published.

A download grows in ``NAME.part`` beside its target. If the connection breaks, the next attempt, or
the next run, asks the server for the rest by an HTTP Range. What has arrived is then compared with
the SHA-256 that the registry knows, and only what agrees is given its real name, so a file
that is there is whole and is the published one.
"""

import contextlib
import hashlib
import http.client
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath

from bionlp.datasets.known import DataFile, KnownDataset
from bionlp.datasets.loading import data_folder
from bionlp.datasets.registry import KNOWN
from bionlp.errors import DatasetError, OutputError
from bionlp.files import atomic_path, reason

Progress = Callable[[str, int, int | None], None]

ATTEMPTS = 4
_TIMEOUT_SECONDS = 30.0
_CHUNK_BYTES = 1 << 16
_RANGE_NOT_SATISFIABLE = 416
_TOO_MANY_REQUESTS = 429
# The last is what zipfile says of members that are encrypted, or compressed in a way it lacks.
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError)


def fetch_dataset(
    name: str,
    data_dir: Path | None = None,
    *,
    mirror: str | None = None,
    progress: Progress | None = None,
    pause: float = 1.0,
) -> list[Path]:
    """Download the files of a known dataset that are not there yet.

    Parameters
    ----------
    name : str
        A name in :data:`bionlp.datasets.registry.KNOWN`.
    data_dir : Path, optional
        The data folder; see :func:`bionlp.datasets.loading.data_folder`.
    mirror : str, optional
        An ``http`` or ``https`` address that has all published files side by side under their
        own names; the public addresses by default.
    progress : callable, optional
        Called with the name of the file that is being downloaded, the bytes that are there and
        the bytes that there will be (``None`` if the server does not say).
    pause : float, optional
        Seconds before the second attempt; twice as long before each further one.

    Returns
    -------
    list of Path
        The files that were written; empty if all were there.

    Raises
    ------
    DatasetError
        If the name is unknown, the files are published nowhere as they are, the server cannot be
        reached, or what it sends has the wrong checksum; nothing of that is kept.
    OutputError
        If the folder cannot be written.
    """
    known = known_dataset(name)
    folder = data_folder(data_dir)
    _check_mirror(mirror)
    missing = [file for file in known.files if not _is_intact(folder / file.path, file)]
    _check_published(known, missing, folder)
    written = []
    for url, group in groupby(missing, key=lambda file: file.url):
        files = list(group)
        published = PurePosixPath(url).name
        address = url if mirror is None else f"{mirror.rstrip('/')}/{published}"
        part = (folder / files[0].path).with_name(f"{published}.part")
        contents = _obtain(address, part, files, progress, pause)
        for file, content in zip(files, contents, strict=True):
            with atomic_path(folder / file.path) as temporary:
                temporary.write_bytes(content)
            written.append(folder / file.path)
        _remove(part)
    return written


def known_dataset(name: str) -> KnownDataset:
    """Look up a known dataset.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    KnownDataset
        Its entry in the registry.

    Raises
    ------
    DatasetError
        If there is none of this name.
    """
    if name not in KNOWN:
        raise DatasetError(f"unknown dataset {name!r}; choose one of {', '.join(KNOWN)}")
    return KNOWN[name]


def _check_mirror(mirror: str | None) -> None:
    if mirror is not None and not mirror.startswith(("http://", "https://")):
        raise DatasetError(f"the mirror {mirror!r} must begin with http:// or https://")


def _check_published(known: KnownDataset, missing: Sequence[DataFile], folder: Path) -> None:
    nowhere = [str(folder / file.path) for file in missing if file.url is None]
    if nowhere:
        raise DatasetError(
            f"{known.name} cannot be downloaded, and {' and '.join(nowhere)} are missing or not "
            f"the known ones: {known.by_hand}; put them there"
        )


def _is_intact(path: Path, file: DataFile) -> bool:
    try:
        return _digest(path.read_bytes()) == file.sha256
    except OSError:
        return False


def _obtain(
    address: str, part: Path, files: Sequence[DataFile], progress: Progress | None, pause: float
) -> list[bytes]:
    """Download one address until its content is the published one."""
    while True:
        left_over = _size(part) > 0
        _download(address, part, progress, pause)
        try:
            return [_verified(part, file, address) for file in files]
        except DatasetError:
            _remove(part)
            # What an earlier run left may be of another version: that deserves a fresh start.
            if not left_over:
                raise


def _download(address: str, part: Path, progress: Progress | None, pause: float) -> None:
    failure: Exception = ConnectionError("it was not tried")
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause * 2 ** (attempt - 1))
        try:
            return _transfer(address, part, progress)
        except urllib.error.HTTPError as error:
            if error.code == _RANGE_NOT_SATISFIABLE and _size(part) > 0:
                return None  # Nothing is missing; the checksum will tell whether it is right.
            failure = error
            if error.code < 500 and error.code != _TOO_MANY_REQUESTS:
                break
        except OutputError:
            raise
        except (http.client.HTTPException, OSError) as error:
            failure = error
    raise DatasetError(
        f"cannot download {address} ({_cause(failure)}); check the connection, or give the "
        "address of a copy with --mirror"
    ) from failure


def _transfer(address: str, part: Path, progress: Progress | None) -> None:
    """Append what is missing of a file; raises OSError or HTTPException if the network fails."""
    have = _size(part)
    headers = {"User-Agent": "bionlp"} | ({"Range": f"bytes={have}-"} if have else {})
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
        if not _continues(response, have):
            have = 0
        length = response.headers.get("Content-Length")
        total = None if length is None else have + int(length)
        with _writing(part):
            part.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered, so that a full disk shows at the write and not at closing.
            stream = part.open("ab" if have else "wb", buffering=0)
        with stream:
            while chunk := response.read(_CHUNK_BYTES):
                with _writing(part):
                    stream.write(chunk)
                have += len(chunk)
                if progress:
                    progress(PurePosixPath(address).name, have, total)
    if total is not None and have < total:
        raise ConnectionError(f"the connection broke after {have} of {total} bytes")


def _continues(response: http.client.HTTPResponse, have: int) -> bool:
    """Tell whether a server sends the rest that was asked for, and not the whole file."""
    partial = response.status == http.HTTPStatus.PARTIAL_CONTENT
    return partial and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _verified(part: Path, file: DataFile, address: str) -> bytes:
    content = part.read_bytes() if file.member is None else _member(part, file, address)
    if _digest(content) != file.sha256:
        raise DatasetError(
            f"{address} has the wrong checksum for {file.path} and was not kept; it may have "
            "changed: try another --mirror"
        )
    return content


def _member(part: Path, file: DataFile, address: str) -> bytes:
    """Read one member of an archive; its folders do not matter, and nothing is unpacked."""
    try:
        found = (_of_zip if zipfile.is_zipfile(part) else _of_tar)(part, file)
    except _DAMAGED as error:
        raise DatasetError(
            f"{address} is not a whole archive ({error}) and was not kept; try another --mirror"
        ) from error
    if found is None:
        raise DatasetError(
            f"{address} has no file {file.member} of {file.size} bytes and was not kept; it may "
            "have changed: try another --mirror"
        )
    return found


def _of_tar(part: Path, file: DataFile) -> bytes | None:
    with tarfile.open(part) as archive:
        for member in archive:
            if PurePosixPath(member.name).name == file.member and member.size == file.size:
                stream = archive.extractfile(member)
                if stream is not None:
                    return stream.read()
    return None


def _of_zip(part: Path, file: DataFile) -> bytes | None:
    with zipfile.ZipFile(part) as archive:
        for member in archive.infolist():
            name = PurePosixPath(member.filename).name
            # What a member declares is no more than it is read to.
            if name == file.member and member.file_size == file.size:
                return archive.read(member)
    return None


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell a disk that refuses from a network that does: both are an OSError."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {reason(error)}; choose another folder with --data-dir"
        ) from error


def _remove(part: Path) -> None:
    with _writing(part):
        part.unlink(missing_ok=True)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _cause(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server says {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, OSError):
        return reason(error.reason)
    return reason(error) if isinstance(error, OSError) else type(error).__name__
