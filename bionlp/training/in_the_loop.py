"""Fine-tuning with other neurons in the loop: Brian 2 runs them, PyTorch turns the weights.

    weights -> Brian 2, with neurons of one's own -> spikes -> straight lines in PyTorch -> weights

Neurons that were fitted to the trained ones (:mod:`bionlp.neuron_fitting`) do not fire quite as
these do. Here the weights learn to live with them, from labelled sentences: each batch is presented
in Brian 2 with the weights as they are, and gradients of what really happened are taken by tandem
learning (:mod:`networks.pytorch.tandem`). The epoch is chosen on dev, where the weights as they
were are a candidate, too; dev is labelled by the same neurons in Brian 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bionlp.classifier import TextClassifier
from bionlp.cores import cores
from bionlp.datasets import Example
from bionlp.datasets.model import digest_of as digest_of_examples
from bionlp.decision import predict_labels
from bionlp.engine import Engine
from bionlp.errors import DatasetError, UsageError
from bionlp.limits import MOST_SEED
from bionlp.progress import Reporter
from bionlp.simulation import record_run, stimulus_of
from bionlp.training.batches import Batch, Encoded
from bionlp.training.fit import FitSettings, Stage, fit
from bionlp.votes import count_votes
from networks.brian.neuron_files import write_neurons
from networks.described import digest_of
from networks.description import Network
from networks.pytorch import SpikingNetwork
from networks.pytorch.tandem import Tandem

NAME = "in_the_loop"
"""Of the stage, and of its record in a model."""


USUAL = FitSettings(epochs=3, learning_rate=3e-4, batch_size=32, seed=0)
"""How weights are tuned where nothing is said."""


class LoopStage(Stage):
    """A network whose neurons run in Brian 2.

    Parameters
    ----------
    classifier : TextClassifier
        Whose network it is.
    engine : Engine
        Has the neurons, and says how Brian 2 runs the network.
    train : Encoded
        What batches are taken from.
    seed : int
        Of the input spikes that dev is shown.

    Raises
    ------
    UsageError
        If there are no straight lines for the network.
    """

    name = NAME
    model: SpikingNetwork

    def __init__(self, classifier: TextClassifier, engine: Engine, train: Encoded, seed: int):
        classifier.require_rates("fine-tuning in the loop is")
        try:
            self._tandem = Tandem(classifier.network)
        except ValueError as error:
            raise UsageError(f"model {classifier.name!r} cannot be tuned: {error}") from error
        self.model = self._tandem.model
        self._classifier, self._engine, self._train = classifier, engine, train
        self._seed, self._steps = seed, classifier.steps
        self._centred = classifier.training.get("settings", {}).get("centred", False)

    @property
    def network(self) -> Network:
        """The network with its present weights."""
        return self.model.describe()

    def optimizers(self, learning_rate: float) -> list[torch.optim.Optimizer]:
        """Return Adam for all weights."""
        return [torch.optim.Adam(self.model.parameters(), lr=learning_rate, fused=True)]

    def loss(self, batch: Batch) -> Tensor:
        """Present a batch in Brian 2; return the cross-entropy of the mean votes of a step."""
        ids = [self._train.ids[number] for number in batch.numbers]
        seed = int(torch.randint(MOST_SEED, ()))
        parts = self._engine.parts
        stimulus = stimulus_of(self._classifier, ids, self._steps, seed=seed, parts=parts)
        recorded = record_run(self.network, stimulus, seed=seed, engine=self._engine)
        votes = torch.cat([self._tandem.votes(activity) for activity in recorded.activities()])
        # A step that is parted has the votes of all its parts.
        return functional.cross_entropy(parts * votes, torch.from_numpy(batch.labels))

    def after_step(self) -> None:
        """Centre the kernels, if they were."""
        if self._centred:
            self.model.constrain()

    def labels(self, split: Encoded) -> np.ndarray:
        """Return the label given to each sentence of a split, in Brian 2."""
        counted = count_votes(
            replace(self._classifier, network=self.network),
            split.ids,
            steps=self._steps,
            seed=self._seed,
            engine=self._engine,
            workers=cores(),
        )
        return predict_labels(counted.votes)


def tune_in_the_loop(
    classifier: TextClassifier,
    train: Sequence[Example],
    dev: Sequence[Example],
    settings: FitSettings,
    *,
    engine: Engine,
    folder: Path,
    report: Reporter,
    name: str,
) -> TextClassifier:
    """Tune the weights of a classifier to the neurons of an engine.

    Parameters
    ----------
    classifier : TextClassifier
        The model, shown firing rates.
    train, dev : sequence of Example
        What is learned from, and what the epoch is chosen on.
    settings : FitSettings
        How.
    engine : Engine
        Has the neurons, and says how Brian 2 runs the network.
    folder : Path
        Where the state is kept between epochs; an existing state is taken up.
    report : Reporter
        Hears of progress.
    name : str
        What the tuned model is called.

    Returns
    -------
    TextClassifier
        The same with the best weights, not calibrated, and with a record of how they came about.

    Raises
    ------
    UsageError
        If there are no straight lines for the network.
    DatasetError
        If no sentence has a word that the model knows.
    BackendError, CheckpointError
        If Brian 2 cannot run it, or the folder holds a state of another kind.
    """
    learned, chosen = _encoded(classifier, train, "train"), _encoded(classifier, dev, "dev")
    stage = LoopStage(classifier, engine.chosen(len(learned)), learned, settings.seed)
    before = stage.accuracy(chosen)
    report.note(f"{NAME}: dev {before:.2%} with the weights as they were")
    origin = {
        "network": digest_of(classifier.network),
        "neurons": write_neurons(engine.neurons or {}),
        "dt_ms": engine.dt_ms,
        "rows": digest_of_examples((*train, *dev)),
    }
    history = fit(stage, learned, chosen, settings, folder, report, origin)
    accuracies = [before, *history.dev_accuracy]
    best = int(np.argmax(accuracies))
    record = {
        **asdict(settings),
        "sentences": len(learned),
        "dev_sentences": len(chosen),
        "dev_accuracy": accuracies,
        "best_epoch": best,
        "seconds": round(sum(history.seconds), 1),
        "engine": engine.document,
    }
    return replace(
        classifier,
        name=name,
        network=stage.network if best else classifier.network,
        calibration=None,
        training=classifier.training | {NAME: record},
    )


def some_of(examples: Sequence[Example], most: int, seed: int) -> list[Example]:
    """Return some examples that chance chooses, in their order; all if there are no more."""
    chosen = np.random.default_rng(seed).permutation(len(examples))[:most]
    return [examples[number] for number in np.sort(chosen)]


def _encoded(classifier: TextClassifier, examples: Sequence[Example], part: str) -> Encoded:
    """Return the sentences that have a known word."""
    ids = [np.array(classifier.token_ids(example.text)) for example in examples]
    known = [n for n, sentence in enumerate(ids) if classifier.knows_a_word(sentence)]
    if not known:
        raise DatasetError(f"no sentence of {part} has a word that model {classifier.name!r} knows")
    labels = np.array([example.label for example in examples])
    return Encoded([ids[n] for n in known], labels[known])
