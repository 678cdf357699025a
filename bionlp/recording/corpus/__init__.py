"""Corpora: the recordings of many sentences in one Zarr store, read lazily.

A recording (:mod:`bionlp.recording`) has the form that the length of its sentence gives it. A
corpus has a leading dimension ``sentence``, and arrays as long as the longest sentence needs them,
with silence behind those that are shorter. A tree in Zarr format 3:

    /            attributes: those that all recordings have in common, and format, version,
                 recording_version, label_names, model_sha256, record
                 sentence (sentence)                  number, from 0, which with the seed decides
                                                      the spikes; those of no known word are missing
                 text (sentence, text_byte)           UTF-8, JSON, zeros behind it
                 position_names (sentence, name_byte) likewise: a list, those of the input
                 word_count, true_label (sentence)    -1 where nobody knows the true label
                 steps (sentence)                     true length of time
                 time (time)                          ms
                 label (sentence)                     -1 where there is none
                 spike_count, synaptic_events (sentence, population)    in the order of layers
                 sha256 (sentence, digest_byte)       :mod:`digest <bionlp.recording.digest>`
                 written (sentence)                   whether it is recorded
    /conv3       spikes (sentence, time, position, feature)
                 membrane (sentence, time, recorded)
                 index (recorded)                     as in recordings
                 first_word, last_word (sentence, position)
                 position_size, recorded_size, ... (sentence)    true size of a dimension, where
                                                      sentences differ in it
                 parameters of neurons that differ, as in recordings
                 attributes: those of the population in all recordings
    ...          and so on, a group for each population

Sentences are recorded in blocks, and a block is a chunk of each array; along other dimensions than
the first, chunks are whole. All are packed by Blosc with zstd, and without other codecs, so that a
store can be checked before it is read (:mod:`bionlp.recording.corpus.store`). Chunks of nothing but
zeros are not there. :func:`open_corpus` gives texts as strings, and names to populations and
classes; :func:`take_sentence` gives the recording of one sentence back, exactly.
"""

from bionlp.recording.corpus.reading import open_corpus, take_sentence

__all__ = ["open_corpus", "take_sentence"]
