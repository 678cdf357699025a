"""The extension of Sphinx that makes the pages which are not written by hand."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import api_pages
import command_reference
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

OPTIONAL = ("bionlp.attacks.textattack",)
"""Modules that need what is not installed here; autodoc reads them with a mock of it."""


def write(folder: Path, pages: dict[str, str]) -> None:
    """Write pages, and remove those of earlier times; what has not changed is left alone."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.rst"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def make_pages(app: Sphinx) -> None:
    """Write the reference of commands and that of modules.

    All modules are imported first: autodoc edits the annotations of classes that it has read, and
    pydantic cannot make models of those any more.
    """
    for name in api_pages.modules():
        if name not in OPTIONAL:
            import_module(name)
    write(Path(app.srcdir) / "commands", command_reference.pages())
    write(Path(app.srcdir) / "api", api_pages.pages())


def mark_literal_blocks(app: Sphinx, what: str, name: str, thing, options, lines) -> None:
    """Keep formulas and tables of docstrings as they stand; before numpydoc sees them."""
    lines[:] = api_pages.as_literal(lines)


def skip_foreign(app: Sphinx, what: str, name: str, thing, skip: bool, options) -> bool | None:
    """Leave out what Matplotlib and scikit-learn write into classes that inherit from theirs."""
    home = (getattr(thing, "__module__", None) or "").partition(".")[0]
    return True if what == "class" and home in ("matplotlib", "sklearn") else None


def lead_to_address(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Node
) -> nodes.reference | None:
    """Resolve a reference that names the module which defines a name, and not its address."""
    target = node.get("reftarget", "")
    address = api_pages.addresses().get(target)
    if node.get("refdomain") != "py" or not address or address == target:
        owner, _, member = target.rpartition(".")
        address = api_pages.addresses().get(owner)
        if node.get("refdomain") != "py" or not address or address == owner:
            return None
        address = f"{address}.{member}"
    domain = env.domains["py"]
    return domain.resolve_xref(
        env, node["refdoc"], app.builder, node.get("reftype", "obj"), address, node, content
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of all this."""
    app.connect("builder-inited", make_pages)
    app.connect("autodoc-process-docstring", mark_literal_blocks, priority=400)
    app.connect("autodoc-skip-member", skip_foreign)
    app.connect("missing-reference", lead_to_address, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
