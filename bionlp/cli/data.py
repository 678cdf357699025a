"""``bionlp data``: see which datasets are known and here, and download them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bionlp.cli import completion
from bionlp.cli.output import print_json
from bionlp.datasets.known import KnownDataset
from bionlp.datasets.loading import data_folder, is_present, load_dataset
from bionlp.datasets.registry import KNOWN
from bionlp.errors import DatasetError

app = typer.Typer(
    help="List and download datasets.", no_args_is_help=True, epilog="Example: bionlp data list"
)

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Folder of the datasets. Default: $BIONLP_DATA_DIR, else the user's cache folder.",
    ),
]
_PARTS = ("train", "dev", "test")
_ROW = "{:10} {:8} {:>7} {:>7} {:>6} {:>6}  {}"


@app.command("list", epilog="Example: bionlp data list --json")
def list_datasets(
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the known datasets, their sizes and where they are."""
    folder = data_folder(data_dir)
    entries = [_entry(known, folder) for known in KNOWN.values()]
    if as_json:
        document = {"data_dir": str(folder), "datasets": entries}
        print_json(document)
        return
    typer.echo(_ROW.format("name", "language", "classes", *_PARTS, "where"))
    for entry in entries:
        typer.echo(_line(entry))


@app.command(epilog="Example: bionlp data fetch mr sst2")
def fetch(
    names: Annotated[
        list[str],
        typer.Argument(
            help="Names of datasets; see bionlp data list.",
            autocompletion=completion.known_datasets,
        ),
    ],
    data_dir: DataDir = None,
    mirror: Annotated[
        str | None,
        typer.Option(help="Address of a folder with copies of all published files."),
    ] = None,
) -> None:
    """Download datasets; a broken download is continued."""
    from bionlp.datasets.fetch import fetch_dataset, known_dataset

    for name in names:
        known_dataset(name)
    folder = data_folder(data_dir)
    for name in names:
        with _progress_bar() as progress:
            written = fetch_dataset(name, folder, mirror=mirror, progress=_Reporter(progress))
        state = "downloaded to" if written else "was already in"
        typer.echo(f"{name} {state} {folder}; cite {KNOWN[name].citation}")


class _Reporter:
    """Shows one bar for each file that is downloaded."""

    def __init__(self, progress: Any) -> None:
        self.progress = progress
        self.bars: dict[str, Any] = {}

    def __call__(self, file: str, done: int, total: int | None) -> None:
        if file not in self.bars:
            self.bars[file] = self.progress.add_task(file)
        self.progress.update(self.bars[file], completed=done, total=total)


def _progress_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    # On standard error, since standard output is for results, and only where somebody looks.
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _entry(known: KnownDataset, folder: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": known.name,
        "title": known.title,
        "language": known.language,
        "classes": list(known.label_names),
        "citation": known.citation,
        "found": None,
        "splits": None,
        "problem": None,
    }
    if is_present(known, folder):
        entry["found"] = str((folder / known.files[0].path).parent)
        try:
            dataset = load_dataset(known.name, data_dir=folder)
            entry["splits"] = {part: len(dataset.split(part)) for part in _PARTS}
        except DatasetError as error:
            # One damaged dataset must not hide the others.
            entry["problem"] = str(error)
    return entry


def _line(entry: dict[str, Any]) -> str:
    sizes = entry["splits"] or dict.fromkeys(_PARTS, "-")
    place = entry["problem"] or entry["found"] or "not here"
    return _ROW.format(
        entry["name"], entry["language"], len(entry["classes"]), *sizes.values(), place
    )
