"""Build the documentation: warnings are errors, examples are run, links are checked.

``make docs`` calls it; ``python docs/build.py --help`` tells its options.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))

from site_links import broken_links  # noqa: E402

OUT = HERE / "_build"
OLDEST = (3, 11)
"""Python that MyST-Parser and Sphinx want."""
SECONDS = 1800
"""That a build may take, so that none hangs in a queue."""


def main() -> int:
    """Build, and say what is wrong; return the exit code."""
    parser = argparse.ArgumentParser(description="Build the documentation into docs/_build/html.")
    parser.add_argument("--no-gallery", action="store_true", help="do not run the examples")
    parser.add_argument("--external", action="store_true", help="look at links to other sites")
    parser.add_argument("--limit", type=int, default=SECONDS, help="seconds (default: %(default)s)")
    options = parser.parse_args()
    if sys.version_info < OLDEST:
        print("pages are built with Python 3.11 or newer, as in: make PYTHON=python3.11 docs")
        return 1
    builder = "linkcheck" if options.external else "html"
    gallery = not (options.no_gallery or options.external)
    flags = ["-b", builder, "-W", "--keep-going", "-q"]
    # Examples show figures and print; one thread makes them the same on every machine.
    environment = {
        **os.environ,
        "BIONLP_DOCS_GALLERY": str(int(gallery)),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
    }
    command = [sys.executable, "-m", "sphinx", *flags, str(HERE), str(OUT / builder)]
    try:
        done = subprocess.run(command, env=environment, timeout=options.limit).returncode
    except subprocess.TimeoutExpired:
        print(f"the build took more than {options.limit} s; see --limit", file=sys.stderr)
        return 1
    if done or options.external:
        return done
    broken = broken_links(OUT / builder)
    for link in broken:
        print(f"broken link in {link}", file=sys.stderr)
    if not broken:
        print(f"no broken link; open {OUT / builder / 'index.html'}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
