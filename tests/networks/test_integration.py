"""The code of an integration method is that of Brian 2, worked out once for all groups."""

import brian2
import pytest
from brian2.core.namespace import get_local_namespace
from brian2.stateupdaters.base import StateUpdateMethod

from networks.brian.integration import integration

EQUATIONS = """dv/dt = (w - v) / tau + v**2 / (3 * ms) : 1
dw/dt = -w / (2 * ms) : 1
tau : second (constant)"""


def group(method, size=1, equations=EQUATIONS):
    return brian2.NeuronGroup(size, equations, method=method)


def code_of(neurons):
    neurons.state_updater.before_run(get_local_namespace(0))
    return neurons.state_updater.abstract_code


@pytest.fixture
def asked(monkeypatch):
    """Methods that were really worked out."""
    seen = []

    def remember(name):
        method = StateUpdateMethod.stateupdaters[name]

        def asking(*arguments):
            seen.append(name)
            return method(*arguments)

        monkeypatch.setitem(StateUpdateMethod.stateupdaters, name, asking)
        integration.cache_clear()
        return integration(name)

    yield remember, seen
    integration.cache_clear()


@pytest.mark.parametrize("method", ["euler", "rk2", "rk4", "heun", "milstein"])
def test_code_is_that_of_brian_whichever_group_came_first(method, asked):
    remember, seen = asked
    plain = code_of(group(method))
    del seen[:]
    own = remember(method)
    assert code_of(group(own)) == code_of(group(own, size=3)) == plain
    assert seen == [method]


def test_other_equations_are_worked_out_of_their_own(asked):
    remember, seen = asked
    own = remember("euler")
    first, second = code_of(group(own)), code_of(group(own, equations="dv/dt = -v / ms : 1"))
    assert first != second
    assert seen == ["euler", "euler"]


def test_a_variable_of_another_kind_is_another_model(asked):
    remember, seen = asked
    own, equations = remember("exact"), "dv/dt = -v / tau : 1\ntau : second"
    code_of(group(own, equations=equations))
    code_of(group(own, equations=f"{equations} (shared)"))
    assert seen == ["exact", "exact"]
