"""The networks and nothing else: no text, no dataset, no command line.

:mod:`~networks.description` says what a spiking network is, made of :mod:`~networks.neurons` and
:mod:`~networks.transforms`. :mod:`~networks.textcnn` is what is trained first,
:mod:`~networks.conversion` turns it into a description, :mod:`~networks.pytorch` runs and
fine-tunes a description in PyTorch, and :mod:`~networks.brian` runs it in Brian 2.
"""
