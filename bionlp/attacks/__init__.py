"""Attacks on classifiers: other words, the same meaning, another label."""
