"""Pictures of the gallery: an example writes its files, and its page shows them.

The figures of this project know nothing of pyplot, whose open figures sphinx-gallery looks for by
itself. So the folder that an example was given is looked at after each of its cells.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx_gallery.scrapers import figure_rst


class SavedPictures:
    """Finds the PNG files that a cell of an example has written.

    Parameters
    ----------
    folder : Path
        Holds a folder for each example, named after it.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.seen: set[Path] = set()

    def __repr__(self) -> str:
        # Sphinx compares the configuration with that of the last build by this text.
        return type(self).__name__

    def __call__(self, block, variables, conf) -> str:
        """Return the markup that shows the new pictures, as sphinx-gallery asks for it."""
        own = self.folder / Path(variables["src_file"]).stem
        new = sorted(path for path in own.glob("*.png") if path not in self.seen)
        self.seen.update(new)
        targets = [target for _, target in zip(new, variables["image_path_iterator"], strict=False)]
        for path, target in zip(new, targets, strict=True):
            shutil.copy(path, target)
        return figure_rst(targets, conf["src_dir"]) if targets else ""


class ReadingOrder:
    """The order in which the gallery shows its examples: from simple to special.

    Parameters
    ----------
    folder : str
        Of the examples, as sphinx-gallery tells it.
    """

    ORDER = (
        "sentence_to_figure",
        "encoding",
        "rates_and_activations",
        "votes_over_time",
        "early_end",
        "corpus",
        "negation",
        "other_neurons",
        "neuron_models",
        "recurrent_network",
        "orientations",
        "perturbations",
        "synaptic_operations",
        "nir_round_trip",
        "word_a_step",
    )

    def __init__(self, folder: str):
        self.folder = folder

    def __call__(self, name: str) -> tuple[int, str]:
        """Return what to sort a file by; an example that is not named here comes last."""
        stem = Path(name).stem
        return (self.ORDER.index(stem) if stem in self.ORDER else len(self.ORDER)), stem
