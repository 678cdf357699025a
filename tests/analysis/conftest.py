"""Recordings of small networks that really ran, and fonts with and without Chinese."""

import warnings

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager

from bionlp.classifier import TextClassifier
from bionlp.encoding import poisson_spikes, quantise
from bionlp.recording import make_recording
from bionlp.sentences import Sentence
from bionlp.vocabulary import Vocabulary
from networks.description import Connection, Network, Population, Votes
from networks.neurons import IF, LIF, Input
from networks.pytorch import SpikingNetwork
from networks.transforms import Convolution, Dense, SumPooling

FEATURES, MAPS, NEURONS, STEPS, DT_MS = 12, 5, 3, 30, 2.0
WIDTHS = (2, 3)
ALL = {"conv2": range(8), "conv3": range(8), "pool2": range(5), "pool3": range(5)}
FUNNY = ("a", "gripping", ",", "funny", "film")
TASTY = ("菜", "很", "好吃", "！")


def build_network(classes, length, hidden=0):
    """Return a network with random weights in which every population spikes.

    With ``hidden``, so many neurons without a leak lie before the output, and thresholds of the
    first convolution differ.
    """
    rng = np.random.default_rng(3)
    populations = [Population("input", (length, FEATURES), Input())]
    connections, poolings = [], []
    for width in WIDTHS:
        windows = length - width + 1
        kernel = Convolution(rng.normal(0.05, 0.3, (MAPS, width, FEATURES)))
        populations.append(Population(f"conv{width}", (windows, MAPS), LIF(decay=0.9)))
        poolings.append(Population(f"pool{width}", (MAPS,), LIF(threshold=0.4 * windows)))
        connections.append(Connection(("input",), f"conv{width}", kernel))
        connections.append(Connection((f"conv{width}",), f"pool{width}", SumPooling()))
    weight = rng.normal(0.5, 0.4, (classes * NEURONS, hidden or MAPS * len(WIDTHS)))
    sources = tuple(pooling.name for pooling in poolings)
    populations.extend(poolings)
    if hidden:
        populations[1] = with_own_thresholds(populations[1], rng)
        populations.append(Population("hidden", (hidden,), IF()))
        into = Dense(rng.normal(0.5, 0.4, (hidden, MAPS * len(WIDTHS))))
        connections.append(Connection(sources, "hidden", into))
        sources = ("hidden",)
    populations.append(Population("output", (classes * NEURONS,), LIF()))
    connections.append(Connection(sources, "output", Dense(weight)))
    return Network(tuple(populations), tuple(connections), Votes("output", classes))


def with_own_thresholds(population, rng):
    """Return a population in which each neuron has a threshold of its own."""
    neuron = LIF(decay=0.9, threshold=rng.uniform(0.5, 1.5, population.shape))
    return Population(population.name, population.shape, neuron)


def record(
    words=FUNNY,
    labels=("negative", "positive"),
    *,
    text=None,
    seed=1,
    membranes=None,
    length=8,
    hidden=0,
):
    """Return the recording of a sentence; by default some membranes of every layer are in it."""
    network = build_network(len(labels), length, hidden)
    rates = np.random.default_rng(7).random((len(words), FEATURES))
    vocabulary = Vocabulary(tuple(dict.fromkeys(words)))
    levels = quantise(np.zeros((len(vocabulary) + 1, FEATURES)))
    classifier = TextClassifier("small", "en", tuple(labels), vocabulary, levels, network)
    sentence = Sentence(
        text or " ".join(words), tuple(words), np.arange(1, len(words) + 1), rates, (), 0
    )
    if membranes is None:
        membranes = ALL | {"output": range(len(labels) * NEURONS), "hidden": range(hidden)}
    activity = (
        SpikingNetwork(network)
        .double()
        .eval()
        .activity(poisson_spikes(rates, STEPS, seed=seed), membranes)
    )
    return make_recording(classifier, sentence, activity, seed=seed, backend="torch", dt_ms=DT_MS)


@pytest.fixture(scope="session")
def make_network():
    """Return the maker of their networks."""
    return build_network


@pytest.fixture(scope="session")
def make_sample():
    """Return the maker of recordings."""
    return record


@pytest.fixture(scope="session")
def recording():
    """Return the default recording."""
    return record()


@pytest.fixture(scope="session")
def chinese_recording():
    """Return a recording of Chinese words and class names."""
    return record(TASTY, ("差评", "好评"), text="菜很好吃！")


@pytest.fixture
def without_chinese_fonts(monkeypatch):
    """Leave only the typeface that comes with Matplotlib."""
    fonts = [font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [])


def build_font(file, characters, *, truetype=True, family="Test Chinese"):
    """Write a font in which each of the characters is a triangle."""
    names = {ord(character): f"glyph{number}" for number, character in enumerate(characters)}
    glyphs = [".notdef", *names.values()]
    pen = TTGlyphPen(None) if truetype else T2CharStringPen(1000, None)
    pen.moveTo((100, 0))
    pen.lineTo((900, 0))
    pen.lineTo((500, 800))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=truetype)
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap(names)
    if truetype:
        builder.setupGlyf(dict.fromkeys(glyphs, pen.glyph()))
    else:
        outlines = dict.fromkeys(glyphs, pen.getCharString())
        builder.setupCFF(family.replace(" ", ""), {"FullName": family}, outlines, {})
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 100)))
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    names = {"familyName": family, "styleName": "Regular", "psName": family.replace(" ", "")}
    builder.setupNameTable(names)
    builder.setupOS2(sTypoAscender=900, usWeightClass=400)
    builder.setupPost()
    builder.save(file)


@pytest.fixture(scope="session")
def make_font():
    """Return the maker of fonts."""
    return build_font


def install(file, monkeypatch):
    """Let Matplotlib know of a font until the test ends."""
    manager = font_manager.fontManager
    monkeypatch.setattr(manager, "ttflist", [*manager.ttflist])
    manager.addfont(file)
    return "Test Chinese"


@pytest.fixture
def chinese_font(without_chinese_fonts, tmp_path, monkeypatch):
    """Install a font that has glyphs for the characters of the Chinese recording, and no other."""
    build_font(tmp_path / "chinese.ttf", sorted(set("".join(TASTY) + "差评")))
    return install(tmp_path / "chinese.ttf", monkeypatch)


@pytest.fixture
def chinese_cff_font(without_chinese_fonts, tmp_path, monkeypatch):
    """Install a font with PostScript outlines that has the same glyphs, and no other."""
    characters = sorted(set("".join(TASTY) + "差评"))
    build_font(tmp_path / "chinese.otf", characters, truetype=False)
    return install(tmp_path / "chinese.otf", monkeypatch)


@pytest.fixture
def draw(tmp_path, caplog):
    """Return a function that writes a figure and fails at any warning."""

    def write(figure, suffix="png"):
        path = tmp_path / f"figure.{suffix}"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            figure.savefig(path)
        assert not [entry for entry in caplog.records if entry.name.startswith("matplotlib")]
        return path

    return write
