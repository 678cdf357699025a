"""The classifier as scikit-learn knows classifiers."""

import itertools
import warnings

import numpy as np
import pytest
from gensim.models import KeyedVectors

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks

from bionlp.checkpoint import load_classifier
from bionlp.errors import EmbeddingError, TrainingError, UsageError
from bionlp.estimator import SpikingTextClassifier

QUICK = {
    "maps": 15,
    "neurons_per_class": 3,
    "steps": 20,
    "tailored_epochs": 8,
    "tailored_rate": 0.01,
    "finetuning_epochs": 1,
    "batch_size": 10,
    "teachers": 0,
}
WORDS = {
    "who": ("king", "actor", "girl"),
    "where": ("city", "river", "land"),
    "when": ("year", "month", "day"),
    "how many": ("dogs", "coins", "miles"),
    "why": ("war", "rain", "fire"),
    "what": ("dish", "song", "tool"),
}


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(0)
    words = [*{word for key, things in WORDS.items() for word in (*key.split(), *things)}]
    words = [*sorted(words), "is", "the", "of", "a"]
    found = KeyedVectors(40)
    found.add_vectors(words, rng.normal(size=(len(words), 40)).astype(np.float32))
    return found


@pytest.fixture(scope="module")
def questions():
    """Return questions of six classes, as in TREC, and what they ask for."""
    texts, labels = [], []
    for label, things in WORDS.items():
        for thing in things:
            for other in itertools.chain(*WORDS.values()):
                texts.append(f"{label} is the {thing} of a {other}")
                labels.append(label)
    return np.array(texts), np.array(labels)


@pytest.fixture(scope="module")
def fitted(vectors, questions):
    return SpikingTextClassifier(vectors, settings=QUICK).fit(*questions)


def test_six_classes_are_learned(fitted, questions):
    texts, labels = questions
    assert fitted.classes_.tolist() == sorted(WORDS)
    assert fitted.score(texts, labels) > 0.9
    probabilities = fitted.predict_proba(texts[:50])
    assert probabilities.shape == (50, 6)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    decided = [answer.label is not None for answer in fitted.answers(texts[:50])]
    best = fitted.classes_[probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(best[decided], fitted.predict(texts[:50])[decided])


def test_the_same_seed_gives_the_same_answers(vectors, questions, fitted):
    texts, _ = questions
    again = clone(fitted).fit(*questions)
    np.testing.assert_array_equal(again.predict_proba(texts[:20]), fitted.predict_proba(texts[:20]))


def test_what_has_no_label_is_warned_about(fitted):
    texts = ["zyzzyva", "why is the war of a dish", ""]
    with pytest.warns(UserWarning, match="2 of 3 texts have no label"):
        given = fitted.predict(texts)
    commonest = fitted.classes_[fitted.class_prior_.argmax()]
    assert given.tolist() == [commonest, "why", commonest]
    with pytest.warns(UserWarning, match="2 of 3"):
        np.testing.assert_allclose(fitted.predict_proba(texts)[0], fitted.class_prior_)
    assert [answer.reason for answer in fitted.answers(texts)] == ["unknown_words", None, "empty"]


def test_brian_answers_as_well(fitted, questions):
    texts, labels = questions
    asked = clone(fitted).set_params(backend="numpy")
    asked.__dict__.update({key: value for key, value in vars(fitted).items() if key.endswith("_")})
    assert (asked.predict(texts[::20]) == labels[::20]).mean() > 0.9


def test_cross_validation_and_pipelines(vectors, questions):
    texts, labels = questions
    lowered = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    model = make_pipeline(lowered, SpikingTextClassifier(vectors, settings=QUICK))
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    scores = cross_val_score(model, np.char.upper(texts), labels, cv=folds, error_score="raise")
    assert scores.min() > 0.6


def test_numbers_are_labels_too(vectors, questions):
    texts, labels = questions
    two = np.isin(labels, ["who", "why"])
    model = SpikingTextClassifier(vectors, settings=QUICK).fit(texts[two], labels[two] == "why")
    assert model.predict(["why is the fire of a dish"]).tolist() == [True]


def test_a_model_is_saved_for_the_command_line(fitted, questions, tmp_path, cli):
    fitted.save(tmp_path / "questions")
    assert load_classifier(tmp_path / "questions").label_names == tuple(sorted(WORDS))
    code, out, _ = cli("predict", tmp_path / "questions", "why is the war of a dish", "--csv")
    assert (code, ",why," in out) == (0, True)


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        (["a"] * 6, [1] * 6, r"all labels are one class, \[1\]"),
        (["a"] * 6, [1] * 4 + [0] * 2, "class 0 has 2 texts"),
        (["a"] * 6, [1] * 5, "6 texts have 5 labels"),
        ("a text", [1], "put it into a list"),
        ([1, 2], [0, 1], "texts are strings, but number 0 is int"),
        (np.zeros((4, 2)), [0, 1, 0, 1], "not an array of 2 axes"),
        (["a"] * 4, [[0], [1], [0], [1]], "not an array of 2 axes"),
    ],
)
def test_what_cannot_be_learned_from(vectors, texts, labels, said):
    with pytest.raises(ValueError, match=said):
        SpikingTextClassifier(vectors, settings=QUICK).fit(texts, labels)


def test_what_is_set_wrongly(vectors, questions):
    for model, error in (
        (SpikingTextClassifier("missing.bin"), EmbeddingError),
        (SpikingTextClassifier(3), UsageError),
        (SpikingTextClassifier(vectors, "nonsense"), UsageError),
        (SpikingTextClassifier(vectors, settings={"maps": 0}), UsageError),
        (SpikingTextClassifier(vectors, device="tpu"), UsageError),
    ):
        with pytest.raises(error):
            model.fit(*questions)
    with pytest.raises(NotFittedError):
        SpikingTextClassifier(vectors).predict(["a"])


def test_a_handful_of_texts_is_enough_but_says_what_it_lacks(vectors, capsys):
    texts = [f"{label} is the {thing}" for label in ("who", "why") for thing in WORDS[label]]
    model = SpikingTextClassifier(vectors, settings=QUICK, verbose=True)
    try:
        model.fit(texts, ["who"] * 3 + ["why"] * 3)
    except TrainingError as error:
        pytest.fail(str(error))
    said = capsys.readouterr().err
    assert "too few to tell what the tailored network has learnt" in said
    assert "too few to calibrate" in said
    assert len(model.predict(texts)) == 6
    with pytest.raises(AttributeError, match="fit on more texts"):
        model.predict_proba(texts)


CHECKS = (
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_mixin_order,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_parameters_default_constructible,
)
"""Those that need no arrays of numbers; ``check_estimator`` itself leaves all of them out for
estimators that take none."""


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_is_an_estimator(check, vectors):
    check("SpikingTextClassifier", SpikingTextClassifier(vectors, settings=QUICK))


def test_check_estimator_has_nothing_to_say(vectors):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = estimator_checks.check_estimator(SpikingTextClassifier(vectors), on_fail=None)
    assert {result["status"] for result in results} == {"passed"}
