"""scripts/bench.sh telemetry: time of training with --telemetry light and full beside off, in pairs turn about."""
import argparse
import json
import statistics
import sys
import tempfile
import time

from common.arguments import add_places, need_poise, parse
from common.processes import busy_seconds, share_of_others
from common.spread import markdown_head, markdown_row, spread
from common.tool import poise

HIDDEN = ("128", "512,256")
LEVELS = ("light", "full")
AIM = 5  # percent, of light
TITLES = ("network", "telemetry", "seconds off", "seconds with", "overhead of the pairs, %", "its own account, %",
          "measurements", "rows", "aim", "other work")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh telemetry", description=__doc__)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--hidden", default=";".join(HIDDEN), help="networks, with semicolons between: %(default)s")
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=0, help="default: Poise's own choice, 20 of MNIST")
    parser.add_argument("--threads", type=int, default=2)
    add_places(parser)
    arguments = parse(parser)
    need_poise(parser, arguments.poise)
    return arguments


def train(arguments, hidden, level):
    epochs = ["--epochs", arguments.epochs] if arguments.epochs else []
    with tempfile.TemporaryDirectory(dir=arguments.work_dir) as folder:
        result = poise(arguments.poise, "train", arguments.data, "--hidden", hidden, "--telemetry", level, *epochs,
                       "--threads", arguments.threads, "--out", f"{folder}/run", data_dir=arguments.data_dir)
    kept = {name: result[name] for name in ("seconds", "train_seconds", "epochs", "architecture")}
    return kept | dict(telemetry=result.get("telemetry"), test=result["test"]["accuracy"])


def pairs(arguments, hidden, level, raw):
    """[(off, with), …] and the share of the processors that others had meanwhile. A pair's order alternates; the first
    pair warms up and does not count."""
    found, before, start = [], None, 0.0
    for k in range(arguments.repetitions + 1):
        if k == 1:
            before, start = busy_seconds(), time.perf_counter()
        names = ("off", level) if k % 2 else (level, "off")
        runs = {name: train(arguments, hidden, name) for name in names}
        if k == 0:
            continue
        found.append((runs["off"], runs[level]))
        if runs["off"]["test"] != runs[level]["test"]:
            raise SystemExit(f"telemetry has changed the training: {runs}")
        raw.write(json.dumps(dict(hidden=hidden, level=level, pair=k, off=runs["off"], on=runs[level])) + "\n")
        raw.flush()
        print(f"{hidden} {level}, pair {k}: {runs['off']['seconds']:.3f} s, {runs[level]['seconds']:.3f} s", file=sys.stderr)
    return found, share_of_others(before, busy_seconds(), time.perf_counter() - start)


def row(level, found, others):
    overheads = [100 * (on["seconds"] / off["seconds"] - 1) for off, on in found]
    own = [100 * on["telemetry"]["seconds"] / (on["seconds"] - on["telemetry"]["seconds"]) for _, on in found]
    aim = "–" if level != "light" else f"< {AIM} %: {'met' if statistics.median(overheads) < AIM else 'missed'}"
    told = found[0][1]["telemetry"]
    return markdown_row([found[0][0]["architecture"], level, spread([off["seconds"] for off, _ in found]),
                         spread([on["seconds"] for _, on in found]), spread(overheads, 2), spread(own, 2),
                         told["measurements"], told["rows"], aim, f"{100 * others:.0f} %"])


def main():
    arguments = parse_arguments()
    arguments.work_dir.mkdir(parents=True, exist_ok=True)
    print(markdown_head(TITLES), flush=True)
    with open(arguments.work_dir / "telemetry.jsonl", "a", encoding="utf-8") as raw:
        for hidden in arguments.hidden.split(";"):
            for level in arguments.levels.split(","):
                print(row(level, *pairs(arguments, hidden, level, raw)), flush=True)
    print(f"\nMedian [min–max] of {arguments.repetitions} pairs, {arguments.threads} threads; seconds are those of training, "
          "validation and telemetry included.")


main()
