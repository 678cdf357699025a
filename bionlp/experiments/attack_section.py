"""Table 2: how networks stand up to attacks, and whether spiking ones do better than TextCNNs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from textwrap import fill
from typing import Any

import numpy as np

from analysis.statistics import Paired, paired_difference
from bionlp.attacks.outcomes import DEFINITIONS
from bionlp.attacks.recipes import ATTACKS
from bionlp.experiments.cells import ATTACKED, DATASETS, METHODS, command
from bionlp.experiments.layout import (
    datasets_of,
    heading,
    markdown,
    of_method,
    of_recipe,
    origin,
    recipes_of,
    titles,
)
from bionlp.experiments.store import Record

TEXTCNN, TAILORED, SPIKING = "original", "tailored", "finetuned"
NOISELESS = (TEXTCNN, TAILORED)
MEANING = {
    "once": "wrong in the presentation of the search",
    "lasting": "and wrong in most of 20 fresh presentations",
    "insisting": "found by a search that goes on until 7 of 8 fresh presentations are wrong",
}
EXPLANATION = """\
Attacks replace words by others that mean the same ({attacks}); at most {candidates} candidates for
a word, a cosine of at least {similarity} between each text and its original, stop words left alone,
no word twice, and {queries:,} queries a sentence at most, the same for all networks. Robust
accuracy is the share of the {sentences} sentences of test that are labelled rightly, and of which
the attack found no text that is labelled wrongly; in parentheses its success among those that are
labelled rightly. Percent."""
EPS = 1e-3


def attack_section(records: Sequence[Record]) -> list[str]:
    """Lay out all finished attacks.

    Parameters
    ----------
    records : sequence of dict
        Finished cells of table 2, of all recipes.

    Returns
    -------
    list of str
        Paragraphs of Markdown; none without cells.
    """
    if not records:
        return []
    parts = [
        heading("Table", ATTACKED, "default"),
        fill(f"{origin(records)}. {_explanation(records)}", 100),
        "A sentence is fooled by a text that is\n\n"
        + "\n".join(f"- {name}: {meaning}." for name, meaning in MEANING.items()),
    ]
    for recipe, noise, share in _kinds(records):
        chosen = _of_noise(of_recipe(records, recipe), noise)
        parts += [_title(recipe, noise, share), attack_table(chosen, share)]
    compared = _paired(records)
    if compared:
        head = ["Recipe", "Noise", "Words", "Attack", "Fooled", "Points above the TextCNN"]
        head += ["Only one robust", "p", "Points where both are right", "p"]
        table = markdown(head, compared)
        parts += ["### Spiking networks beside their TextCNNs", _verdict(records), table]
    parts += ["### All measures", COLUMNS]
    for recipe, noise, share in _kinds(records):
        chosen = _of_noise(of_recipe(records, recipe), noise)
        parts += [_title(recipe, noise, share), _measures(chosen, share)]
    return [*parts, "Commands:", _commands(records)]


def attack_tables(records: Sequence[Record]) -> str:
    """Return what a finished experiment prints."""
    return "\n\n".join(
        part
        for recipe, noise, share in _kinds(records)
        for part in (
            _title(recipe, noise, share),
            attack_table(_of_noise(of_recipe(records, recipe), noise), share),
        )
    )


def attack_table(records: Sequence[Record], share: str) -> str:
    """Lay out attacks with at most a share of the words: a row for a network and a definition.

    Parameters
    ----------
    records : sequence of dict
        Finished cells of one recipe and one noise.
    share : str
        Of the words.

    Returns
    -------
    str
        Markdown: robust accuracy, and in parentheses success, mean over seeds.
    """
    datasets = datasets_of(records)
    rows = []
    for method, title in _methods(records):
        of = [_words(of_method(records, name, method), share) for name in datasets]
        clean = [_mean([words["clean"]["accuracy"] for words in found]) for found in of]
        rows.append([title, "none", "", *clean])
        for attack, definition in product(_attacks(records), _definitions(method)):
            found = [
                _words(_of(records, dataset=name, method=method, attack=attack), share)
                for name in datasets
            ]
            cells = [_robust(words, definition) for words in found]
            if any(cells):
                rows.append([title, ATTACKS[attack].title, definition, *cells])
    return markdown(["Network", "Attack", "Fooled", *titles(datasets)], rows)


COLUMNS = """\
Clean: accuracy in the search, and in fresh presentations; the share of sentences that these do not
agree upon. Under attack: accuracy of fresh presentations on what was found; successes (once) that
most fresh presentations get right again; success (once) without texts that have words the network
does not know, which are silence and no synonym, and the share of such words. Mean queries of an
attacked sentence; mean words changed and mean similarity of the texts found; attacked sentences a
second, on one thread beside other work."""


def _measures(records: Sequence[Record], share: str) -> str:
    head = ["Dataset", "Network", "Attack", "Clean", "fresh", "unstable", "Attacked, fresh"]
    head += ["undone", "known words", "unknown", "queries", "changed", "similarity", "per second"]
    rows = []
    for name, (method, title), attack in product(
        datasets_of(records), _methods(records), _attacks(records)
    ):
        for record in _of(records, dataset=name, method=method, attack=attack):
            found = record["words"].get(share)
            if found:
                rows.append([DATASETS[name], title, ATTACKS[attack].title, *_row(record, found)])
    return markdown(head, rows)


def _row(record: Record, found: dict[str, Any]) -> list[str]:
    clean = found["clean"]
    shares = (clean["accuracy"], clean["fresh"], clean["unstable"], found["fresh_accuracy"])
    further = (found["undone"], found["known"], found["unknown"])
    return [
        *(_percent(value) for value in (*shares, *further)),
        *(_number(found[name], ".1f") for name in ("queries", "changed")),
        _number(found["similarity"], ".2f"),
        f"{record['sentences_per_s']:.1f}",
    ]


def _paired(records: Sequence[Record]) -> list[list[str]]:
    """Compare the spiking networks with their TextCNNs, sentence by sentence, over all datasets."""
    return [
        [
            f"`{recipe}`",
            noise,
            f"{float(share):.0%}",
            ATTACKS[attack].title,
            definition,
            _points(of.all),
            f"{of.all.only_first} : {of.all.only_second}",
            _p(of.all.p),
            _points(of.right),
            _p(of.right.p),
        ]
        for recipe, noise, share in _kinds(records)
        for attack in _attacks(records)
        for definition in DEFINITIONS
        for of in _comparison(records, TEXTCNN, recipe, noise, share, [attack], definition)
    ]


@dataclass(frozen=True)
class Comparison:
    """Spiking networks beside TextCNNs on the same sentences.

    Attributes
    ----------
    all, right : Paired
        Robust sentences among all, and among those that both label rightly.
    n, n_right : int
        How many these are.
    """

    all: Paired
    right: Paired
    n: int
    n_right: int


COMPARED = """\
Robust accuracy of the fine-tuned spiking network less that of the original TextCNN, with 95 %
intervals (Agresti & Min 2005) and McNemar's exact test on the same sentences of all datasets. A
network that is right more often has more to lose, so the sentences that both label rightly are
compared, too."""
TOGETHER = "Where a sentence is robust if it stands every attack of the table:"
SAME_KERNELS = """\
The same beside the tailored TextCNN, which has the kernels and the average pooling that the spiking
network was made from, so that what is left is the doing of spikes and of fine-tuning:"""


def _verdict(records: Sequence[Record]) -> str:
    """Say whether the spiking networks are more robust, for each recipe, noise and definition."""
    parts = [COMPARED]
    for other, opening in ((TEXTCNN, TOGETHER), (TAILORED, SAME_KERNELS)):
        sentences = [
            f"- Recipe `{recipe}`, {float(share):.0%} of the words, noise {noise}, "
            f"{definition}: spiking networks are {_better(of.all)} ({_points(of.all)} "
            f"points, n = {of.n}, p {_p(of.all.p)}); of the {of.n_right} sentences that "
            f"both label rightly, {_better(of.right)} ({_points(of.right)} points, p "
            f"{_p(of.right.p)})."
            for recipe, noise, share in _kinds(records)
            for definition in DEFINITIONS
            for of in _comparison(
                records, other, recipe, noise, share, _attacks(records), definition
            )
        ]
        parts += [opening, "\n".join(sentences)] if sentences else []
    return "\n\n".join(parts)


def _better(found: Paired) -> str:
    if found.p >= 0.05:
        return "neither more nor less robust"
    return "more robust" if found.difference.estimate > 0 else "less robust"


def _comparison(
    records: Sequence[Record],
    other: str,
    recipe: str,
    noise: str,
    share: str,
    attacks: Sequence[str],
    definition: str,
) -> Iterator[Comparison]:
    """Yield the comparison with another method over all datasets and seeds that both have.

    Both have to have met all attacks. A sentence has to stand each of them, so it counts once.
    """
    of = _of_noise(of_recipe(records, recipe), noise)
    spiking, textcnn = (
        _standing(of, method, share, attacks, definition) for method in (SPIKING, other)
    )
    pairs = [(spiking[key], textcnn[key]) for key in spiking.keys() & textcnn.keys()]
    pairs = [(a, b) for a, b in pairs if a.shape == b.shape]
    if pairs:
        first, second = (np.concatenate(flags, axis=1) for flags in zip(*pairs, strict=True))
        both = first[0] & second[0]
        if both.any():
            yield Comparison(
                paired_difference(first[1], second[1]),
                paired_difference(first[1, both], second[1, both]),
                len(both),
                int(both.sum()),
            )


def _standing(
    records: Sequence[Record], method: str, share: str, attacks: Sequence[str], definition: str
) -> dict[tuple[str, int], np.ndarray]:
    """Return, for each dataset and seed, which sentences are right, and which stand all attacks."""
    found: dict[tuple[str, int], dict[str, np.ndarray]] = {}
    for record in records:
        if record["method"] == method and record["attack"] in attacks and share in record["words"]:
            digits = record["words"][share]["flags"]
            flags = np.array([[*digits["right"]], [*digits[definition]]]) == "1"
            key = record["dataset"], record["seed"]
            found.setdefault(key, {})[record["attack"]] = flags
    return {
        key: np.logical_and.reduce([*flags.values()])
        for key, flags in found.items()
        if len(flags) == len(attacks) and len({of.shape for of in flags.values()}) == 1
    }


def _kinds(records: Sequence[Record]) -> Iterator[tuple[str, str, str]]:
    """Yield the recipes, noises of spiking networks, and shares of words that occur."""
    for recipe in recipes_of(records):
        of = of_recipe(records, recipe)
        for noise in dict.fromkeys(record["noise"] for record in of):
            shares = dict.fromkeys(share for record in of for share in record["words"])
            for share in sorted(shares, key=float):
                yield recipe, noise, share


def _of_noise(records: Sequence[Record], noise: str) -> list[Record]:
    """Return the cells of a noise, and all of TextCNNs, which have none."""
    return [r for r in records if r["noise"] == noise or r["method"] in NOISELESS]


def _of(records: Sequence[Record], *, dataset: str, method: str, attack: str) -> list[Record]:
    return [r for r in of_method(records, dataset, method) if r["attack"] == attack]


def _words(records: Sequence[Record], share: str) -> list[dict[str, Any]]:
    return [record["words"][share] for record in records if share in record["words"]]


def _methods(records: Sequence[Record]) -> list[tuple[str, str]]:
    present = {record["method"] for record in records}
    return [(name, title) for name, title in METHODS.items() if name in present]


def _attacks(records: Sequence[Record]) -> list[str]:
    present = {record["attack"] for record in records}
    return [name for name in ATTACKS if name in present]


def _definitions(method: str) -> tuple[str, ...]:
    """Return the definitions that differ: without noise there is one."""
    return ("once",) if method in NOISELESS else DEFINITIONS


def _explanation(records: Sequence[Record]) -> str:
    plans = {repr(record["plan"]): record["plan"] for record in records}
    plan = next(iter(plans.values()))
    counts = sorted({plan["sentences"] for plan in plans.values()})
    cited = ", ".join(
        f"{ATTACKS[name].title}: {ATTACKS[name].source}" for name in _attacks(records)
    )
    return EXPLANATION.format(
        attacks=cited,
        candidates=plan["candidates"],
        similarity=plan["similarity"],
        queries=plan["queries"],
        sentences=" or ".join(f"first {count:,}" for count in counts),
    )


def _commands(records: Sequence[Record]) -> str:
    """Return a command for each file of word vectors, recipe, noise and number of sentences.

    Datasets that other networks were attacked on have one of their own, or it would name more
    cells than there are.
    """

    def shared_by(record: Record) -> tuple:
        plan = record["plan"]
        return record["embeddings"], record["recipe"], record["noise"], plan["sentences"]

    methods_on: dict[tuple, set[str]] = {}
    for record in records:
        methods_on.setdefault((*shared_by(record), record["dataset"]), set()).add(record["method"])
    lines: dict[tuple, list[Record]] = {}
    for record in records:
        own = frozenset(methods_on[(*shared_by(record), record["dataset"])])
        lines.setdefault((*shared_by(record), own), []).append(record)
    commands = []
    for (vectors, recipe, noise, sentences, _), some in lines.items():
        methods = [name for name, _ in _methods(some)]
        seeds = sorted({record["seed"] for record in some})
        shared = command(ATTACKED, datasets_of(some), methods, seeds, [recipe], vectors)
        attacks = ",".join(_attacks(some))
        commands.append(f"{shared} --attacks {attacks} --noise {noise} --sentences {sentences}")
    return "\n".join(f"    {line}" for line in commands)


def _title(recipe: str, noise: str, share: str) -> str:
    return f"At most {float(share):.0%} of the words, recipe `{recipe}`, noise {noise}:"


def _robust(found: Sequence[dict[str, Any]], definition: str) -> str:
    if not found:
        return ""
    robust = np.mean([words[definition]["robust"] for words in found])
    success = [words[definition]["success"] for words in found]
    known = [value for value in success if value is not None]
    return f"{100 * robust:.1f} ({100 * np.mean(known):.1f})" if known else f"{100 * robust:.1f}"


def _mean(values: Sequence[float]) -> str:
    return f"{100 * np.mean(values):.1f}" if values else ""


def _points(found: Paired) -> str:
    low, high = 100 * found.difference.low, 100 * found.difference.high
    return f"{100 * found.difference.estimate:+.1f} [{low:+.1f}, {high:+.1f}]"


def _p(p: float) -> str:
    return "< 0.001" if p < EPS else f"{p:.3f}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
