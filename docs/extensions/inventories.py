"""Inventories of other projects' documentation: the lists of names that links can be made to.

Sphinx fetches them from the projects' sites when pages are built. Where there is no network, that
would be a warning, and here a warning is an error. So an inventory is taken from a folder, or
fetched beforehand, and a project that cannot be reached gets no links.
"""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

SITES = {
    "python": "https://docs.python.org/3/",
    "numpy": "https://numpy.org/doc/stable/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
    "matplotlib": "https://matplotlib.org/stable/",
    "brian2": "https://brian2.readthedocs.io/en/stable/",
    "torch": "https://docs.pytorch.org/docs/stable/",
    "xarray": "https://docs.xarray.dev/en/stable/",
}
SECONDS = 5
"""That a site has to answer."""


def mapping(folder: Path | None) -> tuple[dict[str, tuple[str, str | None]], list[str]]:
    """Return ``intersphinx_mapping``, and the projects that have no inventory.

    Parameters
    ----------
    folder : Path or None
        Holds ``brian2.inv``, ``torch.inv``, ...; what it lacks is left out. Without one the sites
        are asked, until one of them cannot be reached at all.

    Returns
    -------
    mapping : dict of str to (str, str or None)
        Address and inventory of each project that links can be made to.
    missing : list of str
        The other projects.
    """
    if folder:
        held = {name for name in SITES if (folder / f"{name}.inv").exists()}
        found = {name: (SITES[name], str(folder / f"{name}.inv")) for name in SITES if name in held}
        return found, [name for name in SITES if name not in held]
    found = {}
    for name, site in SITES.items():
        try:
            with urlopen(f"{site}objects.inv", timeout=SECONDS):
                found[name] = (site, None)
        except (URLError, OSError, ValueError):
            if not found:
                break
    return found, [name for name in SITES if name not in found]
