"""Labelled texts: the public datasets of the paper, and any table of a user.

``registry`` says as data what the known datasets are and where they come from, ``readers`` turns
their files into examples, ``splits`` parts them into train, dev and test, ``loading`` puts the
three together and ``fetch`` downloads what is missing. A user's table is read by ``tables``:

    bytes --decoding--> text --columns, records--> cells --labels--> examples
                             --json_lines------------^

``selection`` says which of its rows a model is measured on, and ``trees`` reads labelled phrases.
"""

from bionlp.datasets.loading import data_folder, load_dataset
from bionlp.datasets.model import Dataset, Example

__all__ = ["Dataset", "Example", "data_folder", "load_dataset"]
