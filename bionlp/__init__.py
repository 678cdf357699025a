"""Text classifiers as spiking networks in Brian 2."""
