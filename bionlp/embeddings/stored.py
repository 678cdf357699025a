"""Reading gensim's own format, which is a pickle, without running anything that stands in it.

A pickle is a program for a machine that makes objects by calling functions. Here that machine calls
none: what the pickle would have called, and with what, is noted (`Noted`), from which the arrays
are taken. Names, keys and instructions that word vectors have no use for are refused.

A large array lies beside the file. It is sought under the one name that gensim gives it, and read
as plain numbers; names that stand in the pickle lead to no file.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import IO, Any, NoReturn, cast

import numpy as np

from bionlp.embeddings.opening import shown
from bionlp.errors import EmbeddingError

_CLASSES = ("KeyedVectors", "Word2VecKeyedVectors", "EuclideanKeyedVectors")
_VECTORS = {("gensim.models.keyedvectors", name) for name in _CLASSES}
_ENCODE = ("_codecs", "encode")
_DTYPE = ("numpy", "dtype")
_RECONSTRUCT = {(f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")}
_FROM_BUFFER = {(f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")}
_SCALAR = {(f"numpy.{core}.multiarray", "scalar") for core in ("core", "_core")}
_KNOWN = {
    *_VECTORS,
    ("gensim.models.keyedvectors", "Vocab"),
    ("numpy", "ndarray"),
    # gensim notes the options of saving, one of which is an empty set.
    ("builtins", "frozenset"),
    ("__builtin__", "frozenset"),
    _DTYPE,
    _ENCODE,
    *_RECONSTRUCT,
    *_FROM_BUFFER,
    *_SCALAR,
}
_INSTRUCTIONS = """
    PROTO FRAME STOP MARK POP POP_MARK MEMOIZE BINPUT LONG_BINPUT BINGET LONG_BINGET NONE NEWTRUE
    NEWFALSE BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8
    BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8 EMPTY_TUPLE TUPLE TUPLE1 TUPLE2
    TUPLE3 EMPTY_LIST LIST APPEND APPENDS EMPTY_DICT GLOBAL STACK_GLOBAL
"""


@dataclass(frozen=True)
class Name:
    """A function or class that a pickle names."""

    module: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """The module and the name in it."""
        return self.module, self.name


@dataclass
class Noted:
    """An object that a pickle would have made.

    Attributes
    ----------
    key : tuple of (str, str)
        Module and name of what it would have called.
    args : tuple
        With what.
    state : object
        What it would have set the result's state to.
    """

    key: tuple[str, str]
    args: tuple
    state: Any = None


class _Instructions(dict):
    """What to do at each instruction; those that are missing are refused."""

    def __missing__(self, code: int) -> NoReturn:
        raise EmbeddingError(f"a pickle with the instruction {bytes([code])!r} in it is {_MORE}")


_MORE = (
    "more than word vectors and not opened; of a gensim model save only its word vectors: "
    "model.wv.save(...)"
)


class _Bounded:
    """A stream of which no more is asked than there can be, since that is set aside first."""

    def __init__(self, stream: IO[bytes], most: int):
        self._read, self._most = stream.read, most
        self.readline = stream.readline

    def read(self, count: int) -> bytes:
        if count > self._most:
            raise EOFError
        return self._read(count)


# The unpickler in Python and not the one in C: that one sets memory aside for any place that a file
# says to keep an object in, however large the number, and its instructions cannot be replaced.
class NotingUnpickler(pickle._Unpickler):
    """An unpickler that calls nothing.

    Parameters
    ----------
    stream : IO of bytes
        The pickle.
    most : int
        The size of the pickle, more than which its strings do not take.
    """

    # Python's own unpickler in Python has these, which its types do not tell.
    stack: list[Any]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, stream: IO[bytes], most: int):
        super().__init__(_Bounded(stream, most), encoding="latin1")
        self._left = most

    def find_class(self, module: str, name: str) -> Name:
        """Note a name, if word vectors have a use for it."""
        found = Name(module, name)
        if found.key not in _KNOWN:
            raise EmbeddingError(f"a pickle with {shown(f'{module}.{name}')} in it is {_MORE}")
        return found

    def _note(self, called: Any, args: Any) -> Any:
        if not isinstance(called, Name) or not isinstance(args, tuple):
            raise ValueError("something is called that has no name")
        return self._encoded(args) if called.key == _ENCODE else Noted(called.key, args)

    def _encoded(self, args: tuple) -> bytes:
        # Pickles of old protocols write bytes so.
        text, encoding = args
        if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
            raise ValueError("bytes are written in an unusual way")
        self._left -= len(text)
        if self._left < 0:
            raise ValueError("it becomes larger than the file")
        return text.encode("latin1")

    def _reduce(self) -> None:
        args = self.stack.pop()
        self.stack[-1] = self._note(self.stack[-1], args)

    def _build(self) -> None:
        state = self.stack.pop()
        if not isinstance(self.stack[-1], Noted):
            raise ValueError("something has a state that should have none")
        self.stack[-1].state = state

    def _set_item(self) -> None:
        value = self.stack.pop()
        key = self.stack.pop()
        self._set(key, value)

    def _set_items(self) -> None:
        items = self.pop_mark()
        for key, value in zip(items[::2], items[1::2], strict=True):
            self._set(key, value)

    def _set(self, key: Any, value: Any) -> None:
        # Tuples of tuples may take forever to hash.
        if type(key) not in (str, int, bytes) or type(self.stack[-1]) is not dict:
            raise ValueError("a dictionary has unusual keys")
        self.stack[-1][key] = value

    dispatch = _Instructions(
        {
            code: pickle._Unpickler.dispatch[code]
            for code in (getattr(pickle, name)[0] for name in _INSTRUCTIONS.split())
        }
    )
    dispatch[pickle.REDUCE[0]] = _reduce
    dispatch[pickle.NEWOBJ[0]] = _reduce
    # The items of a set need no hashing either, as long as nobody asks for them.
    dispatch[pickle.FROZENSET[0]] = pickle._Unpickler.dispatch[pickle.TUPLE[0]]
    dispatch[pickle.BUILD[0]] = _build
    dispatch[pickle.SETITEM[0]] = _set_item
    dispatch[pickle.SETITEMS[0]] = _set_items
    # As bytes, which are not set aside before they are there.
    dispatch[pickle.BYTEARRAY8[0]] = pickle._Unpickler.dispatch[pickle.BINBYTES8[0]]


def stored_state(stream: IO[bytes], most: int) -> dict[str, Any]:
    """Read what a file of gensim's own format holds.

    Parameters
    ----------
    stream : IO of bytes
        The file.
    most : int
        Its size.

    Returns
    -------
    dict of str to object
        The attributes of the word vectors; arrays are :class:`Noted`.

    Raises
    ------
    EmbeddingError
        If the pickle names anything but word vectors and arrays.
    ValueError
        If it is malformed or holds something else.
    """
    try:
        found = NotingUnpickler(stream, most).load()
    except (EmbeddingError, OSError, MemoryError):
        raise
    # On malformed pickles nearly anything is raised.
    except Exception as error:
        raise ValueError("its pickle is malformed") from error
    if not isinstance(found, Noted) or found.key not in _VECTORS:
        raise ValueError("it holds no word vectors but something else")
    if not isinstance(found.state, dict):
        raise ValueError("its word vectors have no attributes")
    return found.state


def noted_array(noted: object) -> np.ndarray:
    """Make an array of numbers from what a pickle says of it.

    Parameters
    ----------
    noted : object
        What stands in the pickle.

    Returns
    -------
    ndarray of float, shape [words, dimension]
        The array, which can be written to.

    Raises
    ------
    ValueError
        If it is no table of floating-point numbers.
    """
    if not isinstance(noted, Noted) or noted.key not in {*_RECONSTRUCT, *_FROM_BUFFER}:
        raise ValueError(f"its vectors are {_kind(noted)}, not an array")
    try:
        if noted.key in _FROM_BUFFER:
            raw, dtype, shape, order = noted.args
        else:
            shape, dtype, fortran, raw = noted.state[-4:]
            order = "F" if fortran else "C"
        kind = _dtype(dtype)
    except (TypeError, ValueError, IndexError) as error:
        raise ValueError(f"its vectors are no plain array ({shown(error)})") from error
    check_table(kind, shape)
    if not isinstance(raw, bytes) or order not in ("C", "F"):
        raise ValueError("its vectors are no plain array")
    if len(raw) != prod(shape) * kind.itemsize:
        raise ValueError(f"its vectors have another size than {shape}")
    array = np.frombuffer(raw, kind).reshape(shape, order=order)
    return np.array(array, dtype=kind.newbyteorder("="), order="C")


def check_table(dtype: np.dtype, shape: object) -> None:
    """See that an array is a table of floating-point numbers.

    Parameters
    ----------
    dtype : numpy.dtype
        Its type.
    shape : object
        Its shape.

    Raises
    ------
    ValueError
        If it is none.
    """
    if dtype.kind != "f" or dtype.itemsize not in (2, 4, 8):
        raise ValueError(f"its vectors are of type {shown(dtype)}, not of floating-point numbers")
    if (
        not isinstance(shape, tuple)
        or len(shape) != 2
        or any(type(length) is not int or length < 0 for length in shape)
    ):
        raise ValueError(f"its vectors have the shape {shown(shape)}, not words by dimensions")
    if not all(shape):
        raise ValueError(f"its vectors are {shape[0]} of dimension {shape[1]}")


def _dtype(noted: object) -> np.dtype:
    if not isinstance(noted, Noted) or noted.key != _DTYPE:
        raise ValueError("without a type")
    code = noted.args[0]
    order = noted.state[1] if noted.state else "="
    if not isinstance(code, str) or order not in ("<", ">", "=", "|"):
        raise ValueError("of an unusual type")
    if code not in ("f2", "f4", "f8"):
        raise ValueError(f"of type {shown(code)}, not of floating-point numbers")
    return np.dtype(code).newbyteorder(cast(Any, order))


def _kind(thing: object) -> str:
    return ".".join(thing.key) if isinstance(thing, Noted) else type(thing).__name__
