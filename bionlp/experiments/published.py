"""Accuracies that others have published for the same test sets, in percent."""

PAPER = {
    "mr": 75.45,
    "sst2": 80.91,
    "sst5": 41.63,
    "subj": 90.60,
    "chnsenti": 85.02,
    "waimai": 86.66,
}
"""Converted and fine-tuned spiking networks of Lv, Xu & Zheng (2023), table 1, with GloVe and
epochs that were selected on test."""
SPIKEBERT = {
    "mr": 80.69,
    "sst2": 85.39,
    "sst5": 46.11,
    "subj": 93.00,
    "chnsenti": 86.36,
    "waimai": 89.66,
}
"""SpikeBERT (Lv et al. 2023), a spiking transformer: the highest figures known for these sets."""

PUBLISHED = {"Lv, Xu & Zheng (2023)": PAPER, "SpikeBERT (Lv et al. 2023)": SPIKEBERT}
"""Who, and what they reached."""
