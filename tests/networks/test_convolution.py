import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from networks.pytorch.convolution import centre, convolve


def reference(sequences, weight, padding):
    """The convolution of PyTorch, which wants features before words."""
    padded = functional.pad(sequences, (0, 0, 0, padding)).flatten(0, -3)
    result = functional.conv1d(padded.transpose(1, 2), weight.transpose(1, 2))
    return result.transpose(1, 2).unflatten(0, sequences.shape[:-2])


@settings(max_examples=60)
@given(
    words=st.integers(1, 9),
    width=st.integers(1, 5),
    extra=st.integers(0, 6),
    leading=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    seed=st.integers(0, 100),
)
def test_values_and_gradients_are_those_of_pytorch(words, width, extra, leading, seed):
    padding = max(width - words, 0) + extra
    generator = torch.Generator().manual_seed(seed)
    shapes = (*leading, words, 3), (4, width, 3)
    ours = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
    theirs = [tensor.clone().requires_grad_() for tensor in ours]
    ours = [tensor.requires_grad_() for tensor in ours]
    result, expected = convolve(*ours, padding), reference(*theirs, padding)
    torch.testing.assert_close(result, expected)
    grad = torch.randn(expected.shape, generator=generator, dtype=torch.float64)
    result.backward(grad)
    expected.backward(grad)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


def test_gradients_are_those_of_finite_differences():
    sequences = torch.randn(2, 3, 6, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(5, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, w: convolve(x, w, 2), (sequences, weight))


@pytest.mark.parametrize("shape", [(5, 3, 4), (5, 2, 3, 4)])
def test_centred_kernels_have_no_mean_over_features(shape):
    weight = torch.randn(shape, dtype=torch.float64)
    differences = weight.diff(dim=-1)
    centre(weight)
    torch.testing.assert_close(weight.mean(dim=-1), torch.zeros(shape[:-1]).double())
    torch.testing.assert_close(weight.diff(dim=-1), differences)
