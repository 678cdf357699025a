"""The training loop, on a network of one weight."""

import io

import numpy as np
import pytest
import torch

from bionlp.errors import CheckpointError
from bionlp.progress import Reporter
from bionlp.training.batches import Encoded
from bionlp.training.fit import FitSettings, Stage, fit
from bionlp.training.state import write_state

SENTENCES = Encoded([np.array([1])] * 8, np.zeros(8, dtype=np.int64))


class OneWeight(Stage):
    """Has a loss of slope 1, under which Adam moves by the learning rate in every step."""

    name = "one"

    def __init__(self, stop=None):
        self.stop = stop
        torch.manual_seed(0)
        self.model = torch.nn.Linear(1, 1, bias=False).double()
        self.weights = [self.model.weight.item()]

    def optimizers(self, learning_rate):
        return [torch.optim.Adam(self.model.parameters(), lr=learning_rate)]

    def loss(self, batch):
        return self.model.weight.sum()

    def after_step(self):
        self.weights.append(self.model.weight.item())

    def labels(self, split):
        # Each epoch of these sentences has two steps.
        if self.stop is not None and len(self.weights) > 2 * self.stop + 1:
            raise KeyboardInterrupt
        return split.labels


def trained(folder, origin=None, stop=None, **settings):
    stage = OneWeight(stop)
    choices = FitSettings(
        **{"epochs": 3, "learning_rate": 0.1, "batch_size": 4, "seed": 0} | settings
    )
    history = fit(stage, SENTENCES, SENTENCES, choices, folder, Reporter(quiet=True), origin)
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


def test_a_state_is_taken_up_with_its_own_data_alone(tmp_path):
    trained(tmp_path, origin={"rows": "a", "settings": {"maps": 3}})
    assert len(trained(tmp_path, origin={"rows": "a", "settings": {"maps": 3}})[0].weights) == 1
    with pytest.raises(CheckpointError, match=r"other labels or texts; .* remove it"):
        trained(tmp_path, origin={"rows": "b", "settings": {"maps": 3}})
    with pytest.raises(CheckpointError, match=r"other settings \(maps\)"):
        trained(tmp_path, origin={"rows": "a", "settings": {"maps": 4}})


def document_of(path):
    """Return what a state says."""
    return torch.load(io.BytesIO(path.read_bytes().partition(b"\n")[2]), weights_only=True)


def test_a_state_from_before_a_setting_is_taken_up(tmp_path):
    begun, _ = trained(tmp_path)
    path = tmp_path / "one.state.pt"
    state = document_of(path)
    del state["settings"]["annealed"]
    write_state(path, **state)
    again, _ = trained(tmp_path)
    assert again.model.weight.item() == begun.model.weight.item()


def test_a_state_between_epochs_goes_on(tmp_path):
    whole, _ = trained(tmp_path / "whole", annealed=False)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "part", annealed=False, stop=2)
    again, history = trained(tmp_path / "part", annealed=False)
    assert len(history.loss) == 3
    assert again.weights[-1] == whole.weights[-1]


@pytest.mark.parametrize("settings", [None, {"pace": 3}])
def test_another_file_is_no_state(tmp_path, settings):
    write_state(tmp_path / "one.state.pt", settings=settings)
    with pytest.raises(CheckpointError, match="is no training state"):
        trained(tmp_path)
    torch.save({"settings": settings}, tmp_path / "one.state.pt")
    with pytest.raises(CheckpointError, match="is no training state"):
        trained(tmp_path)
