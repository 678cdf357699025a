"""Training a spiking classifier: a tailored TextCNN first, then the spiking network made of it.

:mod:`~bionlp.training.recipe` runs both stages and writes the model;
:mod:`~bionlp.training.stages` says what a step and a measurement of each stage is;
:mod:`~bionlp.training.fit` is the loop around them, which selects on dev and survives being killed.
"""
