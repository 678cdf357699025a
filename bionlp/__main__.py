"""``python -m bionlp`` is ``bionlp``."""

from bionlp.cli import main

main()
