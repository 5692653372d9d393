"""Command-line arguments that benchmarks share."""
import pathlib


def add_places(parser, poise_help=None):
    """Where the tool, the data and the results are."""
    parser.add_argument("--poise", type=pathlib.Path, default="build/release/bin/poise", help=poise_help)
    parser.add_argument("--data-dir", type=pathlib.Path, default="../shared/data")
    parser.add_argument("--work-dir", type=pathlib.Path, default="build/bench")


def choose(parser, text, known, kind):
    """The names in comma-separated `text`; ends with a usage error at one that is not known."""
    names = text.split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"unknown {kind} {unknown[0]}; there are {', '.join(known)}")
    return names


def need_poise(parser, path):
    if not path.exists():
        parser.error(f"no Poise at {path}: build it, or give --poise")
