"""What the cards of bundled models say."""

from bionlp.checkpoint import load_classifier


def measured_of(name):
    """Return what was measured of a bundled model, in the last phase of its training."""
    measured = load_classifier(name).training["measured"]
    return measured.get("finetuned") or measured["encoder"]
