"""``bionlp embeddings``: train word vectors on one's own text, and look at a file of them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bionlp.progress import Reporter
from bionlp.text import guess_language, read_texts, tokenize

app = typer.Typer(help="Train and inspect word vectors.", no_args_is_help=True)


@app.command(epilog="Example: bionlp embeddings train reviews.txt --out reviews.bin --epochs 10")
def train(
    text_file: Annotated[
        Path, typer.Argument(metavar="TEXTFILE", help="Text in UTF-8, one sentence a line.")
    ],
    out: Annotated[Path, typer.Option(help="File to write: .bin or .txt, in word2vec format.")],
    language: Annotated[
        str | None, typer.Option(help="en or zh. Default: guessed from the characters.")
    ] = None,
    dimension: Annotated[int, typer.Option(min=1, help="Length of a vector.")] = 300,
    window: Annotated[int, typer.Option(min=1, help="Neighbours to each side of a word.")] = 5,
    min_count: Annotated[int, typer.Option(min=1, help="Leave rarer words out.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the text.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the training.")] = 0,
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


@app.command(epilog="Example: bionlp embeddings info reviews.bin --json")
def info(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A file, the name of one in $BIONLP_EMBEDDINGS_DIR, or a name of gensim's.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the format, the size and the moments of word vectors."""
    facts = _facts(source)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for name, value in facts.items():
        typer.echo(f"{name:10} {value}")


def _facts(source: str) -> dict[str, Any]:
    from bionlp.embeddings import (
        detect_format,
        find_word_vectors,
        load_word_vectors,
        table_moments,
    )

    path = find_word_vectors(source)
    vectors = load_word_vectors(source)
    mu, sigma = table_moments(vectors.vectors)
    return {
        "source": source if path is None else str(path),
        "format": "gensim download" if path is None else detect_format(path),
        "words": len(vectors),
        "dimension": vectors.vector_size,
        "mu": mu,
        "sigma": sigma,
    }
