"""scripts/bench.sh readers: megabytes a second on one thread, Poise against numpy.loadtxt and load_svmlight_file."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

from common.arguments import parse
from common.processes import environment
from readers.files import make_files

LOADTXT = "numpy.loadtxt(path, delimiter=',')"
SVMLIGHT = "sklearn.datasets.load_svmlight_file(path)"


def time_python(expression, path):
    """Seconds of one reading in a fresh interpreter, imports excluded."""
    program = ("import sys, time, numpy, sklearn.datasets; path = sys.argv[1]; start = time.perf_counter(); "
               f"{expression}; print(time.perf_counter() - start)")
    return float(subprocess.run([sys.executable, "-c", program, path], check=True, capture_output=True, text=True,
                                env=environment(1)).stdout)


def time_poise(binary, path):
    command = [binary, "inspect", path, "--threads", "1", "--json"]
    result = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(1))
    return json.loads(result.stdout)["seconds_read"]


def measure(arguments, path, expression):
    """Both readers in turn, after one reading that brings the file into the page cache: (Poise, peer) a repetition."""
    path.read_bytes()
    return [(time_poise(arguments.poise, path), time_python(expression, path)) for _ in range(arguments.repetitions)]


def spread(values, form):
    return f"{statistics.median(values):{form}} [{min(values):{form}}–{max(values):{form}}]"


def row(path, tool, pairs):
    megabytes = path.stat().st_size / 1e6
    own, peer = ([megabytes / pair[side] for pair in pairs] for side in (0, 1))
    ratios = [second / first for first, second in pairs]
    cells = [f"{path.name}, {megabytes:.0f} MB", spread(own, ".0f"), tool, spread(peer, ".0f"), spread(ratios, ".1f")]
    return "| " + " | ".join(cells) + " |"


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh readers", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--poise", type=pathlib.Path, default="build/release/bin/poise")
    parser.add_argument("--work-dir", type=pathlib.Path, default="build/bench")
    arguments = parse(parser)
    if not arguments.poise.exists():
        parser.error(f"no Poise at {arguments.poise}: build it, or give --poise")
    return arguments


def main():
    arguments = parse_arguments()
    reals, integers, libsvm = make_files(arguments.work_dir / "readers")
    print("| file | Poise, MB/s | peer | peer, MB/s | ratio |\n|---|---|---|---|---|")
    for path, expression in ((reals, LOADTXT), (integers, LOADTXT), (libsvm, SVMLIGHT)):
        pairs = measure(arguments, path, expression)
        print(row(path, expression.split("(")[0], pairs), flush=True)
        record = dict(file=path.name, bytes=path.stat().st_size, ended=time.time(), seconds=pairs)
        with open(arguments.work_dir / "readers.jsonl", "a", encoding="utf-8") as raw:
            raw.write(json.dumps(record) + "\n")
    print("\nMedian [min–max], one thread, file in the page cache, turn about.")


main()
