"""What recordings of a corpus have in common: all attributes but those that tell of a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import xarray as xr

from bionlp.errors import UsageError
from bionlp.recording.schema import FORMAT as RECORDING
from bionlp.recording.schema import plain

OF_SENTENCES = ("text", "label", "label_name", "sentence", "steps")
OF_PRESENTATIONS = ("spike_count", "synaptic_events")
"""Attributes of a recording's root, and of its populations, that a corpus lists by sentence."""
OWN = ("format", "version", "recording_version", "label_names", "model_sha256", "record")
"""Attributes that a corpus has of its own, or in place of those of a recording."""


def common(recording: xr.DataTree) -> dict[str, dict[str, Any]]:
    """Return the attributes of a recording that do not depend on the sentence, by node."""
    found = {"": _without(plain(recording.attrs), OF_SENTENCES)}
    for name in recording.attrs["layers"]:
        found[name] = _without(plain(recording[name].attrs), OF_PRESENTATIONS)
    return found


def of_recordings(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of recordings among those of a corpus's root."""
    own = {"format": RECORDING, "version": attrs["recording_version"]}
    return _without(attrs, OWN) | own


def check_common(
    found: Mapping[str, Mapping[str, Any]], expected: Mapping[str, Mapping[str, Any]]
) -> None:
    """See that a recording has the attributes that the corpus has for all of its recordings.

    Raises
    ------
    UsageError
        If one differs.
    """
    for name, attrs in expected.items():
        for key in attrs.keys() | found[name].keys():
            if attrs.get(key) != found[name].get(key):
                raise UsageError(
                    f"attribute {key} of /{name} depends on the sentence, and a corpus has one for "
                    "all; record the sentences one by one, with bionlp simulate"
                )


def _without(attrs: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in attrs.items() if key not in names}
