"""The door to TextAttack: it is answered as the victims answer, and finds what our search finds."""

import importlib
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from bionlp.attacks.constraints import Constraints, Text
from bionlp.attacks.noise import Noise
from bionlp.attacks.run import Plan
from bionlp.attacks.search import Search, by_importance
from bionlp.attacks.victims import BATCH, SpikingVictim, TextCNNVictim
from bionlp.errors import PartError, TextError
from bionlp.text import tokenize
from bionlp.vocabulary import Vocabulary
from networks.textcnn import TextCNN

MODULE = "bionlp.attacks.textattack"
SYNONYMS = {
    "terrible": ["horrible", "dreadful", "awful"],
    "dreadful": ["terrible", "horrible"],
    "horrible": ["dreadful", "unheard-of"],
    "great": ["awful", "terrible", "upset"],
    "film": ["story"],
    "story": ["film"],
    "the": ["a"],
}
SENTENCES = (
    "the film was a terrible story .",
    "The film wasn't terrible, a dreadful story",
    "It's a terrible film",
    "horrible ! a great , bad film",
    "a story",
    "A dreadful film; the story was a film",
)


@pytest.fixture(scope="module")
def door():
    """Return the module, where TextAttack is installed."""
    try:
        return importlib.import_module(MODULE)
    except PartError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def textcnn():
    """Return a TextCNN with chance weights that wavers between the classes."""
    torch.manual_seed(7)
    words = ["the", "film", "was", "a", "terrible", "horrible", "dreadful", "great", "awful"]
    model = TextCNN(5 * torch.randn(len(words) + 1, 6), 2, 12, widths=(1, 2), maps=16)
    return TextCNNVictim("chance", "en", Vocabulary(words), model)


class Sums:
    """An encoder by the sum of characters, so that few texts are equally similar to another."""

    name = "sums"

    def encode(self, texts):
        angles = np.array([sum(map(ord, text)) / 3000 for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


class Initials:
    """A tagger that goes by first letters."""

    name = "initials"

    def tag(self, words):
        return tuple("u" if word[:1] == "u" else "other" for word in words)


def plan_of(candidates, constraints, share=0.5):
    return Plan(by_importance, candidates, constraints, (share,))


def label_of_ours(victim, number, text):
    return int(victim.read(tokenize(text, "en"), number).answer().argmax())


def one_line(error):
    return "\n" not in str(error.value)


def test_without_textattack_one_line_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    monkeypatch.setitem(sys.modules, "textattack", None)
    with pytest.raises(PartError, match=r"pip install 'bionlp\[textattack\]'") as error:
        importlib.import_module(MODULE)
    assert one_line(error)


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("ImportError(\"No module named 'flair'\")", "'flair'.*pip install"),
        ("LookupError('Resource stopwords\\nnot found.')", "python -m nltk.downloader stopwords"),
    ],
)
def test_what_it_lacks_itself_is_told_in_one_line(monkeypatch, tmp_path, raised, told):
    folder = tmp_path / "textattack"
    folder.mkdir()
    (folder / "__init__.py").write_text(f"raise {raised}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in (MODULE, "textattack"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(PartError, match=told) as error:
        importlib.import_module(MODULE)
    assert one_line(error)


@pytest.mark.parametrize("noise", [Noise(), Noise("mean", 2)], ids=str)
def test_a_spiking_network_answers_as_in_our_search(door, swayed, noise):
    victim = SpikingVictim(swayed, seed=3, noise=noise)
    wrapper = door.VictimWrapper(victim, number=7)
    texts = [*SENTENCES, "a terrible film"] * 2
    expected = [victim.read(tokenize(text, "en"), 7).answer() for text in texts]
    np.testing.assert_array_equal(wrapper(texts), expected)
    wrapper.number = 8
    expected = [victim.read(tokenize(text, "en"), 8).answer() for text in texts]
    np.testing.assert_array_equal(wrapper(texts), expected)
    assert wrapper.queries == 2 * len(texts)


def test_a_textcnn_answers_as_in_our_search(door, textcnn):
    texts = [" ".join(["film"] * k + ["great"]) for k in (3, 1, 2, 20)] * BATCH
    expected = [textcnn.read(tokenize(text, "en"), 0).answer() for text in texts]
    found = door.VictimWrapper(textcnn)(texts)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_where_nobody_votes_all_classes_are_alike(door, swayed):
    wrapper = door.VictimWrapper(SpikingVictim(swayed))
    np.testing.assert_array_equal(wrapper(["", "unheard-of words"]), np.full((2, 2), 0.5))


def test_fresh_noise_is_another_one_for_each_query(door, swayed):
    victim = SpikingVictim(swayed, noise=Noise("fresh"))
    wrapper = door.VictimWrapper(victim)
    assert not wrapper.is_repeatable
    assert door.VictimWrapper(SpikingVictim(swayed)).is_repeatable
    answers = np.concatenate([wrapper(["the horrible film"] * 6) for _ in range(2)])
    reading = victim.read(["the", "horrible", "film"], 0)
    np.testing.assert_array_equal(answers, reading.answers([(1, "horrible")] * 12))
    assert len(np.unique(answers, axis=0)) > 1


def test_a_pair_of_texts_is_refused(door, textcnn):
    with pytest.raises(TextError):
        door.VictimWrapper(textcnn)([("a film", "a story")])


def test_the_unknown_word_is_unknown(door, textcnn, swayed):
    assert door.VictimWrapper(textcnn).unknown_word == "unk"
    known = replace(swayed, vocabulary=Vocabulary([*swayed.vocabulary.words[:-1], "unk"]))
    assert door.VictimWrapper(SpikingVictim(known)).unknown_word == "unkunk"


@pytest.mark.parametrize(
    "constraints",
    [Constraints(Sums(), similarity=-1), Constraints(Sums(), Initials(), similarity=0.99)],
    ids=["lenient", "strict"],
)
@pytest.mark.parametrize("of", ["textcnn", "spiking"])
def test_its_search_finds_what_ours_finds(door, request, swayed, listed, constraints, of):
    # With so many votes there are no ties, which TextAttack counts for the first class.
    spiking = SpikingVictim(swayed, noise=Noise("mean", 9))
    victim = request.getfixturevalue("textcnn") if of == "textcnn" else spiking
    plan = plan_of(listed(SYNONYMS), constraints)
    wrapper = door.VictimWrapper(victim)
    attack = door.make_attack(wrapper, plan)
    fooled = 0
    for number, sentence in enumerate(SENTENCES):
        wrapper.number = number
        attack.clear_cache()
        true = label_of_ours(victim, number, sentence)
        text = Text.of(sentence, "en")
        most = constraints.most(text, 0.5)
        limits = {"most_changes": most, "most_queries": plan.most_queries}
        search = Search(victim, number, text, true, plan.candidates, constraints, **limits)
        ours = search.run(by_importance).first(most)
        theirs = attack.attack(sentence, true).perturbed_result
        assert (theirs.output != true) == bool(ours)
        if ours:
            fooled += 1
            assert Text.of(theirs.attacked_text.text, "en").words == ours.text.words
    assert fooled


def test_the_budget_of_queries_is_kept(door, swayed, listed, lenient):
    plan = replace(plan_of(listed({}), lenient), most_queries=3)
    attack = door.make_attack(door.VictimWrapper(SpikingVictim(swayed)), plan)
    assert attack.attack(SENTENCES[0], 0).num_queries == 3


def test_only_places_of_ours_are_changed(door, textcnn, listed):
    strict = Constraints(Sums(), Initials(), similarity=0.998)
    swap = door.PlanSwap(listed(SYNONYMS), "en")
    places = door.PlanPlaces(Constraints(), "en")
    text = door.AttackedText("The story's great -- a Film")
    new = swap(text, pre_transformation_constraints=[places])
    assert [other.text for other in new] == [
        "The story's awful -- a Film",
        "The story's terrible -- a Film",
        "The story's upset -- a Film",
        "The story's great -- a story",
    ]
    kept = door.PlanConstraint(strict, "en", 0.2).call_many(new, text)
    # ``terrible`` makes another sum, and ``upset`` has another tag.
    assert [other.text for other in kept] == [
        "The story's awful -- a Film",
        "The story's great -- a story",
    ]
