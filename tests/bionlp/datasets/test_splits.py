"""Parting examples into train, dev and test."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bionlp.datasets.model import Example
from bionlp.datasets.splits import carve_dev, stratified_split

labels = st.lists(st.integers(0, 3), max_size=200)
seeds = st.integers(0, 2**31)


def _numbered(labels):
    return [Example(str(index), label) for index, label in enumerate(labels)]


@given(labels, seeds)
def test_the_parts_are_disjoint_and_complete(labels, seed):
    examples = _numbered(labels)
    parts = stratified_split(examples, seed)
    assert Counter(example for part in parts for example in part) == Counter(examples)


@given(labels, seeds)
def test_every_class_has_its_share(labels, seed):
    train, dev, test = (
        Counter(example.label for example in part)
        for part in stratified_split(_numbered(labels), seed)
    )
    for label, count in Counter(labels).items():
        assert abs(test[label] - count / 10) <= 0.5
        assert abs(dev[label] - (count - test[label]) / 10) <= 0.5
        assert train[label] + dev[label] + test[label] == count


@given(labels, seeds)
def test_the_same_seed_gives_the_same_parts(labels, seed):
    assert stratified_split(_numbered(labels), seed) == stratified_split(_numbered(labels), seed)


def test_another_seed_gives_other_parts():
    examples = _numbered([0, 1] * 100)
    assert stratified_split(examples, 0)[2] != stratified_split(examples, 1)[2]


def test_the_split_is_the_published_one():
    """A change of these numbers would make results of two versions incomparable."""
    _, dev, test = stratified_split(_numbered([0, 1] * 20), seed=0)
    assert [int(example.text) for example in test] == [15, 36, 20, 25]
    assert [int(example.text) for example in dev] == [18, 7, 33, 4]


def test_the_first_examples_are_of_all_classes():
    train, _, _ = stratified_split(_numbered([0] * 500 + [1] * 500), seed=0)
    assert 30 <= sum(example.label for example in train[:100]) <= 70


@given(labels, seeds)
def test_a_dev_part_is_carved_from_what_is_learned_from(labels, seed):
    examples = _numbered(labels)
    train, dev = carve_dev(examples, seed)
    assert Counter(train + dev) == Counter(examples)
    found = Counter(example.label for example in dev)
    for label, count in Counter(labels).items():
        assert abs(found[label] - count / 10) <= 0.5
    assert (train, dev) == carve_dev(examples, seed)


def test_the_carved_part_is_the_published_one():
    _, dev = carve_dev(_numbered([0, 1] * 20), seed=0)
    assert [int(example.text) for example in dev] == [15, 36, 20, 25]
