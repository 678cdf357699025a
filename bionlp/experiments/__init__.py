"""The paper's comparisons, on real data, cell by cell.

A cell is one method on one dataset with one seed (:mod:`~bionlp.experiments.cells`), in a sweep
with one setting changed (:mod:`~bionlp.experiments.sweeps`). What several cells start from, above
all the tailored TextCNN, is trained once and kept (:mod:`~bionlp.experiments.material`). Each
method makes a network of it (:mod:`~bionlp.experiments.methods`), of which more than accuracy may
be measured (:mod:`~bionlp.experiments.measures`). Finished cells are kept in a JSON document
(:mod:`~bionlp.experiments.results`), from which all tables and figures are made
(:mod:`~bionlp.experiments.page`).

Perturbations (:mod:`~bionlp.experiments.perturbations`) train nothing: their cells are the bundled
models, and have a document and a section of their own.
"""
