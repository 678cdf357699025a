"""Where PyTorch computes: the processor, or a GPU by CUDA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bionlp.errors import BackendError, UsageError

if TYPE_CHECKING:
    import torch

AUTO = "auto"
DEVICES = ("cpu", "cuda", AUTO)


def check_device(name: str) -> None:
    """See that there is such a kind of device; PyTorch is not asked.

    Raises
    ------
    UsageError
        If not.
    """
    if name not in DEVICES:
        raise UsageError(f"unknown device {name!r}; choose one of {', '.join(DEVICES)}")


def choose_device(name: str) -> torch.device:
    """Return a device of PyTorch.

    Parameters
    ----------
    name : {"cpu", "cuda", "auto"}
        ``auto`` is a GPU where PyTorch finds one, else the processor.

    Returns
    -------
    torch.device
        The device.

    Raises
    ------
    UsageError
        If there is no such kind.
    BackendError
        If PyTorch finds no GPU.
    """
    check_device(name)

    import torch

    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise BackendError(
            f"PyTorch {torch.__version__} finds no GPU here; choose --device cpu, or install a "
            "build of PyTorch for CUDA"
        )
    return torch.device("cuda" if found and name != "cpu" else "cpu")
