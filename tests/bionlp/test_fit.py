"""The training loop, on a network of one weight."""

import numpy as np
import pytest
import torch

from bionlp.errors import CheckpointError
from bionlp.progress import Reporter
from bionlp.training.batches import Encoded
from bionlp.training.fit import FitSettings, Stage, fit

SENTENCES = Encoded([np.array([1])] * 8, np.zeros(8, dtype=np.int64))


class OneWeight(Stage):
    """Has a loss of slope 1, under which Adam moves by the learning rate in every step."""

    name = "one"

    def __init__(self):
        self.model = torch.nn.Linear(1, 1, bias=False).double()
        self.weights = [self.model.weight.item()]

    def optimizers(self, learning_rate):
        return [torch.optim.Adam(self.model.parameters(), lr=learning_rate)]

    def loss(self, batch):
        return self.model.weight.sum()

    def after_step(self):
        self.weights.append(self.model.weight.item())

    def labels(self, split):
        return split.labels


def trained(folder, **settings):
    stage = OneWeight()
    choices = FitSettings(
        **{"epochs": 3, "learning_rate": 0.1, "batch_size": 4, "seed": 0} | settings
    )
    history = fit(stage, SENTENCES, SENTENCES, choices, folder, Reporter(quiet=True))
    return stage, history


def test_the_learning_rate_falls_along_half_a_cosine(tmp_path):
    stage, _ = trained(tmp_path)
    expected = 0.05 * (1 + np.cos(np.pi * np.arange(6) / 6))
    assert -np.diff(stage.weights) == pytest.approx(expected, rel=1e-6)


def test_the_learning_rate_can_stay(tmp_path):
    stage, _ = trained(tmp_path, annealed=False)
    assert -np.diff(stage.weights) == pytest.approx([0.1] * 6, rel=1e-6)


def test_equal_epochs_are_decided_for_the_first(tmp_path):
    stage, history = trained(tmp_path)
    assert history.best_epoch == 1
    assert stage.model.weight.item() == stage.weights[2]


def test_a_state_is_taken_up_by_its_own_settings_alone(tmp_path):
    begun, _ = trained(tmp_path)
    again, _ = trained(tmp_path)
    assert len(again.weights) == 1
    assert again.model.weight.item() == begun.model.weight.item()
    with pytest.raises(CheckpointError, match="other settings"):
        trained(tmp_path, annealed=False)


def test_a_state_from_before_a_setting_is_taken_up(tmp_path):
    begun, _ = trained(tmp_path)
    path = tmp_path / "one.state.pt"
    state = torch.load(path, weights_only=True)
    del state["settings"]["annealed"]
    torch.save(state, path)
    again, _ = trained(tmp_path)
    assert again.model.weight.item() == begun.model.weight.item()


@pytest.mark.parametrize("settings", [None, {"pace": 3}])
def test_another_file_is_no_state(tmp_path, settings):
    torch.save({"settings": settings}, tmp_path / "one.state.pt")
    with pytest.raises(CheckpointError, match="is no training state"):
        trained(tmp_path)
