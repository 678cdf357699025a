"""The paper's comparisons, on real data, cell by cell.

A cell is one method on one dataset with one seed (:mod:`~bionlp.experiments.cells`). What several
methods start from, above all the tailored TextCNN, is trained once and kept
(:mod:`~bionlp.experiments.material`); each method makes a network of it and measures that
(:mod:`~bionlp.experiments.methods`). Finished cells are kept in a JSON document
(:mod:`~bionlp.experiments.results`), from which all tables and figures are made
(:mod:`~bionlp.experiments.page`).
"""
