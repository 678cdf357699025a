import brian2
import numpy as np
import pytest
from brian2 import mV, nA, pF, second, volt
from brian2.units.fundamentalunits import get_dimensions
from hypothesis import given
from hypothesis import strategies as st

from networks.brian.expressions import as_text, evaluate

UNITS = (mV, nA, pF, second, volt / second, 1 / mV / second, brian2.siemens / brian2.metre**2)


@given(number=st.floats(-1e6, 1e6), unit=st.sampled_from(UNITS))
def test_a_quantity_as_text_has_the_very_same_value(number, unit):
    quantity = number * unit
    again = evaluate(str(as_text(quantity)), {})
    assert float(again) == float(quantity)
    assert not number or get_dimensions(again) == get_dimensions(quantity)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20*mV", 0.02),
        ("-2**2 + 3", -1.0),
        ("C * (a - 3) / (2*ms)", 1e-12 / 2e-3),
        ("exp(log(2)) + sqrt(4)", 4.0),
        ("weights / 2", [0.5, 1.0]),
    ],
)
def test_numbers_names_units_and_operations(text, value):
    names = {"C": 1 * pF, "a": 4.0, "weights": np.array([1.0, 2.0])}
    np.testing.assert_allclose(np.asarray(evaluate(text, names)), value, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 + 2*mV", "units do not match"),
        ("exp(2*mV)", "dimensionless"),
        ("tau * 2", "there is no 'tau'; besides units there are known"),
        ("1 / 0", "no finite value"),
        ("9.0**9.0**9", "no finite value"),
        ("(-1)**0.5", "no finite value"),
        ("2 *", "no expression"),
        ("", "no expression"),
        ("a\0", "no expression"),
        ("__import__('os').getcwd()", "is not understood"),
        ("known.__class__", "is not understood"),
        ("[1, 2]", "is not understood"),
        ("(" * 300 + "1" + ")" * 300, "no expression"),
    ],
)
def test_what_is_no_constant_expression_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        evaluate(text, {"known": 1.0})
