"""A page of the reference for each package, made from its modules themselves.

Every public name stands at one address. That is the shortest package that lists it in ``__all__``
(``networks.brian.BrianNetwork``), and else the module that defines it. References that name the
defining module of such a name lead to that address, too. The top packages are tables of names that
stand elsewhere.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("networks", "analysis", "bionlp")
COMMAND_LINE = "bionlp.cli"
"""What the command reference tells."""
WIDEST_VALUE = 90
"""Characters of a constant's value that are shown."""
OWNERS = 2
"""Parts that the name of a package has at least, to be the address of what it lists."""


@dataclass(frozen=True)
class Constant:
    """A public name of a module that is neither a class nor a function."""

    name: str
    value: str
    text: str


def modules() -> list[str]:
    """Return the names of all public modules, packages before what is in them."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if "._" not in name and not f"{name}.".startswith(f"{COMMAND_LINE}."):
                found.append(name)
    return sorted(found)


def is_package(module: str) -> bool:
    """Tell a package from a module."""
    return (ROOT / module.replace(".", "/") / "__init__.py").exists()


@lru_cache(maxsize=1)
def addresses() -> Mapping[str, str]:
    """Return the address of each class and function by the place that defines it.

    Returns
    -------
    mapping of str to str
        From ``networks.brian.network.BrianNetwork`` to ``networks.brian.BrianNetwork``.
    """
    found = {}
    for name in modules():
        for defined in definitions(name):
            found[f"{name}.{defined}"] = f"{name}.{defined}"
    packages = [name for name in modules() if name.count(".") + 1 >= OWNERS and is_package(name)]
    # The shortest is the last to write.
    for name in sorted(packages, key=lambda name: -name.count(".")):
        for listed in _listed(name):
            home = home_of(getattr(import_module(name), listed))
            if home in found:
                found[home] = f"{name}.{listed}"
    return found


def home_of(thing: object) -> str:
    """Return where a class or function is defined; empty for all else."""
    if not (inspect.isclass(thing) or inspect.isroutine(thing)):
        return ""
    return f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', '')}"


@cache
def _body(module: str) -> list[ast.stmt]:
    """Return the statements of a module, which is not imported for it."""
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if is_package(module) else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8")).body


def definitions(module: str) -> dict[str, type[ast.stmt]]:
    """Return the public classes and functions that a module defines, in their order."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = {node.name: type(node) for node in _body(module) if isinstance(node, kinds)}
    return {name: kind for name, kind in found.items() if not name.startswith("_")}


def constants(module: str) -> Iterator[Constant]:
    """Yield the public constants of a module, each with the text behind it."""
    body = _body(module)
    for node, behind in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        text = ""
        if isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant):
            text = inspect.cleandoc(str(behind.value.value))
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for name, value in (pair for target in targets for pair in _pairs(target, node.value)):
            if not name.startswith("_"):
                yield Constant(name, ast.unparse(value), text)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[str, ast.expr]]:
    """Part an assignment to several names."""
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    if isinstance(target, ast.Tuple):
        values = value.elts if isinstance(value, ast.Tuple) else [value] * len(target.elts)
        pairs = zip(target.elts, values, strict=True)
        return [(name.id, each) for name, each in pairs if isinstance(name, ast.Name)]
    return []


def pages() -> dict[str, str]:
    """Return the text of each page, in reStructuredText, by the name of its package."""
    return {name: "\n".join(_page(name)) for name in modules() if is_package(name)}


def _page(name: str) -> Iterator[str]:
    yield from (name, "=" * len(name), "", f".. automodule:: {name}", "   :no-members:", "")
    if _listed(name):
        yield from _table(name)
    inner = [other for other in modules() if other.rpartition(".")[0] == name]
    packages = [other for other in inner if is_package(other)]
    if packages:
        yield from (".. rubric:: Packages in it", "", ".. toctree::", "   :maxdepth: 1", "")
        yield from (f"   {other}" for other in packages)
        yield ""
    yield from _members(name)
    for module in inner:
        if module not in packages:
            yield from (module, "-" * len(module), "")
            yield from (f".. automodule:: {module}", "   :no-members:", "")
            yield from _members(module)


def _members(module: str) -> Iterator[str]:
    """Yield what stands under the name of a module."""
    for address in _held(module):
        yield from _entry(address)
    for constant in constants(module):
        yield from _constant(module, constant)


@cache
def _listed(name: str) -> list[str]:
    """Return the names in ``__all__``."""
    assigned = [node for node in _body(name) if isinstance(node, ast.Assign)]
    if "__all__" not in {ast.unparse(target) for node in assigned for target in node.targets}:
        return []
    return [each for each in import_module(name).__all__ if not each.startswith("_")]


def _held(name: str) -> list[str]:
    """Return the addresses that lie in a module."""
    inside = [address for address in addresses().values() if address.rpartition(".")[0] == name]
    return list(dict.fromkeys(inside))


def _table(name: str) -> Iterator[str]:
    """Yield a table of the names that a package offers, with links."""
    package = import_module(name)
    yield from (".. rubric:: Names", "", ".. list-table::", "   :widths: 35 65", "")
    for each in _listed(name):
        thing = getattr(package, each)
        target = addresses().get(home_of(thing))
        doc = inspect.getdoc(thing) if target else ""
        if not target:
            target, doc = _constant_of(name, each)
        summary = " ".join((doc or "").partition("\n\n")[0].split())
        yield f"   * - :py:obj:`{each} <{target}>`"
        yield f"     - {summary}"
    yield ""


def _constant_of(package: str, name: str) -> tuple[str, str]:
    """Return the address and the text of a constant that a package takes from a module."""
    value = getattr(import_module(package), name)
    top = package.partition(".")[0]
    for module in [package, *(other for other in modules() if other.startswith(f"{top}."))]:
        for constant in constants(module):
            if constant.name == name and getattr(import_module(module), name) is value:
                return f"{module}.{name}", constant.text
    return f"{package}.{name}", ""


@lru_cache(maxsize=1)
def _classes() -> frozenset[str]:
    """Return the addresses of all classes."""
    return frozenset(
        addresses()[f"{module}.{name}"]
        for module in modules()
        for name, kind in definitions(module).items()
        if kind is ast.ClassDef
    )


def _entry(address: str) -> Iterator[str]:
    if address in _classes():
        yield from (f".. autoclass:: {address}", "   :members:", "   :show-inheritance:", "")
    else:
        yield from (f".. autofunction:: {address}", "")


def _constant(module: str, constant: Constant) -> Iterator[str]:
    yield from (f".. py:data:: {constant.name}", f"   :module: {module}")
    if len(constant.value) <= WIDEST_VALUE:
        yield f"   :value: {constant.value}"
    yield ""
    yield from (f"   {line}" if line else "" for line in as_literal(constant.text.splitlines()))
    yield ""


def as_literal(lines: list[str]) -> list[str]:
    """Mark indented blocks of a docstring as literal, as they are meant.

    Formulas and tables in docstrings stand indented behind a blank line. In reStructuredText that
    would be a quotation, whose lines flow together.

    Parameters
    ----------
    lines : list of str
        Of a docstring.

    Returns
    -------
    list of str
        The same, with ``::`` before each such block.
    """
    found, plain = [], True
    for number, line in enumerate(lines):
        indented = line.startswith("    ")
        before = next((each for each in reversed(lines[:number]) if each.strip()), "")
        opens = indented and number > 0 and not lines[number - 1].strip()
        known = before.rstrip().endswith("::") or re.match(r"[ -]|\.\. |\d+\. |>>> ", before)
        if opens and plain and before and not known:
            found += ["::", ""]
            plain = False
        if line.strip() and not indented:
            plain = True
        found.append(line)
    return found
