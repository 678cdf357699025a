"""What neuron models say of themselves: their ranges, and the expressions that simulators take."""

import ast
from dataclasses import replace

import numpy as np
import pytest

from networks.description import Population
from networks.neurons import IF, LIF, Input, neuron_models
from networks.neurons.adaptive import AdaptiveLIF
from networks.neurons.cuba import CubaLI, CubaLIF
from networks.neurons.integrator import LI
from networks.neurons.model import INTEGRATIONS, RESETS, parameters
from networks.neurons.reset_to_value import ResetLIF

MODELS = [IF, LIF, LI, CubaLI, CubaLIF, AdaptiveLIF, ResetLIF]
SPIKING = [IF, LIF, CubaLIF, AdaptiveLIF, ResetLIF]
WITH_PARAMETERS = [(model, name) for model in MODELS for name in parameters(model)]


def test_all_models_are_found():
    assert {model.__name__: model for model in [Input, *MODELS]}.items() <= neuron_models().items()


@pytest.mark.parametrize(("model", "name"), WITH_PARAMETERS)
def test_parameters_out_of_range_are_refused(model, name):
    limits = parameters(model)[name]
    wrong = [float("nan"), float("inf"), -float("inf"), True, False, np.True_, "1", None]
    wrong += [np.array([True, False]), np.array([1.0, np.nan]), np.zeros(0), 1j]
    if np.isfinite(limits["above"]):
        wrong += [limits["above"], limits["above"] - 1, np.array([0.5, limits["above"]])]
    if np.isfinite(limits["most"]):
        wrong += [limits["most"] + 0.001, np.array([0.5, limits["most"] + 1])]
    for value in wrong:
        with pytest.raises(ValueError, match=name):
            model(**{name: value})


@pytest.mark.parametrize(("model", "name"), WITH_PARAMETERS)
def test_parameters_in_range_are_kept(model, name):
    for value in (0.25, 1, np.float32(0.5), np.array([0.25, 1.0]), np.array([0.5], np.float32)):
        kept = getattr(model(**{name: value}), name)
        if np.ndim(value):
            assert kept.dtype == value.dtype
            assert not kept.flags.writeable
        else:
            assert type(kept) is float
        np.testing.assert_array_equal(kept, value)


@pytest.mark.parametrize("model", SPIKING)
@pytest.mark.parametrize(
    "choice", [{"reset": "never"}, {"reset": None}, {"inclusive": 1}, {"inclusive": "yes"}]
)
def test_choices_there_are_not_are_refused(model, choice):
    with pytest.raises(ValueError, match=f"{next(iter(choice))} of a {model.__name__}"):
        model(**choice)


def test_integration_is_one_of_two():
    for integration in INTEGRATIONS:
        assert LIF(integration=integration).integration == integration
    with pytest.raises(ValueError, match="integration of a LIF is one of 'exact', 'euler'"):
        LIF(integration="rk4")


@pytest.mark.parametrize("model", MODELS)
def test_arrays_have_the_shape_of_their_population(model):
    for name in parameters(model):
        neuron = model(**{name: np.full((2, 3), 0.5)})
        Population("fits", (2, 3), neuron)
        for shape in ((3, 2), (6,), (2, 3, 1)):
            with pytest.raises(ValueError, match=f"population 'wrong': {name} has the shape"):
                Population("wrong", shape, neuron)


def test_a_neuron_cannot_be_changed_behind_its_back():
    given = np.array([0.5, 0.75])
    neuron = LIF(decay=given)
    given[0] = 0.25
    assert neuron.decay.tolist() == [0.5, 0.75]
    with pytest.raises(AttributeError):
        neuron.threshold = 2.0


@pytest.mark.parametrize("model", [Input, *MODELS])
def test_neurons_are_values(model):
    assert model() == model()
    for name in parameters(model):
        assert replace(model(), **{name: 0.5}) != replace(model(), **{name: 0.25})
        arrays = [replace(model(), **{name: np.full(2, 0.5, dtype)}) for dtype in "ffd"]
        assert arrays[0] == arrays[1]
        assert arrays[0] != arrays[2]
        assert arrays[0] != replace(model(), **{name: 0.5})
    assert all(model() != other() for other in [Input, *MODELS] if other is not model)


@pytest.mark.parametrize("model", MODELS)
def test_expressions_only_name_what_the_model_has(model):
    neuron = model()
    known = {*neuron.variables, *neuron.values, "abs", "sign"}
    statements = [*neuron.drive, *neuron.resets]
    assert {s.split("=", 1)[0].strip() for s in statements} <= set(neuron.variables)
    expressions = [s.split("=", 1)[1] for s in statements] + list(neuron.leak.values())
    expressions += [neuron.level] if neuron.level else []
    for expression in expressions:
        tree = ast.parse(expression.strip(), mode="eval")
        assert {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} <= known
    assert neuron.receives in neuron.variables
    assert set(neuron.leak) <= set(neuron.variables)


def test_who_spikes():
    assert all(model().spikes for model in [Input, *SPIKING])
    assert not LI().spikes
    assert not CubaLI().spikes
    assert set(RESETS) == {"at once", "before leak", "after leak", "after input"}
