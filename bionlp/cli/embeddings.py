"""``bionlp embeddings``: train word vectors, counter-fit and join them, look at a file of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.options import SkipUndecodable
from bionlp.cli.output import print_json
from bionlp.limits import MOST_DIMENSION, MOST_EPOCHS
from bionlp.progress import Reporter
from bionlp.text import guess_language, read_texts, tokenize

app = typer.Typer(
    help="Train and inspect word vectors.",
    no_args_is_help=True,
    epilog="Example: bionlp embeddings info reviews.bin",
)


@app.command(epilog="Example: bionlp embeddings train reviews.txt --out reviews.bin --epochs 10")
def train(
    text_file: Annotated[
        Path, typer.Argument(metavar="TEXTFILE", help="Text in UTF-8, one sentence a line.")
    ],
    out: Annotated[Path, typer.Option(help="File to write: .bin or .txt, in word2vec format.")],
    language: Annotated[
        str | None, typer.Option(help="en or zh. Default: guessed from the characters.")
    ] = None,
    dimension: Annotated[
        int, typer.Option(min=1, max=MOST_DIMENSION, help="Length of a vector.")
    ] = 300,
    window: Annotated[
        int, typer.Option(min=1, max=1_000, help="Neighbours to each side of a word.")
    ] = 5,
    min_count: Annotated[int, typer.Option(min=1, max=10**9, help="Leave rarer words out.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, max=MOST_EPOCHS, help="Passes over the text.")] = 5,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of the training.")] = 0,
) -> None:
    """Train skip-gram word vectors on a text; the same text and seed give the same vectors."""
    from bionlp.embeddings.training import check_suffix, save_word_vectors, train_word_vectors

    check_suffix(out)
    texts = read_texts(text_file)
    language = language or guess_language(texts)
    reporter = Reporter()
    with reporter.bar("words", len(texts)) as bar:
        sentences = []
        for text in texts:
            sentences.append(tokenize(text, language))
            bar.advance(1)
    with reporter.bar("epochs", epochs) as bar:
        vectors = train_word_vectors(
            sentences,
            dimension=dimension,
            window=window,
            min_count=min_count,
            epochs=epochs,
            seed=seed,
            on_epoch=lambda done: bar.advance(1),
        )
    save_word_vectors(vectors, out)
    typer.echo(f"{out}: {len(vectors)} words of dimension {vectors.vector_size}")


@app.command(
    epilog="Example: bionlp embeddings counterfit glove.bin --out synonyms.npz --words 20000"
)
def counterfit(
    source: Annotated[
        str,
        typer.Argument(
            metavar="VECTORS",
            help="A file, the name of one in $BIONLP_EMBEDDINGS_DIR, or a name of gensim's.",
            autocompletion=completion.word_vectors,
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="File to write: .bin or .txt for vectors, .npz for neighbours.")
    ],
    wordnet: Annotated[
        Path | None, typer.Option(help="Folder of WordNet. Default: that of this machine.")
    ] = None,
    words: Annotated[
        int, typer.Option(min=2, max=10**7, help="So many words at most, the first of the file.")
    ] = 37_000,
    neighbours: Annotated[
        int, typer.Option(min=1, max=255, help="Neighbours of a word in a .npz.")
    ] = 15,
    epochs: Annotated[
        int, typer.Option(min=1, max=MOST_EPOCHS, help="Passes over all pairs.")
    ] = 20,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of their order.")] = 0,
) -> None:
    """Move word vectors until WordNet's synonyms are near and antonyms far.

    Only lower-case words of two letters or more are taken, no numbers and no marks.
    """
    from bionlp.embeddings import read_word_vectors
    from bionlp.embeddings.counterfit import counterfit, plain_words, wordnet_pairs
    from bionlp.embeddings.neighbours import SUFFIX
    from bionlp.embeddings.training import check_suffix
    from bionlp.wordnet import find_wordnet

    if out.suffix != SUFFIX:
        check_suffix(out)
    thesaurus = find_wordnet(wordnet)
    names, vectors = plain_words(read_word_vectors(source).vectors, words)
    synonyms, antonyms = wordnet_pairs(thesaurus, names)
    reporter = Reporter()
    with reporter.bar("epochs", epochs) as bar:
        moved = counterfit(
            vectors,
            synonyms,
            antonyms,
            epochs=epochs,
            seed=seed,
            on_epoch=lambda done: bar.advance(1),
        )
    _save_fitted(names, moved, out, neighbours)
    typer.echo(
        f"{out}: {len(names)} words, {len(synonyms)} pairs of synonyms, {len(antonyms)} of antonyms"
    )


def _save_fitted(names: list[str], vectors: Any, out: Path, neighbours: int) -> None:
    from bionlp.embeddings import save_word_vectors
    from bionlp.embeddings.neighbours import SUFFIX, nearest_neighbours, save_neighbours

    if out.suffix == SUFFIX:
        save_neighbours(nearest_neighbours(names, vectors, number=neighbours), out)
        return
    from gensim.models import KeyedVectors

    fitted = KeyedVectors(vectors.shape[1])
    fitted.add_vectors(names, vectors)
    save_word_vectors(fitted, out)


@app.command(
    epilog="Example: bionlp embeddings join minilm.bin glove.bin --dimension 300 --out both.bin"
)
def join(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="VECTORS...",
            help="Two or more: files, names in $BIONLP_EMBEDDINGS_DIR, or names of gensim's.",
            autocompletion=completion.word_vectors,
        ),
    ],
    out: Annotated[Path, typer.Option(help="File to write: .bin or .txt, in word2vec format.")],
    dimension: Annotated[
        int, typer.Option(min=1, max=MOST_DIMENSION, help="Length of a vector that comes out.")
    ] = 300,
) -> None:
    """Join word vectors of different origin: all words that any of them has.

    Tables are centred, scaled to one length and set side by side; what a word
    lacks is said by what it has, and the principal axes are kept.
    """
    from bionlp.embeddings import load_word_vectors, save_word_vectors
    from bionlp.embeddings.joining import join_word_vectors
    from bionlp.embeddings.training import check_suffix

    check_suffix(out)
    tables = []
    reporter = Reporter()
    with reporter.bar("tables", len(sources) + 1) as bar:
        for source in sources:
            tables.append(load_word_vectors(source))
            bar.advance(1)
        joined = join_word_vectors(tables, dimension)
        bar.advance(1)
    save_word_vectors(joined, out)
    typer.echo(f"{out}: {len(joined)} words of dimension {dimension}")


@app.command(epilog="Example: bionlp embeddings info reviews.bin --json")
def info(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A file, the name of one in $BIONLP_EMBEDDINGS_DIR, or a name of gensim's.",
            autocompletion=completion.word_vectors,
        ),
    ],
    skip_undecodable: SkipUndecodable = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the format, the size and the moments of word vectors, and what was left out of them."""
    facts = _facts(source, skip_undecodable)
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        typer.echo(f"{name:11} {value}")


def _facts(source: str, skip_undecodable: bool) -> dict[str, Any]:
    from bionlp.embeddings import find_word_vectors, read_word_vectors, table_moments

    path = find_word_vectors(source)
    found = read_word_vectors(source, skip_undecodable=skip_undecodable)
    mu, sigma = table_moments(found.vectors.vectors)
    return {
        "source": source if path is None else str(path),
        "format": "gensim download" if path is None else found.format,
        "words": len(found.vectors),
        "dimension": found.vectors.vector_size,
        "duplicates": found.left_out.duplicates,
        "undecodable": found.left_out.undecodable,
        "unnamed": found.left_out.unnamed,
        "mu": mu,
        "sigma": sigma,
    }
