"""How Sphinx builds the documentation; ``make docs`` does it.

Two environment variables matter. ``BIONLP_DOCS_GALLERY=0`` leaves the examples of the gallery
unexecuted, and ``BIONLP_INVENTORIES`` names a folder with the inventories of other projects, for
machines without a network (``extensions/inventories.py``).
"""

import os
import sys
import tempfile
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "extensions"), str(HERE.parent)]

from inventories import mapping  # noqa: E402
from pictures import SavedPictures  # noqa: E402
from sphinx.util import logging  # noqa: E402

project = "bionlp"
author = "bionlp contributors"
copyright = author
release = metadata.version("bionlp")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "site_pages",
]
exclude_patterns = ["_build", "gallery/**/*.ipynb", "gallery/**/*.md5", "gallery/**/*.py"]
# Two minus signs are two minus signs, as options have them.
smartquotes = False
# The table of contents beside each page has sections; with all functions it took minutes to write.
toc_object_entries = False

# What is written in Markdown.
myst_heading_anchors = 3
myst_enable_extensions = ["deflist", "attrs_inline"]
suppress_warnings = ["config.cache"]

# What comes from docstrings. Members are listed by autodoc, not a second time by numpydoc.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_mock_imports = ["textattack"]
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = {"of", "or", "shape", "optional", "default", "same", "pair", "iterable"}
numpydoc_xref_aliases = {
    # numpydoc's own aliases refer to labels of Python's manual, which need an inventory.
    "None": ":obj:`None`",
    "bool": ":class:`bool`",
    "iterable": ":class:`iterable <collections.abc.Iterable>`",
    "sequence": ":class:`sequence <collections.abc.Sequence>`",
    "array_like": ":obj:`array_like <numpy.typing.ArrayLike>`",
    "array-like": ":obj:`array_like <numpy.typing.ArrayLike>`",
    "generator": ":class:`generator <collections.abc.Generator>`",
    "Path": "pathlib.Path",
    "Network": "networks.description.Network",
    "Population": "networks.description.Population",
    "Connection": "networks.description.Connection",
    "TextClassifier": "bionlp.classifier.TextClassifier",
    "Sentence": "bionlp.sentences.Sentence",
    "Tensor": "torch.Tensor",
}

_folder = os.environ.get("BIONLP_INVENTORIES")
intersphinx_mapping, _missing = mapping(Path(_folder) if _folder else None)
if _missing:
    logging.getLogger(__name__).info("no inventory, and so no links, of: %s", ", ".join(_missing))

# The gallery: every example is a script that takes the folder for its pictures.
_pictures = Path(tempfile.mkdtemp(prefix="bionlp-gallery-"))
_executed = os.environ.get("BIONLP_DOCS_GALLERY", "1") != "0"
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "plot_gallery": _executed,
    "abort_on_example_error": True,
    "reset_argv": lambda conf, script: [str(_pictures / Path(script["src_file"]).stem)],
    "image_scrapers": (SavedPictures(_pictures),),
    "reset_modules": (),
    "download_all_examples": False,
    "show_signature": False,
    "remove_config_comments": True,
    "within_subsection_order": "pictures.ReadingOrder",
}

html_theme = "furo"
html_title = f"bionlp {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "default"
