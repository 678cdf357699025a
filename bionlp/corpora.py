"""Recordings of whole corpora: simulated in blocks, written as they come.

A block of sentences is a task of :mod:`bionlp.workers`, and a chunk of the store. A sentence's
input is seeded by (seed, number of the sentence), and recorded membranes are chosen by the longest
sentence of all, so neither blocks nor workers change a recording: it is that which
:func:`bionlp.simulation.simulate` makes when it is given all sentences at once. Brian 2's own
synapses alone, ``stock``, draw spikes that depend on the block. Memory holds a few blocks, however
many sentences there are.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bionlp.classifier import TextClassifier
from bionlp.engine import DEFAULT_ENGINE, Engine
from bionlp.errors import UnknownWordsError, UsageError
from bionlp.membranes import DEFAULT
from bionlp.recording.corpus.layout import Layout, Listed, layout_of, listed
from bionlp.recording.corpus.writing import Block, CorpusWriter, block_of
from bionlp.simulation import Advance, present
from bionlp.workers import Processes, Workers


@dataclass(frozen=True)
class Recorded:
    """What came of recording a corpus.

    Attributes
    ----------
    sentences : int
        In the store.
    recorded : int
        Of these, how many were simulated now; the others were there.
    left_out : tuple of int
        Numbers of texts of which the model knows no word.
    engine : Engine
        What ran them.
    """

    sentences: int
    recorded: int
    left_out: tuple[int, ...]
    engine: Engine


def record_corpus(
    classifier: TextClassifier,
    texts: Sequence[str],
    path: Path,
    *,
    labels: Sequence[int | None] | None = None,
    steps: int | None = None,
    seed: int = 0,
    engine: Engine = DEFAULT_ENGINE,
    record: Sequence[str] = DEFAULT,
    workers: int | Workers = 1,
    overwrite: bool = False,
    advance: Advance | None = None,
) -> Recorded:
    """Present texts to a classifier and write what happens to a store, block by block.

    Where the store is there already and not complete, it is completed.

    Parameters
    ----------
    classifier : TextClassifier
        The model.
    texts : sequence of str
        The sentences; those of which it knows no word are left out, the others keep their numbers.
    path : Path
        The store, usually ending in ``.zarr``.
    labels : sequence of int or None, optional
        Their true classes, None for unknown ones.
    steps, seed, engine, record
        As of :func:`bionlp.simulation.simulate`.
    workers : int or Workers
        Processes that Brian 2 runs in, or a cluster (:mod:`bionlp.cluster`).
    overwrite : bool
        Replace a corpus that is there.
    advance : callable, optional
        Called with the fraction done.

    Returns
    -------
    Recorded
        How many sentences were recorded; :func:`bionlp.recording.open_corpus` opens the store.

    Raises
    ------
    OutputError
        If the store cannot be written, or is one of other sentences or settings.
    UnknownWordsError
        If the model knows no word of any text.
    TextError
        If a text is empty or undecodable.

    Examples
    --------
    >>> from pathlib import Path
    >>> from bionlp import load_classifier, record_corpus
    >>> texts = ["a gripping film", "a dull mess"]
    >>> done = record_corpus(load_classifier("mr"), texts, Path("two.zarr"), steps=10)
    >>> done.sentences, done.recorded, done.left_out
    (2, 2, ())
    """
    steps = steps or classifier.steps
    sentences, left_out = _listed(classifier, texts, labels)
    engine = engine.chosen(len(sentences))
    layout = layout_of(classifier, sentences, steps=steps, seed=seed, engine=engine, record=record)
    writer = CorpusWriter(Path(path), layout, overwrite=overwrite)
    longest = None if classifier.word_a_step else max(len(each.positions) for each in sentences)
    work = BlockRecorder(classifier, layout, steps, seed, engine, tuple(record), longest)
    blocks = [sentences[layout.blocks[number]] for number in writer.missing]
    tasks = (([s.text for s in block], [s.number for s in block]) for block in blocks)
    if isinstance(workers, int):
        most = 1 if engine.once_a_process else max(len(blocks), 1)
        workers = Processes(min(workers, most))
    done, count = len(sentences) - sum(map(len, blocks)), len(sentences)
    recorded = 0
    for index, block in workers.run(work, tasks):
        writer.write(writer.missing[index], block)
        del block  # it need not be there while the next one is simulated
        recorded += len(blocks[index])
        if advance:
            advance((done + recorded) / count)
    return Recorded(count, recorded, left_out, engine)


def _listed(
    classifier: TextClassifier, texts: Sequence[str], labels: Sequence[int | None] | None
) -> tuple[list[Listed], tuple[int, ...]]:
    """Read texts, and keep of each what a corpus lists; return the numbers of unknown ones, too."""
    if not len(texts):
        raise UsageError("there is no text; give at least one")
    sentences, left_out = [], []
    for number, text in enumerate(texts):
        try:
            label = None if labels is None else labels[number]
            sentences.append(listed(classifier, classifier.read(text), number, label))
        except UnknownWordsError:
            left_out.append(number)
    if not sentences:
        raise UnknownWordsError(f"model {classifier.name!r} knows no word of these sentences")
    return sentences, tuple(left_out)


@dataclass(frozen=True)
class BlockRecorder:
    """Presents blocks of sentences: work for :mod:`bionlp.workers`.

    Attributes
    ----------
    classifier : TextClassifier
        Who reads them.
    layout : Layout
        Of the corpus.
    steps, seed, engine, record, longest
        As of :func:`bionlp.simulation.present`.
    """

    classifier: TextClassifier
    layout: Layout
    steps: int
    seed: int
    engine: Engine
    record: tuple[str, ...]
    longest: int | None

    @property
    def caches(self) -> Sequence[str]:
        """Folders of the cache that networks are compiled into."""
        return self.engine.caches

    def do(self, texts: Sequence[str], numbers: Sequence[int]) -> Block:
        """Record a block.

        Parameters
        ----------
        texts : sequence of str
            Its sentences.
        numbers : sequence of int
            Of each of them in the experiment.

        Returns
        -------
        dict of str to numpy.ndarray
            As of :func:`bionlp.recording.corpus.writing.block_of`.
        """
        # A network of Brian 2 refers to itself, so that of the last block may still be there.
        gc.collect()
        recordings, _ = present(
            self.classifier,
            [self.classifier.read(text) for text in texts],
            steps=self.steps,
            seed=self.seed,
            engine=self.engine,
            record=self.record,
            numbers=numbers,
            longest=self.longest,
        )
        return block_of(recordings, self.layout)

    def close(self) -> None:
        """Free nothing: each block has a network of its own."""
