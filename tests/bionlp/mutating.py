"""Harm of all kinds to documents and bytes, the same in every run."""

import copy
import json
import random

LONG = "x" * 5_000

VALUES = (
    *(None, True, "x", "", "../../x", "/abs/x", "a\0b", "C:\\x", LONG, "\n"),
    *(-1, 0, 1, 2, 7, 10**9, 10**12, 2**64, 10**400),
    *(-0.5, 0.0, 2.5, 1e-320, 1e-300, 1e300, float("nan"), float("inf"), -float("inf")),
    *([], {}, [None], {"a": 1}, [[1, 2], [3]]),
)
"""What a value is replaced by."""


def places(document, path=()):
    """Yield the path of every value in a document."""
    if path:
        yield path
    if isinstance(document, dict):
        for key in document:
            yield from places(document[key], (*path, key))
    elif isinstance(document, list):
        for number in range(len(document)):
            yield from places(document[number], (*path, number))


def at(document, path):
    for part in path:
        document = document[part]
    return document


def changed(document, path, change):
    """Return a copy of a document in which ``change(parent, key)`` has been called."""
    copied = copy.deepcopy(document)
    *way, last = path
    change(at(copied, way), last)
    return copied


def put(value):
    def change(parent, key):
        parent[key] = value

    return change


def delete(parent, key):
    del parent[key]


def rename(parent, key):
    if isinstance(parent, dict):
        parent[f"{key}_"] = parent.pop(key)
    else:
        parent.reverse()


def repeat(parent, key):
    if isinstance(parent, list):
        parent.insert(key, parent[key])
    else:
        parent[f"more {key}"] = parent[key]


def mutants(document, paths=None):
    """Yield copies of a JSON document, each with one harm, as (what was done, text)."""
    for path in places(document) if paths is None else paths:
        name = ".".join(map(str, path))
        for change in (delete, rename, repeat):
            yield f"{change.__name__} {name}", dumped(changed(document, path, change))
        for value in VALUES:
            mutant = changed(document, path, put(value))
            yield f"{name} = {str(value)[:20]!r}", dumped(mutant)
        yield f"{name} twice", twice(document, path)


def dumped(document):
    return json.dumps(document)


def twice(document, path):
    """Return a document with a key that is there twice, or an entry of a list."""
    marker = "@@@"
    mutant = changed(document, path, repeat)
    if isinstance(path[-1], str):
        *way, last = path
        parent = at(mutant, way)
        parent[marker] = parent.pop(f"more {last}")
        return json.dumps(mutant).replace(json.dumps(marker), json.dumps(last))
    return json.dumps(mutant)


def harmed_bytes(raw, count, seed=0):
    """Yield bytes that are cut off, or have single bits, bytes or stretches changed."""
    rng = random.Random(seed)
    for number in range(count):
        changed = bytearray(raw)
        place = rng.randrange(len(raw))
        kind = number % 8
        if kind < 5:
            changed[place] ^= 1 << rng.randrange(8)
        elif kind == 5:
            del changed[place:]
        elif kind == 6:
            changed[place : place + 8] = rng.randbytes(8)
        else:
            changed[place:place] = rng.randbytes(rng.randrange(1, 9))
        yield f"{('bit',) * 5 + ('cut', 'eight', 'more')} at {place}", bytes(changed)
