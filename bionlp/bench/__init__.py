"""What engines cost: one network and the same sentences, engine after engine.

Every engine runs in a process of its own (:mod:`bionlp.bench.worker`), with a limited number of
threads, and turns the same firing rates into the same kind of result, the votes of every sentence:
drawing the Poisson input and adding up the votes belong to the work. Numbers are taken so:

build_s
    From the description in memory to an object that can be run. Imports and reading the model from
    disk come before.
compile_s
    What the first run does before its first step and after its last, less what a warm one does
    there: generating and compiling code. Caches are empty at first, unless they are asked for.
start_s
    What a warm run does before its first step and after its last, however many sentences there
    are: Brian 2 generates its code again, a compiled program starts and reads its weights.
ms_per_sentence
    Wall time of a warm run, ``start_s`` included, by the number of sentences; the least of several
    runs in the same process. Brian 2's own synapses allow a network only one run: as a program, it
    is the program that is run again.
events_per_s
    Synaptic events, by the wall time of the same run. They are counted once, in PyTorch, from
    spikes drawn with the benchmark's seed. Engines draw their own input of the same rates, so the
    events of each differ from this number by a fraction of a percent.
peak_mib
    Most memory that the process held at any time since its imports, less what it held after them,
    plus that of a compiled program, but no compiler's.

The Cython target compiles inside the process. So its engines are started twice: the first process,
with an empty cache, shows what is prepared until a network runs, the second all the rest, and
``compile_s`` is what the first prepares longer.
"""
