"""The weights of a connection by name: PyTorch trains, files store, perturbations change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from networks.description.parts import Connection
from networks.transforms import Chain, Transform


def weight_names(key: str, links: tuple[Transform, ...]) -> list[tuple[str, Transform, str]]:
    """List the weights of a connection: name, transform, and field of the transform."""
    return [
        (":".join([key, *([str(place)] * (len(links) > 1)), *([field] * (field != "weight"))]), *of)
        for place, link in enumerate(links)
        for field in link.trained
        if getattr(link, field) is not None
        for of in [(link, field)]
    ]


def reweighted(key: str, connection: Connection, weights: Mapping[str, np.ndarray]) -> Transform:
    """Return the transform of a connection with other weights, as far as they are given by name."""
    names = iter(weight_names(key, connection.links))
    links = []
    for link in connection.links:
        own = [next(names) for field in link.trained if getattr(link, field) is not None]
        changed = {field: weights[name] for name, _, field in own if name in weights}
        links.append(replace(cast(Any, link), **changed) if changed else link)
    return Chain(tuple(links)) if isinstance(connection.transform, Chain) else links[0]
