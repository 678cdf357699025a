"""Recordings: what a network did with one sentence, as an xarray tree with a node per population.

    /            attributes: text, model, label, seed, sentence, backend, precision, versions, ...;
                 layers, the populations in the order of their flow, and readout, that which votes
                 time (time)                                     ms
    /input       spikes (time, position, feature)
    /conv3       spikes (time, position, feature)
    /pool3       spikes (time, feature)
    /hidden      spikes (time, neuron)
    /output      spikes (time, class, neuron)                    class names
    every one    membrane (time, recorded)                       index (recorded), C order
                 attributes: kind, neuron, spike_count, synaptic_events; behind the input also
                 parameters, sources, delay, unit

Populations of shape (rows, columns, features) have spikes (time, row, column, feature). Where
positions come from words, ``first_word`` and ``last_word`` (position) number the words under each
from 0, and ``word`` (position) is the first of them.

``label`` is -1 and ``label_name`` empty where no class has the most output spikes.

``kind`` is ``input``, or what leads into the population: ``convolution``, ``pooling``, ``dense``,
... ``neuron`` is the class of its neurons, ``parameters`` the names of their parameters. Each is an
attribute, or a variable where neurons differ; ``threshold`` is in the unit of the membrane.
``sources`` and ``delay`` (steps) belong together, and ``unit`` is how many counts stand for one
where a population counts what it averages (:meth:`networks.description.Network.unit`).

Populations whose neurons were given as text (:mod:`networks.brian.neuron_model`) have it in
``neuron_model``, as JSON, and ``level``, what the membrane has to exceed, where that is one number;
``neuron`` and ``parameters`` are those of the neurons that were trained. ``units`` of their
membranes is ``V`` where these are volts.

With the model, the text, the seed and the number of the sentence a recording can be made again:
``encoding_version`` says how spikes were drawn. In a file the root also has ``sha256``, a digest of
all of it (:mod:`bionlp.recording.digest`), by which a changed file is known. Recordings of version
1 are read, too. The recordings of many sentences are a corpus, :mod:`bionlp.recording.corpus`.
"""

from bionlp.recording.circumstances import Circumstances, Presented
from bionlp.recording.corpus import open_corpus, take_sentence
from bionlp.recording.files import open_recording, save_recording
from bionlp.recording.making import (
    class_counts,
    counts_by_word,
    label_activity,
    make_recording,
    positions_of,
)
from bionlp.recording.schema import FORMAT, VERSION

__all__ = [
    "FORMAT",
    "VERSION",
    "Circumstances",
    "Presented",
    "class_counts",
    "counts_by_word",
    "label_activity",
    "make_recording",
    "open_corpus",
    "open_recording",
    "positions_of",
    "save_recording",
    "take_sentence",
]
