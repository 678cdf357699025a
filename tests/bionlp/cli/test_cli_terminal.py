"""Any text, any terminal: brackets, control characters, encodings, full and closed output."""

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from bionlp.checkpoint import load_classifier, save_classifier
from bionlp.cli import main
from bionlp.cli.streams import Results, encodable, standard_streams
from bionlp.engine import Engine
from bionlp.errors import OutputError, TextError
from bionlp.recording import open_recording
from bionlp.simulation import simulate
from bionlp.text import check_text, printable, shown
from bionlp.vocabulary import Vocabulary

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs /dev/full and pipes of POSIX")

HOSTILE = {
    "a word in brackets": "a good [sic] film",
    "closing markup": "good film [/red]",
    "opening markup": "[bold]good[/] [link=x]film[/link] \\[x]",
    "emoji by name": "good :smile: film",
    "emoji": "good 👩‍👩‍👧 film 🎬",
    "escapes of a terminal": "good \x1b[31m\x1b]0;title\x07 film",
    "carriage return and bell": "good\rbad\x07\x08film",
    "line breaks": "good\nfilm\u2028a\x85b",
    "right to left": "good \u202efilm\u202c \u200f שלום",
    "combining": "good f\u0300\u0301\u0302ilm",
    "formula": "good $\\frac{film$ 5$",
    "html": "good </script><b>film</b> &amp; {{ x }} {% x %}",
    "format": "good {film} %s %d {0}",
    "quotes": "good \"film\" 'a' `b` ''c''",
    "wide": "good ＦＩＬＭ 电影",
    "not a character": "good \ufffe\uffff film",
    "long word": "good " + "x" * 100_000,
    "many words": "good film " * 10_000,
}
SILENT = {
    "empty": "",
    "blank": " \t\u3000\u00a0 ",
    "punctuation": "?!... --- ,,, []{}()",
    "unknown": "zyzzyva " * 20_000,
    "U+0000": "good\0film",
    "half a character": "good \ud83d film",
    "bytes": "good \udcff film",
}


@pytest.fixture(scope="module")
def odd(make_classifier, tmp_path_factory):
    """Return the folder of a small model, quick to simulate."""
    classifier = make_classifier()
    folder = tmp_path_factory.mktemp("models") / "odd"
    training = {"settings": {"steps": 10}}
    save_classifier(replace(classifier, training=training), folder)
    return folder


@pytest.fixture(scope="module")
def chinese(make_classifier, tmp_path_factory):
    """Return a small model that knows Chinese words, and has Chinese labels."""
    classifier = make_classifier()
    folder = tmp_path_factory.mktemp("models") / "zh"
    words = Vocabulary(("味道", "很", "好", "é", "不"))
    changed = replace(classifier, language="zh", vocabulary=words, label_names=("差", "好é"))
    save_classifier(replace(changed, training={"settings": {"steps": 10}}), folder)
    return folder


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that runs ``bionlp`` with another standard output, and gives its code."""

    def run_with(stdout, *arguments):
        monkeypatch.setattr(sys, "argv", ["bionlp", *map(str, arguments)])
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stdout)
            with pytest.raises(SystemExit) as stop:
                main()
        return stop.value.code or 0, capsys.readouterr().err

    return run_with


def stream(encoding):
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def written(stdout):
    stdout.flush()
    return stdout.buffer.getvalue().decode(stdout.encoding)


def test_hostile_texts_in_a_table_in_three_encodings(run, odd):
    for encoding in ("utf-8", "latin-1", "ascii"):
        stdout = stream(encoding)
        code, err = run(stdout, "simulate", odd, *HOSTILE.values())
        assert code == 0, err
        out = written(stdout)
        assert "Traceback" not in err
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out), encoding
        for number, text in enumerate(HOSTILE.values(), start=1):
            (line,) = [line for line in out.splitlines() if f"odd-{number:02d}" in line]
            # A column cuts long sentences, but not before this.
            beginning = encodable(printable(text), encoding)[:12].rstrip()
            assert beginning in line


def test_hostile_texts_as_json_in_three_encodings(run, odd):
    for encoding in ("utf-8", "latin-1", "ascii"):
        stdout = stream(encoding)
        code, err = run(stdout, "simulate", odd, *HOSTILE.values(), "--json")
        assert code == 0, err
        document = json.loads(written(stdout))
        assert [entry["text"] for entry in document] == list(HOSTILE.values())
        assert max(map(len, err.splitlines())) < 1000


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_texts_that_say_nothing_are_refused_before_anything_is_done(
    run, odd, tmp_path, name, as_json
):
    stdout = stream("utf-8")
    arguments = ("simulate", odd, "a good film", SILENT[name], "--out", tmp_path / "out")
    code, err = run(stdout, *arguments, *as_json)
    assert code == 3
    (line,) = [line for line in err.splitlines() if not line.startswith("warning: ")]
    assert line.startswith("error: ")
    assert len(line) < 300
    assert written(stdout) == ""
    assert not (tmp_path / "out").exists()


def test_hostile_texts_become_figures_recordings_and_pages(cli, odd, tmp_path):
    names = ("escapes of a terminal", "formula", "long word")
    texts = [HOSTILE[name] for name in names]
    code, _, err = cli("simulate", odd, *texts, "--out", tmp_path)
    assert code == 0, err
    found = [open_recording(file) for file in sorted(tmp_path.glob("*/recording.nc"))]
    assert [recording.attrs["text"] for recording in found] == texts
    for name in ("html", "many words"):
        page = tmp_path / "page.html"
        code, _, err = cli("report", odd, "--text", HOSTILE[name], "--out", page)
        assert code == 0, err
        assert "<b>film" not in page.read_text(encoding="utf-8")


def test_a_bad_line_of_a_file_costs_no_simulation(cli, odd, tmp_path):
    for content in (b"a good film\ngood \x00 film\n", b"a good film\n\xff\n"):
        (tmp_path / "texts.txt").write_bytes(content)
        code, out, err = cli("simulate", odd, "--file", tmp_path / "texts.txt")
        assert (code, out) == (3, "")
        assert "Traceback" not in err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-8"])
def test_chinese_on_any_terminal(run, chinese, encoding):
    plain, document = stream(encoding), stream(encoding)
    for stdout, option in ((plain, "--seed=0"), (document, "--json")):
        code, err = run(stdout, "simulate", chinese, "味道很好 é", option)
        assert code == 0, err
    assert encodable("味道很好 é", encoding) in written(plain)
    entry = json.loads(written(document))[0]
    assert (entry["text"], list(entry["counts"])) == ("味道很好 é", ["差", "好é"])


def test_help_is_plain_where_lines_cannot_be_drawn(run):
    stdout = stream("ascii")
    assert run(stdout, "--help")[0] == 0
    assert "\\u" not in written(stdout)
    assert "simulate" in written(stdout)


def commands(odd, table):
    return {
        "simulate": ("simulate", odd, "a good film"),
        "simulate --json": ("simulate", odd, "a good film", "--json"),
        "validate": ("validate", odd, "--dataset", table, "--limit=1"),
        "validate --json": ("validate", odd, "--dataset", table, "--limit=1", "--json"),
        "evaluate": ("evaluate", odd, "--dataset", table),
        "evaluate --json": ("evaluate", odd, "--dataset", table, "--json"),
        "report": ("report", odd, "--text=a good film", "--out", table.with_name("page.html")),
        "data list": ("data", "list"),
        "data list --json": ("data", "list", "--json"),
        "doctor": ("doctor",),
        "--help": ("--help",),
        "simulate --help": ("simulate", "--help"),
        "--version": ("--version",),
    }


@POSIX
@pytest.mark.parametrize("name", commands("", __import__("pathlib").Path("t")))
def test_output_that_is_full_or_closed(run, odd, movies, monkeypatch, tmp_path, name):
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))  # listed at once
    table = tmp_path / "table.csv"
    table.write_text("label,text\n0,a bad film\n1,a good story\n")
    arguments = commands(odd, table)[name]
    with open("/dev/full", "w", encoding="utf-8") as full:
        code, err = run(full, *arguments)
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert code == 9, err
    assert len(errors) == 1
    assert "cannot write to standard output: no space left on device" in errors[0]
    assert "Traceback" not in err
    for stdout in (closed_pipe(), None):
        code, err = run(stdout, *arguments)
        assert code == 9, err
        assert "error" not in err
        assert "Traceback" not in err


def closed_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w", encoding="utf-8")


@POSIX
@pytest.mark.parametrize(
    ("line", "code", "errors"),
    [
        ("{} --version > /dev/full", 9, 1),
        ("{} --help > /dev/full", 9, 1),
        ("{} data list --json >&-", 9, 0),
        ("{} data list --json 2>&- | cat > /dev/null; exit ${{PIPESTATUS[0]}}", 0, 0),
        ("{} data list --json | true; exit ${{PIPESTATUS[0]}}", 9, 0),
        pytest.param("{} simulate '' >&- 2> /dev/full", 3, 0, marks=pytest.mark.slow),
        ("{} simulate {model} $'good \\xff film'", 3, 1),
        pytest.param(
            "{} simulate {model} 'a good film' --out $'{out}/\\xff' | cat",
            0,
            0,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_shells(odd, movies, monkeypatch, tmp_path, line, code, errors):
    monkeypatch.setenv("BIONLP_DATA_DIR", str(movies))  # listed at once
    command = line.format(f"{sys.executable} -m bionlp", model=odd, out=tmp_path)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    said = [line for line in done.stderr.splitlines() if not line.startswith("recordings and")]
    assert len(said) == errors, done.stderr


def test_a_stream_gives_back_what_it_replaces(monkeypatch):
    before = sys.stdout, sys.stderr, list(sys.argv)
    with pytest.raises(ZeroDivisionError), standard_streams():
        assert isinstance(sys.stdout, Results)
        raise ZeroDivisionError
    assert (sys.stdout, sys.stderr, sys.argv) == before


def test_bytes_are_no_text():
    with pytest.raises(TypeError):
        Results(stream("utf-8")).write(b"x")
    with pytest.raises(OutputError):
        Results(None).write("x")
    Results(None).write("")


def test_texts_from_python(odd):
    classifier = load_classifier(odd)
    (recording,) = simulate(classifier, np.array(["a good film"]), engine=Engine("numpy"))
    assert type(recording.attrs["text"]) is str
    for wrong, said in (
        (b"good", "not bytes"),
        (None, "not NoneType"),
        (np.bytes_(b"good"), "not bytes_"),
        ("good \0", "U+0000"),
        ("good \ud800", "not UTF-8, at its character 6"),
    ):
        with pytest.raises(TextError, match=re.escape(said)):
            simulate(classifier, [wrong], engine=Engine("numpy"))


def test_a_long_text_is_shown_by_its_beginning():
    assert shown("x" * 100) == repr("x" * 60) + "... (100 characters)"
    assert check_text(np.str_("好")) == "好"
    assert printable("a\x1b[0m\n\x9b\u2028é\u202e") == "a\\x1b[0m\\n\\x9b\\u2028é\u202e"
