"""What an attack is put together from, each part by a name of its own.

``candidates`` says what proposes replacements for a word, ``encoders`` what compares texts,
``taggers`` what tells parts of speech, ``stopwords`` which words are left alone. ``opening`` opens
each by its name, or from a file or folder.
"""

from bionlp.attacks.parts.candidates import Candidates
from bionlp.attacks.parts.encoders import Encoder
from bionlp.attacks.parts.opening import open_candidates, open_encoder, open_tagger
from bionlp.attacks.parts.stopwords import is_place
from bionlp.attacks.parts.taggers import Tagger

__all__ = [
    "Candidates",
    "Encoder",
    "Tagger",
    "is_place",
    "open_candidates",
    "open_encoder",
    "open_tagger",
]
