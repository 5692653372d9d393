"""Command-line arguments that benchmarks share."""
import pathlib

from common import results


def add_places(parser, poise_help=None):
    """Where the tool, the data and the results are."""
    parser.add_argument("--poise", type=pathlib.Path, default="build/release/bin/poise", help=poise_help)
    parser.add_argument("--data-dir", type=pathlib.Path, default="../shared/data")
    parser.add_argument("--work-dir", type=pathlib.Path, default="build/bench")


def parse(parser):
    """The arguments; with --save, tables printed from here on are written to a file of results, too."""
    parser.add_argument("--save", nargs="?", const=results.FOLDER, type=pathlib.Path, metavar="FOLDER",
                        help=f"write the tables to FOLDER/<today>/<benchmark>.md, too (default: {results.FOLDER})")
    arguments = parser.parse_args()
    if arguments.save:
        results.save(arguments.save, parser.prog)
    return arguments


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
