"""What a training is made with: a training is taken up only with the same.

Data are told apart by digests, since files of one name may hold anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bionlp.datasets.model import digest_of
from bionlp.training.corpus import Corpus, Embeddings
from bionlp.training.settings import TrainingSettings

MEANING = {
    "classes": "classes",
    "rows": "labels or texts",
    "phrases": "phrases",
    "language": "language",
    "words": "words with a vector",
    "vectors": "values of word vectors",
}
"""The keys of an origin besides settings, and what messages call them."""

SETTINGS = "settings"


def origin_of(corpus: Corpus, embeddings: Embeddings, settings: TrainingSettings) -> dict[str, Any]:
    """Describe all that decides the outcome of a training.

    Parameters
    ----------
    corpus : Corpus
        The dataset.
    embeddings : Embeddings
        Where the words start from.
    settings : TrainingSettings
        All choices.

    Returns
    -------
    dict
        Plain values, as JSON has them.
    """
    dataset = corpus.dataset
    phrases = {"phrases": digest_of(dataset.phrases)} if settings.phrases else {}
    return {
        "classes": list(dataset.label_names),
        "rows": dataset.digest or digest_of(dataset.split("all")),
        **phrases,
        "language": dataset.language,
        "words": embeddings.words_digest,
        "vectors": embeddings.vectors_digest,
        SETTINGS: json.loads(json.dumps(asdict(settings))),
    }


def differences(begun: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say in what two origins differ.

    Parameters
    ----------
    begun, now : mapping of str to Any
        Of a training that was begun, and of that which is to take it up.

    Returns
    -------
    list of str
        Names of what is not the same; none if all is.
    """
    found = [
        meaning
        for key, meaning in MEANING.items()
        if key in {*begun, *now} and begun.get(key) != now.get(key)
    ]
    unknown = begun.keys() ^ now.keys()
    found += sorted(map(str, unknown - MEANING.keys() - {SETTINGS}))
    other = _other_settings(begun.get(SETTINGS), now.get(SETTINGS))
    return found + ([f"settings ({', '.join(other)})"] if other else [])


def _other_settings(begun: Any, now: Any) -> list[str]:
    if begun == now:
        return []
    if not isinstance(begun, dict) or not isinstance(now, dict):
        return ["all of them"]
    # A setting that is missing came later, and its default is what was done before.
    defaults = json.loads(json.dumps(asdict(TrainingSettings())))
    before, after = defaults | begun, defaults | now
    return sorted(str(name) for name in {*before, *after} if before.get(name) != after.get(name))
