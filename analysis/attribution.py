"""How much the spikes of each word moved the decision, by erasure.

The network is shown its input once more for every word, without that word's spikes and with all
others as they were. With the votes N_a of the class a that was decided on, and N_b of its runner-up
b, both classes chosen by the intact presentation, the relevance of word w is

    R_w = M - M_without_w,    M = N_a - N_b

in output spikes. It is positive for a word that spoke for the decision and negative for one that
spoke against it; the decision falls when a single word's relevance exceeds M. As only the spikes of
one word differ, nothing in R_w is noise of the encoding: it is what these spikes caused. Relevances
need not add up to M, since words act together ("not good").

The measure is the occlusion of Zeiler & Fergus (2014, section 3.2), for words the representation
erasure of Li, Monroe & Jurafsky (2016), with a silent word as what is left. Silence is neutral for
a kernel that is centred (:func:`networks.pytorch.convolution.centre`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from networks.brief import Brief


@dataclass(frozen=True)
class Relevance(Brief):
    """What each word did for a decision.

    Attributes
    ----------
    label, rival : int
        The class that was decided on, and its runner-up; where several have the most votes, the
        first and the second of these.
    margin : int
        Output spikes by which the label led; 0 where nothing is decided.
    words : numpy.ndarray of int, shape (words,)
        Relevance of each word in output spikes.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import Relevance
    >>> Relevance(label=1, rival=0, margin=6, words=np.array([0, 5, -1]))
    Relevance(label=1, rival=0, margin=6, words=<int64 (3,)>)
    """

    label: int
    rival: int
    margin: int
    words: np.ndarray


def erase_words(spikes: np.ndarray) -> list[np.ndarray]:
    """Silence each word in turn.

    Parameters
    ----------
    spikes : numpy.ndarray of bool, shape (steps, words, features)
        Input spikes of a sentence.

    Returns
    -------
    list of numpy.ndarray of bool, each of shape (steps, words, features)
        For each word, the spikes of all others.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import erase_words
    >>> spikes = np.ones((10, 3, 300), dtype=bool)
    >>> [int(rest.sum()) for rest in erase_words(spikes)]
    [6000, 6000, 6000]
    """
    erased = []
    for word in range(spikes.shape[1]):
        rest = spikes.copy()
        rest[:, word] = False
        erased.append(rest)
    return erased


def relevance(intact: np.ndarray, erased: np.ndarray) -> Relevance:
    """Compare the votes of a sentence with those without each of its words.

    Parameters
    ----------
    intact : numpy.ndarray of int, shape (classes,)
        Output spikes of each class in the intact presentation.
    erased : numpy.ndarray of int, shape (words, classes)
        The same in a presentation without each word.

    Returns
    -------
    Relevance
        With a margin of 0 there is no decision to speak for.

    Examples
    --------
    >>> import numpy as np
    >>> from analysis import relevance
    >>> found = relevance(np.array([4, 10]), np.array([[4, 10], [6, 7], [1, 9]]))
    >>> found.margin, found.words.tolist()  # the second word spoke for the decision
    (6, [0, 5, -2])
    """
    label, rival = (int(number) for number in np.argsort(-intact, kind="stable")[:2])
    margin = int(intact[label] - intact[rival])
    return Relevance(label, rival, margin, margin - (erased[:, label] - erased[:, rival]))
