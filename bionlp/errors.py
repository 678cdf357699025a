"""What can go wrong at the boundary with a user, and the exit code of each.

Every error carries one sentence that says what was wrong and what to do about it. The command
line prints that sentence and leaves with ``exit_code``; a Python user catches the class.

====  ========================  =========================================================
code  class                     raised when
====  ========================  =========================================================
2     :class:`UsageError`       an option or argument is misspelt, missing or senseless
3     :class:`TextError`        a text is empty, undecodable or has no known word
4     :class:`DatasetError`     a dataset is missing, malformed or has wrong labels
5     :class:`EmbeddingError`   word vectors are missing or of the wrong dimension
6     :class:`CheckpointError`  a model is missing, truncated or foreign
7     :class:`RecordingError`   a recording is missing, foreign or of another version
8     :class:`BackendError`     a backend or a cluster is unknown or cannot be used
9     :class:`OutputError`      a result cannot be written
10    :class:`TrainingError`    a training failed: silent network, never left chance
11    :class:`GraphFileError`   a NIR file, or spikes for it, cannot be read or simulated
12    :class:`PartError`        a part of an attack, or a teacher, is missing or foreign
====  ========================  =========================================================

Each is also what Python itself would raise, for code that catches that: a :class:`ValueError` where
something given or read is wrong, a :class:`TypeError` where it is of the wrong type
(:class:`ArgumentTypeError`, :class:`TextTypeError`), a :class:`FileNotFoundError` where a file to
read is missing (:func:`absent`), an :class:`OSError` where a result cannot be written, and a
:class:`RuntimeError` where a backend or a training failed.

Where nobody reads standard output any more, as behind ``| head -1``, the code is 9, too, and the
command line says nothing.
"""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


class BionlpError(Exception):
    """Base of all errors that are the user's to mend; never raised itself.

    Examples
    --------
    >>> from bionlp import BionlpError, load_classifier
    >>> try:
    ...     load_classifier("no-such-model")
    ... except BionlpError as error:
    ...     print(type(error).__name__, error.exit_code, isinstance(error, FileNotFoundError))
    AbsentCheckpointError 6 True
    """

    exit_code = 1


class UsageError(BionlpError, ValueError):
    """An option whose value makes no sense; misspelt ones leave with the same code."""

    exit_code = 2


class ArgumentTypeError(UsageError, TypeError):
    """An argument of the wrong type."""


class TextError(BionlpError, ValueError):
    """A text that no network can be asked about."""

    exit_code = 3


class TextTypeError(TextError, TypeError):
    """Something in place of a text that is none."""


class EmptyTextError(TextError):
    """A text without a word."""


class UnknownWordsError(TextError):
    """A text of which a model knows no word."""


class DatasetError(BionlpError, ValueError):
    """A dataset that is missing, malformed or labelled outside its range."""

    exit_code = 4


class EmbeddingError(BionlpError, ValueError):
    """Word vectors that are missing, malformed or of the wrong dimension."""

    exit_code = 5


class CheckpointError(BionlpError, ValueError):
    """A model that is missing, truncated, foreign or of another version."""

    exit_code = 6


class RecordingError(BionlpError, ValueError):
    """A recording that is missing, foreign or of another version."""

    exit_code = 7


class BackendError(BionlpError, RuntimeError):
    """A simulation backend, or a cluster, that is unknown or cannot be used from this machine."""

    exit_code = 8


class OutputError(BionlpError, OSError):
    """A result that cannot be written where it was asked for."""

    exit_code = 9


class TrainingError(BionlpError, RuntimeError):
    """A training whose network went silent or never left chance."""

    exit_code = 10


class GraphFileError(BionlpError, ValueError):
    """A NIR file or its reference that cannot be read, or a network that cannot be simulated."""

    exit_code = 11


class PartError(BionlpError, ValueError):
    """A part of an attack, such as WordNet, or a teacher that is missing, damaged or unknown."""

    exit_code = 12


class AbsentTextError(TextError, FileNotFoundError):
    """A file of texts that is not there."""


class AbsentDatasetError(DatasetError, FileNotFoundError):
    """A file of a dataset that is not there."""


class AbsentEmbeddingError(EmbeddingError, FileNotFoundError):
    """A file of word vectors that is not there."""


class AbsentCheckpointError(CheckpointError, FileNotFoundError):
    """A model, or a file of one, that is not there."""


class AbsentRecordingError(RecordingError, FileNotFoundError):
    """A recording that is not there."""


class AbsentGraphFileError(GraphFileError, FileNotFoundError):
    """A NIR file, or spikes for it, that is not there."""


class AbsentPartError(PartError, FileNotFoundError):
    """A file of a part of an attack that is not there."""


def absent(error_class: type[BionlpError]) -> type[BionlpError]:
    """Return the class for a file that is not there, of the errors about what it would hold.

    Parameters
    ----------
    error_class : type of BionlpError
        The errors about files of the kind.

    Returns
    -------
    type of BionlpError
        The one that is a FileNotFoundError, too; ``error_class`` itself where there is none.
    """
    kinds = error_class.__subclasses__()
    return next((kind for kind in kinds if issubclass(kind, FileNotFoundError)), error_class)
