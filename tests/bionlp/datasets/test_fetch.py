"""Downloads, against a real server on this machine that can break connections."""

import hashlib
import io
import re
import tarfile
import threading
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bionlp.datasets.fetch import ATTEMPTS, fetch_dataset
from bionlp.datasets.known import DataFile, KnownDataset
from bionlp.datasets.registry import KNOWN
from bionlp.errors import DatasetError, OutputError

PLAIN = bytes(range(256)) * 2000
NEGATIVE, POSITIVE = b"bad\n" * 500, b"good\n" * 500


class Server(ThreadingHTTPServer):
    """Serves ``files`` with Range, unless told to misbehave."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.cut_after = []  # Bytes to send before breaking off, one entry a request.
        self.status = None
        self.ranges = True
        self.requests = Counter()
        self.asked_ranges = []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers GET with the whole file or the part that was asked for."""

    def do_GET(self):
        name = self.path.lstrip("/")
        self.server.requests[name] += 1
        self.server.asked_ranges.append(self.headers.get("Range"))
        if self.server.status or name not in self.server.files:
            return self.send_error(self.server.status or 404)
        content = self.server.files[name]
        start = self._start()
        if start and start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = len(content)
        if self.server.cut_after:
            end = start + self.server.cut_after.pop(0)
        self.wfile.write(content[start:end])
        return None

    def _start(self):
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(asked[1]) if asked and self.server.ranges else 0

    def log_message(self, *args):
        """Keep the test output clean."""


@pytest.fixture
def server():
    """Run a server that has one plain file and one archive."""
    server = Server()
    server.files = {"plain.csv": PLAIN, "pair.tar.gz": _archive(NEGATIVE, POSITIVE)}
    server.files["zipped.zip"] = _zip(NEGATIVE, POSITIVE)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """Make the files known as the datasets ``plain``, ``pair`` and ``zipped``."""
    plain = _file("plain/table.csv", "plain.csv", PLAIN)
    pair = (
        _file("pair/neg", "pair.tar.gz", NEGATIVE, "low.txt"),
        _file("pair/pos", "pair.tar.gz", POSITIVE, "high.txt"),
    )
    zipped = (
        _file("zipped/neg", "zipped.zip", NEGATIVE, "low.txt"),
        _file("zipped/pos", "zipped.zip", POSITIVE, "high.txt"),
    )
    for name, files in (("plain", (plain,)), ("pair", pair), ("zipped", zipped)):
        entry = KnownDataset(name, name, "en", ("low", "high"), "classes", files, "nobody")
        monkeypatch.setitem(KNOWN, name, entry)


def _file(path, name, content, member=None):
    digest = hashlib.sha256(content).hexdigest()
    return DataFile(path, f"https://example.invalid/{name}", digest, len(content), member)


def _archive(negative, positive):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in (("top/low.txt", negative), ("top/high.txt", positive)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def _zip(negative, positive, encrypted=False):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("top/", "")
        # Another one of that name, as GLUE's archives have.
        archive.writestr("top/original/low.txt", b"other\n")
        archive.writestr("top/low.txt", negative)
        archive.writestr("top/high.txt", positive)
    content = bytearray(stream.getvalue())
    if encrypted:
        for start in (b"PK\x03\x04", b"PK\x01\x02"):
            for found in re.finditer(re.escape(start), stream.getvalue()):
                content[found.start() + (6 if start[2] == 3 else 8)] |= 1
    return bytes(content)


def _fetch(name, folder, server, **options):
    return fetch_dataset(name, folder, mirror=server.address, pause=0.0, **options)


def _files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_plain_file(server, tmp_path):
    calls = []
    written = _fetch("plain", tmp_path, server, progress=lambda *call: calls.append(call))
    assert written == [tmp_path / "plain/table.csv"]
    assert written[0].read_bytes() == PLAIN
    assert _files(tmp_path) == ["plain/table.csv"]
    assert calls[-1] == ("plain.csv", len(PLAIN), len(PLAIN))
    assert [done for _, done, _ in calls] == sorted(done for _, done, _ in calls)


def test_an_archive(server, tmp_path):
    _fetch("pair", tmp_path, server)
    assert (tmp_path / "pair/neg").read_bytes() == NEGATIVE
    assert (tmp_path / "pair/pos").read_bytes() == POSITIVE
    assert _files(tmp_path) == ["pair/neg", "pair/pos"]
    assert server.requests["pair.tar.gz"] == 1


def test_a_zip_archive(server, tmp_path):
    _fetch("zipped", tmp_path, server)
    assert (tmp_path / "zipped/neg").read_bytes() == NEGATIVE
    assert (tmp_path / "zipped/pos").read_bytes() == POSITIVE
    assert _files(tmp_path) == ["zipped/neg", "zipped/pos"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_zip(NEGATIVE, POSITIVE[::-1]), "wrong checksum for zipped/pos"),
        (_zip(NEGATIVE, b"short"), "has no file high.txt of 2500 bytes"),
        (_zip(NEGATIVE, POSITIVE)[:60], "is not a whole archive"),
        (_zip(NEGATIVE, POSITIVE, encrypted=True), "is not a whole archive"),
        (_zip(NEGATIVE, POSITIVE).replace(b"PK\x03\x04", b"PK\x03\x05"), "not a whole archive"),
    ],
    ids=["another file", "a short file", "cut off", "encrypted", "damaged"],
)
def test_a_wrong_zip_archive_keeps_nothing(content, message, server, tmp_path):
    server.files["zipped.zip"] = content
    with pytest.raises(DatasetError, match=message):
        _fetch("zipped", tmp_path, server)
    assert _files(tmp_path) == []


def test_what_is_there_is_not_downloaded_again(server, tmp_path):
    _fetch("plain", tmp_path, server)
    assert _fetch("plain", tmp_path, server) == []
    (tmp_path / "plain/table.csv").write_text("damaged")
    assert len(_fetch("plain", tmp_path, server)) == 1
    assert server.requests["plain.csv"] == 2


def test_a_broken_connection_is_resumed(server, tmp_path):
    server.cut_after = [100_000, 150_000]
    _fetch("plain", tmp_path, server)
    assert (tmp_path / "plain/table.csv").read_bytes() == PLAIN
    assert server.asked_ranges == [None, "bytes=100000-", "bytes=250000-"]


def test_the_next_run_resumes(server, tmp_path):
    server.cut_after = [1000] * ATTEMPTS
    with pytest.raises(DatasetError, match=r"connection broke after 4000 of 512000 bytes\).*--mir"):
        _fetch("plain", tmp_path, server)
    assert _files(tmp_path) == ["plain/plain.csv.part"]
    _fetch("plain", tmp_path, server)
    assert server.asked_ranges[-1] == "bytes=4000-"
    assert _files(tmp_path) == ["plain/table.csv"]


def test_a_server_without_ranges(server, tmp_path):
    server.ranges = False
    server.cut_after = [1000]
    _fetch("plain", tmp_path, server)
    assert (tmp_path / "plain/table.csv").read_bytes() == PLAIN


@pytest.mark.parametrize("left", [b"other version", PLAIN, PLAIN + b"more"])
def test_what_an_earlier_run_left(left, server, tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/plain.csv.part").write_bytes(left)
    _fetch("plain", tmp_path, server)
    assert (tmp_path / "plain/table.csv").read_bytes() == PLAIN
    assert _files(tmp_path) == ["plain/table.csv"]


def test_a_wrong_checksum_keeps_nothing(server, tmp_path):
    server.files["plain.csv"] = PLAIN[::-1]
    with pytest.raises(DatasetError, match=r"wrong checksum for plain/table.csv and was not kept"):
        _fetch("plain", tmp_path, server)
    assert _files(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_archive(NEGATIVE, POSITIVE[::-1]), "wrong checksum for pair/pos"),
        (_archive(NEGATIVE, b"short"), "has no file high.txt of 2500 bytes"),
        (_archive(NEGATIVE, POSITIVE)[:60], "is not a whole archive"),
        (b"<html>moved</html>", "is not a whole archive"),
    ],
    ids=["another file", "a short file", "cut off", "a page"],
)
def test_a_wrong_archive_keeps_nothing(content, message, server, tmp_path):
    server.files["pair.tar.gz"] = content
    with pytest.raises(DatasetError, match=message):
        _fetch("pair", tmp_path, server)
    assert _files(tmp_path) == []


def test_a_missing_file_is_asked_for_once(server, tmp_path):
    del server.files["plain.csv"]
    with pytest.raises(DatasetError, match="the server says 404"):
        _fetch("plain", tmp_path, server)
    assert server.requests["plain.csv"] == 1


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.status = 503
    with pytest.raises(DatasetError, match="the server says 503"):
        _fetch("plain", tmp_path, server)
    assert server.requests["plain.csv"] == ATTEMPTS


def test_no_server(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(DatasetError, match=r"cannot download .*refused\); check the connection"):
        _fetch("plain", tmp_path, server)


def test_a_folder_that_cannot_be_written(server, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(OutputError, match="cannot write .*--data-dir"):
        _fetch("plain", blocker, server)


def test_an_unknown_name_and_a_wrong_mirror(tmp_path):
    with pytest.raises(DatasetError, match="unknown dataset 'imdb'"):
        fetch_dataset("imdb", tmp_path)
    with pytest.raises(DatasetError, match="must begin with http"):
        fetch_dataset("plain", tmp_path, mirror="file:///tmp")
