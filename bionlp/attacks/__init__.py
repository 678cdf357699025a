"""Adversarial attacks: small changes of a text that make a classifier err."""
