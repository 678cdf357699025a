"""Tasks of GLUE, as data: one sentence (CoLA, SST-2), a pair (MRPC, RTE, WNLI), a score (STS-B).

GLUE (Wang et al. 2019) keeps the labels of its test files to itself, and results that others can
check are those on its dev files. So ``dev.tsv`` is the test part here: it is only reported. A dev
part to choose the epoch on is carved from ``train.tsv`` (:func:`bionlp.datasets.splits.carve_dev`).

A pair is one text, its sentences parted by :data:`bionlp.text.SEPARATOR`. The scores of STS-B, 0 to
5, are rounded to six classes; an answer is scored by the mean of the classes, weighted by their
votes (:func:`bionlp.scores.mean_class`).

Small networks without pre-training stay at the largest class on most of these tasks, which is a
result. On WNLI what was learnt leads astray: nearly all of its dev file asks once more about
sentences of its training file, and has the opposite answers. The training file of SST-2 has phrases
of sentences; so has the dev part that is carved from it, which is easier than the test part. The
training file of MRPC that is known here has 3,667 of the 3,668 pairs that GLUE's script writes.
"""

from bionlp.datasets.known import DataFile, KnownDataset, TabbedColumns

_GLUE = "https://dl.fbaipublicfiles.com/glue/data/"
_WANG = (
    "Wang et al. (2019), GLUE: a multi-task benchmark and analysis platform for natural language "
    "understanding, ICLR"
)
_PAIR = ("index", "sentence1", "sentence2", "label")


def _files(
    folder: str, train: tuple[str, int], dev: tuple[str, int], archive: str | None
) -> tuple[DataFile, ...]:
    """Return the files to learn from and to report; of each, its digest and size are given."""
    url = archive and _GLUE + archive
    return tuple(
        DataFile(f"glue/{folder}/{name}", url, *content, name)
        for name, content in (("train.tsv", train), ("dev.tsv", dev))
    )


GLUE = (
    KnownDataset(
        "cola",
        "CoLA, linguistic acceptability (GLUE)",
        "en",
        ("unacceptable", "acceptable"),
        "tabbed",
        _files(
            "CoLA",
            ("cb368ebeb9f27d7ad03720d27ddc95687a311bdb100781a2fe59a5f5b1bc0624", 428_590),
            ("8c013e21dc39957cac37378d87bebe225b694a0d5fe13eded66c2856628833fd", 53_717),
            "CoLA.zip",
        ),
        f"Warstadt, Singh and Bowman (2019), Neural network acceptability judgments, TACL; {_WANG}",
        columns=TabbedColumns(
            ("source", "label", "mark", "sentence"), "label", ("sentence",), header=False
        ),
        metrics=("matthews",),
        chance_allowed=True,
    ),
    KnownDataset(
        "mrpc",
        "MRPC, paraphrases (GLUE)",
        "en",
        ("not_equivalent", "equivalent"),
        "tabbed",
        _files(
            "MRPC",
            ("f178bcc72ab4c2c1c778b480912e0c8e1dba3ead150dc1d490d70682ab888c1e", 941_277),
            ("9e8f284788040f7c9ecde2e1b3c07237c756f926bd9ef8548ef5d34b56f69f17", 105_616),
            None,
        ),
        "Dolan and Brockett (2005), Automatically constructing a corpus of sentential paraphrases, "
        f"IWP; {_WANG}",
        columns=TabbedColumns(
            ("Quality", "#1 ID", "#2 ID", "#1 String", "#2 String"),
            "Quality",
            ("#1 String", "#2 String"),
        ),
        metrics=("f1",),
        chance_allowed=True,
        by_hand="GLUE may not publish them; its script download_glue_data.py parts Microsoft's "
        "msr_paraphrase_train.txt into train.tsv and dev.tsv",
    ),
    KnownDataset(
        "rte",
        "RTE, textual entailment (GLUE)",
        "en",
        ("entailment", "not_entailment"),
        "tabbed",
        _files(
            "RTE",
            ("41e3a9b063433392343fad9e962cf2f58b681c78d8f71592f4186f0837246c5c", 846_226),
            ("80230dfa1347282e7b532b06a1004a76a710087541189bf874223ddf0e3819fb", 90_343),
            "RTE.zip",
        ),
        "Dagan et al. (2006), Bar Haim et al. (2006), Giampiccolo et al. (2007) and Bentivogli et "
        f"al. (2009), Recognizing textual entailment challenges; {_WANG}",
        columns=TabbedColumns(_PAIR, "label", ("sentence1", "sentence2")),
        chance_allowed=True,
    ),
    KnownDataset(
        "stsb",
        "STS-B, similarity of sentences from 0 to 5 (GLUE)",
        "en",
        ("0", "1", "2", "3", "4", "5"),
        "tabbed",
        _files(
            "STS-B",
            ("41c4d978b6162abdcada7e49a982211954cca5459c228db478af333124b257a2", 984_099),
            ("fe7dc0632a5033562f3cadff991f6e8d9b9b6311861660e78c3c82eb7db67f59", 276_928),
            "STS-B.zip",
        ),
        "Cer et al. (2017), SemEval-2017 task 1: semantic textual similarity, multilingual and "
        f"crosslingual focused evaluation, SemEval; {_WANG}",
        columns=TabbedColumns(
            (
                *("index", "genre", "filename", "year", "old_index", "source1", "source2"),
                *("sentence1", "sentence2", "score"),
            ),
            "score",
            ("sentence1", "sentence2"),
        ),
        scored=True,
        metrics=("pearson", "spearman"),
        chance_allowed=True,
    ),
    KnownDataset(
        "wnli",
        "WNLI, Winograd schemas as entailment (GLUE)",
        "en",
        ("not_entailment", "entailment"),
        "tabbed",
        _files(
            "WNLI",
            ("9a88e9d54b6861cc796a088e9acf4f5f65064a9ef65ae6fa7a688b28391e5c9a", 99_411),
            ("cba00490596dd14be8cf53b4f53bb744abe3a7b89f81ab210528d80225338ed5", 11_261),
            "WNLI.zip",
        ),
        "Levesque, Davis and Morgenstern (2012), The Winograd schema challenge, KR; " + _WANG,
        columns=TabbedColumns(_PAIR, "label", ("sentence1", "sentence2")),
        chance_allowed=True,
    ),
    KnownDataset(
        "glue-sst2",
        "SST-2, with phrases to learn from (GLUE)",
        "en",
        ("negative", "positive"),
        "tabbed",
        _files(
            "SST-2",
            ("48eac26399f8456935f81dd9e3a745c1430adb6c62e233ccfe22db4a0d15d1d1", 3_806_081),
            ("54a9c12c77e402fc14d6a66a506f24d999f596b0176eb777c972cccc2f9cc4b0", 94_931),
            "SST-2.zip",
        ),
        "Socher et al. (2013), Recursive deep models for semantic compositionality over a "
        f"sentiment treebank, EMNLP; {_WANG}",
        columns=TabbedColumns(("sentence", "label"), "label", ("sentence",)),
    ),
)
