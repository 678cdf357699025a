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


def missing(name: str) -> str | None:
    """Say what PyTorch lacks for a device, None if nothing."""
    import torch

    if name == "cpu" or torch.cuda.is_available():
        return None
    if torch.version.cuda is None:
        return f"PyTorch {torch.__version__} is built without CUDA; install a build that has it"
    return (
        f"PyTorch {torch.__version__} finds no GPU; look whether the driver sees one (nvidia-smi)"
    )


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

    lack = missing("cuda")
    if name == "cuda" and lack:
        raise BackendError(f"device 'cuda' cannot be used here: {lack}; or choose --device cpu")
    return torch.device("cpu" if lack or name == "cpu" else "cuda")


def describe_device(device: torch.device | str) -> str:
    """Return what a record says of a device: ``cpu``, or the name that a GPU gives itself."""
    import torch

    device = torch.device(device)
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
