"""Labelled texts: the public datasets of the paper, and any CSV file of a user.

``registry`` says as data what the known datasets are and where they come from, ``readers`` turns
their files into examples, ``splits`` parts them into train, dev and test, ``loading`` puts the
three together and ``fetch`` downloads what is missing.
"""

from bionlp.datasets.loading import data_folder, load_dataset
from bionlp.datasets.model import Dataset, Example

__all__ = ["Dataset", "Example", "data_folder", "load_dataset"]
