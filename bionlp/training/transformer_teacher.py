"""A transformer as a teacher: it has read much more than a dataset has, and is fine-tuned on that.

The mean of the last hidden states over the n pieces of a text is classified,

    y = W (1 / n) sum over i of h[i] + b,

all weights are trained with cross-entropy on the training split (Devlin et al. 2019, section 4; the
mean as Reimers & Gurevych 2019), and the epoch is selected on dev. What it then says of the
training examples and of new sentences, whose words are joined with spaces, is kept
(:mod:`bionlp.training.answers`) and taught to small networks (Tang et al. 2019). It learns from no
sentence of dev or test. The sentences of a pair are parted as the transformer is used to.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bionlp.datasets import Example
from bionlp.errors import PartError, TrainingError, UsageError
from bionlp.language_models import Transformer, find_model
from bionlp.progress import Reporter
from bionlp.text import SEPARATOR
from bionlp.training.answers import Answers, lengths_of, read_answers, write_answers
from bionlp.training.batches import Batch, Encoded, batches, pad
from bionlp.training.corpus import Corpus, Embeddings
from bionlp.training.distillation import piece_together
from bionlp.training.fit import FitSettings, Stage, fit
from bionlp.training.origin import origin_of
from bionlp.training.settings import TrainingSettings
from bionlp.vocabulary import PADDING

FILE = "teacher.answers.pt"
DROPOUT = 0.1
"""Of the mean of states."""
ASKED = 32
"""Texts that are read together when nothing is learnt; long ones take much memory."""


class Reader(nn.Module):
    """A transformer that classifies texts by the mean of its last states.

    Parameters
    ----------
    encoder : torch.nn.Module
        The transformer.
    dimension : int
        Of its states.
    classes : int
        Number of classes.
    """

    def __init__(self, encoder: nn.Module, dimension: int, classes: int):
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(DROPOUT)
        self.head = nn.Linear(dimension, classes)

    def forward(self, ids: Tensor) -> Tensor:
        """Classify texts.

        Parameters
        ----------
        ids : Tensor of int64, shape (texts, pieces)
            One more than the number of each piece, so that 0 is padding.

        Returns
        -------
        Tensor, shape (texts, classes)
            Logits.
        """
        there = ids != PADDING
        output = self.encoder(input_ids=(ids - 1).clamp(min=0), attention_mask=there.long())
        states = output.last_hidden_state * there[..., None]
        return self.head(self.dropout(states.sum(1) / there.sum(1, keepdim=True)))


class ReaderStage(Stage):
    """Fine-tuning of a transformer.

    Parameters
    ----------
    model : Reader
        The network.
    """

    name = "transformer"

    model: Reader

    def __init__(self, model: Reader):
        self.model = model

    def optimizers(self, learning_rate: float) -> list[torch.optim.Optimizer]:
        """Return AdamW for all weights."""
        return [torch.optim.AdamW(self.model.parameters(), lr=learning_rate, fused=True)]

    def loss(self, batch: Batch) -> Tensor:
        """Return the cross-entropy of the answers to a batch."""
        ids, labels = torch.from_numpy(batch.ids), torch.from_numpy(batch.labels)
        return functional.cross_entropy(self.model(ids.to(self.device)), labels.to(self.device))

    def labels(self, split: Encoded) -> np.ndarray:
        """Return the likeliest label of each text."""
        return self.answers(split).argmax(1).numpy()

    @torch.no_grad()
    def answers(self, split: Encoded) -> Tensor:
        """Return the logarithm of the probabilities of the classes, shape (texts, classes)."""
        given = torch.empty(len(split), self.model.head.out_features)
        for batch in batches(split, ASKED):
            logits = self.model(torch.from_numpy(batch.ids).to(self.device))
            given[batch.numbers] = logits.log_softmax(-1).cpu()
        return given


def check_teacher(settings: TrainingSettings) -> None:
    """See that the transformer can be opened, if the settings want one, before anything is done.

    Raises
    ------
    PartError
        If not.
    UsageError
        If it is missing, or the phrases are, where its answers to phrases are wanted.
    """
    if settings.phrase_pieces and not (settings.phrases and settings.teacher):
        raise UsageError(
            "phrases can take the place of new sentences (phrase_pieces) only where there are "
            "phrases, and a transformer that teaches: give --phrases and --teacher, too"
        )
    if settings.teacher is not None:
        _open(settings.teacher)


def transformer_answers(
    corpus: Corpus,
    embeddings: Embeddings,
    settings: TrainingSettings,
    folder: Path,
    report: Reporter,
    device: torch.device | str = "cpu",
) -> Answers | None:
    """Fine-tune a transformer and ask it about all that it is to teach.

    Parameters
    ----------
    corpus : Corpus
        Gives texts and labels.
    embeddings : Embeddings
        Decide which words are known, and so are part of what the training is made with.
    settings : TrainingSettings
        Which transformer, how it is fine-tuned, and how many new sentences there are.
    folder : Path
        Where its training and its answers are kept. A finished or interrupted training is taken
        up; kept answers are read, and the transformer is not opened again.
    report : Reporter
        Hears of progress.
    device : torch.device or str
        Where it is trained.

    Returns
    -------
    Answers or None
        None if the settings want no transformer.

    Raises
    ------
    PartError
        If it cannot be opened.
    CheckpointError
        If the folder holds the answers or the training of another one.
    TrainingError
        If it answers with what is no number.
    """
    if settings.teacher is None:
        return None
    path, origin = folder / FILE, origin_of(corpus, embeddings, settings)
    if os.path.lexists(path):
        report.note(f"answers of {settings.teacher}: taken up")
        return read_answers(path, origin, corpus, settings.pieces)
    torch.manual_seed(settings.seed)
    transformer = _open(settings.teacher)
    reader = Reader(transformer.model, transformer.dimension, corpus.classes)
    stage = ReaderStage(reader.to(device))
    train = _read(transformer, corpus.taught)
    choices = FitSettings(
        settings.teacher_epochs, settings.teacher_rate, settings.teacher_batch_size, settings.seed
    )
    dev = _read(transformer, corpus.dataset.dev)
    history = fit(stage, train, dev, choices, folder, report, origin)
    given = _asked(stage, transformer, train, corpus, settings, report)
    answers = Answers(*given, settings.pieces, asdict(history))
    if not answers.examples.isfinite().all():
        raise TrainingError(
            f"the training of {settings.teacher} went astray: its answers are no numbers; set "
            "teacher_rate three times smaller"
        )
    write_answers(path, answers, origin)
    return answers


def _asked(
    stage: ReaderStage,
    transformer: Transformer,
    taught: Encoded,
    corpus: Corpus,
    settings: TrainingSettings,
    report: Reporter,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the answers to what networks learn from, new sentences, and the answers to those."""
    report.note(f"{settings.teacher} answers for {len(taught)} examples")
    given = stage.answers(taught)
    if settings.phrase_pieces:
        learned = len(corpus.train)
        pieces, order = in_order(corpus.phrases.ids)
        return given[:learned], pieces, given[learned:][order]
    pieces = new_sentences(corpus, settings)
    report.note(f"{settings.teacher} answers for {len(pieces)} pieces")
    return given, pieces, stage.answers(numbered(transformer, _texts(corpus, pieces)))


def in_order(sentences: Sequence[np.ndarray]) -> tuple[Tensor, np.ndarray]:
    """Put sentences into the form that answers are kept in.

    Parameters
    ----------
    sentences : sequence of numpy.ndarray of int, shape (words,)
        Word ids.

    Returns
    -------
    pieces : Tensor of int64, shape (pieces, words)
        Those with a known word, padded, the shortest first.
    order : numpy.ndarray of int, shape (pieces,)
        Which they are.
    """
    padded = torch.from_numpy(pad(sentences))
    lengths = lengths_of(padded)
    order = np.argsort(lengths, kind="stable")[(lengths == 0).sum() :]
    return padded[order], order


def new_sentences(corpus: Corpus, settings: TrainingSettings) -> Tensor:
    """Piece together what a teacher is asked about besides the examples.

    Parameters
    ----------
    corpus : Corpus
        Gives the sentences.
    settings : TrainingSettings
        How many for each sentence, and the seed.

    Returns
    -------
    Tensor of int64, shape (pieces, words)
        Word ids, padded, the shortest first; those without a known word are left out.
    """
    sentences = corpus.sentences.ids
    rng = np.random.default_rng(settings.seed)
    made = piece_together(sentences, settings.pieces * len(sentences), corpus.length, rng)
    # One of only padding, so that rows are of the right length.
    return in_order([np.full(corpus.length, PADDING), *made])[0]


def _open(name: str) -> Transformer:
    transformer = Transformer(find_model(name))
    if transformer.model.config.is_encoder_decoder:
        raise PartError(f"{name} is encoder and decoder; take an encoder, such as BERT or minilm")
    return transformer


def _texts(corpus: Corpus, pieces: Tensor) -> list[str]:
    """Return the words of pieces, joined with spaces."""
    words = corpus.vocabulary.words
    return [" ".join(words[n - 1] for n in piece if n != PADDING) for piece in pieces.tolist()]


def _read(transformer: Transformer, examples: Sequence[Example]) -> Encoded:
    """Return labelled texts as numbers of pieces."""
    encoded = numbered(transformer, [example.text for example in examples])
    return Encoded(encoded.ids, np.array([example.label for example in examples]))


def numbered(transformer: Transformer, texts: Sequence[str]) -> Encoded:
    """Return texts as numbers of pieces.

    Parameters
    ----------
    transformer : Transformer
        Says what pieces there are, and what parts the sentences of a pair.
    texts : sequence of str
        The texts.

    Returns
    -------
    Encoded
        Numbers, each one more, for 0 is padding; labels do not matter.
    """
    if not texts:
        return Encoded([], np.zeros(0, np.int64))
    own = transformer.tokenizer.sep_token or SEPARATOR
    texts = [text.replace(SEPARATOR, own) for text in texts]
    found = transformer.tokenizer(texts, truncation=True, max_length=transformer.longest)
    ids = [np.array(numbers or [0]) + 1 for numbers in found["input_ids"]]
    return Encoded(ids, np.zeros(len(ids), np.int64))
