"""The documentation holds all that it should: names, commands, pages, links, examples.

What is made while pages are built is asked for here without building them.
"""

import ast
import importlib.util
import inspect
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MADE = ("api", "commands", "gallery", "_build")
"""Folders of pages that are made by building."""
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.relative_to(DOCS).parts[0] not in MADE)
WRITTEN = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "RESULTS.md")] + PAGES


def load(name):
    """Import a module of ``docs/extensions``."""
    path = DOCS / "extensions" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"docs_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def api():
    return load("api_pages").pages()


def public_names():
    """Yield the module and name of each public class and function, from the files."""
    for package in ("networks", "analysis", "bionlp"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            private = any(part.startswith("_") and part != "__init__" for part in parts)
            if private or parts[:2] == ("bionlp", "cli"):
                continue
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                named = isinstance(node, ast.ClassDef | ast.FunctionDef)
                if named and not node.name.startswith("_"):
                    yield node.name


def test_every_public_name_is_in_the_reference(api):
    text = "\n".join(api.values())
    shown = set(re.findall(r"^\.\. auto(?:class|function):: \S+\.(\w+)$", text, re.MULTILINE))
    names = set(public_names())
    assert len(names) > 900
    assert names <= shown, sorted(names - shown)


def test_the_table_of_a_package_has_the_names_that_it_offers_and_no_other(api):
    entries = set(
        re.findall(r"^\.\. auto(?:class|function):: (\S+)", "\n".join(api.values()), re.M)
    )
    tables = 0
    for name, page in api.items():
        package = importlib.import_module(name)
        rows = dict(re.findall(r"^   \* - :py:obj:`(\w+) <(\S+)>`$", page, re.MULTILINE))
        assert list(rows) == [each for each in getattr(package, "__all__", ()) if each[0] != "_"]
        tables += bool(rows)
        for each, address in rows.items():
            offered = getattr(package, each)
            if inspect.isclass(offered) or inspect.isroutine(offered):
                assert address in entries, (name, each)
    assert tables >= 15


def test_a_name_has_one_address(api):
    entries = re.findall(
        r"^\.\. auto\w+:: (\S+)\n(?!   :no-members)", "\n".join(api.values()), re.M
    )
    data = re.findall(r"^\.\. py:data:: (\S+)\n   :module: (\S+)", "\n".join(api.values()), re.M)
    entries += [f"{module}.{name}" for name, module in data]
    assert "networks.brian.backends.BACKENDS" in entries
    assert len(entries) == len(set(entries))
    assert "networks.brian.BrianNetwork" in entries
    assert "networks.brian.network.BrianNetwork" not in entries


def test_every_command_and_option_is_in_the_reference():
    from typer.main import get_command

    from bionlp.cli import app

    pages = load("command_reference").pages()

    def walk(words, command):
        page = pages["-".join(words)]
        for parameter in command.params:
            if parameter.param_type_name == "option" and not getattr(parameter, "hidden", False):
                assert f".. option:: {parameter.opts[0]}" in page, (words, parameter.opts)
        for name, inner in getattr(command, "commands", {}).items():
            assert f"<{'-'.join((*words, name))}>" in page
            walk((*words, name), inner)

    walk(("bionlp",), get_command(app))
    assert "bionlp simulate mr" in pages["bionlp-simulate"]


def test_text_of_the_program_is_no_markup():
    escaped = load("command_reference").escaped
    assert escaped("maps=*_|`x`") == r"maps=\*\_\|\`x\`"


def test_every_page_is_in_a_table_of_contents():
    listed = {"index"}
    for page in PAGES:
        folder = page.parent.relative_to(DOCS)
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for line in tree.splitlines():
                line = line.partition("<")[2].rstrip(">") or line
                if line and not line.startswith(":"):
                    path = line.lstrip("/") if line.startswith("/") else str(folder / line)
                    listed.add(Path(path).as_posix())
    there = {page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES}
    assert there <= listed, there - listed
    missing = {name for name in listed - there if name.split("/")[0] not in MADE}
    assert not missing


def places(text):
    """Return the anchors of a page's headings, as Markdown makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.M)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(((?!https?:)[^)\s]+)\)", text):
        path, _, place = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if found.is_relative_to(DOCS) and found.relative_to(DOCS).parts[0] in MADE:
            kind, *rest = found.relative_to(DOCS).parts
            name = rest[0].partition(".")[0]
            if kind == "gallery" and name != "index":
                assert (ROOT / "examples" / f"{name}.py").exists(), target
            continue
        assert found.exists(), target
        assert not place or place in places(found.read_text("utf-8")), target


def test_the_gallery_shows_every_example():
    pytest.importorskip("sphinx_gallery")
    order = load("pictures").ReadingOrder.ORDER
    assert set(order) == {path.stem for path in (ROOT / "examples").glob("*.py")}
    assert len(order) >= 10


def test_indented_blocks_of_docstrings_stay_as_they_are():
    as_literal = load("api_pages").as_literal
    lines = [
        "The idea:",
        "",
        "    a = b",
        "",
        "    c = d",
        "",
        "Parameters",
        "----------",
        "x : int",
    ]
    assert as_literal(lines) == [*lines[:2], "::", "", *lines[2:]]
    known = ["Parameters", "----------", "x : int", "    First.", "", "    Second."]
    assert as_literal(known) == known


def test_links_of_built_pages_are_looked_at(tmp_path):
    broken_links = load("site_links").broken_links
    (tmp_path / "a.html").write_text('<a href="b.html#here">x</a><a href="https://e.org">y</a>')
    (tmp_path / "b.html").write_text('<h1 id="here">x</h1><img src="c.png"><a href="#no">z</a>')
    assert broken_links(tmp_path) == ["b.html: #no", "b.html: c.png"]


def test_inventories_are_those_that_can_be_had(tmp_path):
    inventories = load("inventories")
    (tmp_path / "brian2.inv").touch()
    found, missing = inventories.mapping(tmp_path)
    assert found == {"brian2": (inventories.SITES["brian2"], str(tmp_path / "brian2.inv"))}
    assert set(missing) == set(inventories.SITES) - {"brian2"}


def test_the_formats_are_of_the_versions_that_the_page_says():
    from bionlp import encoding
    from bionlp.checkpoint import calibration, schema
    from bionlp.recording import FORMAT, VERSION

    page = (DOCS / "reference" / "formats.md").read_text("utf-8")
    assert f"`{schema.FORMAT}`, {schema.VERSION} |" in page
    assert f"`{calibration.FORMAT}`, {calibration.VERSION} |" in page
    assert f"`{FORMAT}`, {VERSION} |" in page
    assert f"`encoding_version` in recordings | {encoding.VERSION} |" in page
