"""scripts/bench.sh whole: seconds of whole processes, train, evaluate and predict, on generated arrays.

Several --poise are compared in alternating runs. The arrays are deleted afterwards.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import sys
import time

from common.arguments import choose, need_poise, parse
from common.processes import failure, run
from common.spread import markdown_head, markdown_row, spread
from whole.problems import PROBLEMS

LIMIT = 3600  # seconds of a process


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh whole", description=__doc__)
    parser.add_argument("--problems", default="million,classes", help="comma-separated; default: %(default)s")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--poise", type=pathlib.Path, action="append", help="default: build/release/bin/poise")
    parser.add_argument("--work-dir", type=pathlib.Path, default="build/bench")
    arguments = parse(parser)
    arguments.problems = choose(parser, arguments.problems, PROBLEMS, "problem")
    arguments.poise = arguments.poise or [pathlib.Path("build/release/bin/poise")]
    for binary in arguments.poise:
        need_poise(parser, binary)
    return arguments


class Commands:
    """The commands of one tool on one problem; each gives {wall, others, …}."""

    def __init__(self, binary, files, folder):
        self.binary, self.folder = binary, folder
        self.data = [files[0], "--labels", files[1]]

    def run(self, *words):
        finished = run([self.binary, *words, "--quiet"], LIMIT, None, self.folder)
        if finished.code != 0:
            raise SystemExit(f"{self.binary} {words[0]} {failure(finished)}")
        return dict(wall=finished.seconds, others=finished.others, peak_mib=finished.peak_mib), finished.stdout

    def train(self):
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        record, text = self.run("train", *self.data, "--out", self.folder / "run", "--json")
        result = json.loads(text)
        writing = result["seconds_write"] - result.get("seconds_measure", 0)
        needed = result["seconds_read"] + result["seconds"] + writing
        return record | dict(read=result["seconds_read"], train=result["seconds"], needed=needed,
                             temperature=result["train"]["temperature"])

    def evaluate(self):
        return self.run("evaluate", self.folder / "run", *self.data, "--json")[0]

    def predict(self):
        return self.run("predict", self.folder / "run", self.data[0], "--proba", "-o", self.folder / "p.csv")[0]


def measure(arguments, problem, raw):
    """{tool: {command: [records]}}, the tools in turn."""
    folder = arguments.work_dir / "whole"
    files = problem.write(folder)
    tools = {str(binary): Commands(binary, files, folder / f"tool{k}") for k, binary in enumerate(arguments.poise)}
    records = {name: dict(train=[], evaluate=[], predict=[]) for name in tools}
    for repetition in range(arguments.repetitions):
        for command in ("train", "evaluate", "predict"):
            for name, tool in tools.items():
                record = getattr(tool, command)()
                records[name][command].append(record)
                raw.write(json.dumps(record | dict(problem=problem.name, tool=name, command=command)) + "\n")
                print(f"{problem.name} {repetition + 1}: {name} {command}: {record['wall']:.3g} s, others took "
                      f"{record['others']:.0%} of the machine", file=sys.stderr)
    problem.remove(folder)
    for tool in tools.values():
        shutil.rmtree(tool.folder, ignore_errors=True)
    return records


def row(name, records):
    train = records["train"]
    ratios = [record["wall"] / record["needed"] for record in train]
    return markdown_row([name, *(spread([record[key] for record in train]) for key in ("read", "train", "wall")),
                         spread(ratios), *(spread([record["wall"] for record in records[command]])
                                           for command in ("evaluate", "predict")),
                         spread([record["peak_mib"] for record in train], 4)])


def table(problem, records):
    busy = statistics.median(record["others"] for tool in records.values() for runs in tool.values() for record in runs)
    titles = ["tool", "reading, s", "training, s", "`train`, whole, s", "whole over reading + training + writing",
              "`evaluate`, s", "`predict --proba`, s", "peak memory, MiB"]
    lines = [f"### {problem.name}: {problem.rows:,}×{problem.columns}, {problem.classes} classes\n", markdown_head(titles)]
    lines += [row(name, records[name]) for name in records]
    return "\n".join(lines) + f"\n\nOther work took {busy:.0%} of the machine (median of the runs).\n"


def main():
    arguments = parse_arguments()
    arguments.work_dir.mkdir(parents=True, exist_ok=True)
    with open(arguments.work_dir / "whole.jsonl", "a", encoding="utf-8") as raw:
        raw.write(json.dumps(dict(session=time.strftime("%Y-%m-%dT%H:%M:%S"))) + "\n")
        for name in arguments.problems:
            print(table(PROBLEMS[name], measure(arguments, PROBLEMS[name], raw)), flush=True)


main()
