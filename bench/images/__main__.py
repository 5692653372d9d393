"""scripts/bench.sh images: an epoch of MNIST through the convolutional network of the dual process's paper (206,922
parameters, batches of 64), by Poise and by PyTorch in turn.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from common.arguments import add_places, need_poise, parse
from common.spread import markdown_head, markdown_row, spread
from common.tool import poise

LAYERS = "conv:16x3,pool:2,conv:32x3,pool:2,dropout:0.25,dense:128"
RATE, MOMENTUM = 0.016, 0.874
PEER = pathlib.Path(__file__).with_name("torch_peer.py")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh images", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    add_places(parser)
    arguments = parse(parser)
    need_poise(parser, arguments.poise)
    return arguments


def own(arguments, threads):
    with tempfile.TemporaryDirectory() as folder:
        run = poise(arguments.poise, "train", "mnist", "--layers", LAYERS, "--scale", "none", "--l2", 0, "--step", "sgd",
                    "--learning-rate", RATE, "--momentum", MOMENTUM, "--batch", 64, "--epochs", arguments.epochs,
                    "--validation", 0, "--threads", threads, "--test", "mnist:test", "--out", f"{folder}/run",
                    data_dir=arguments.data_dir)
    return run["train_seconds"] / arguments.epochs, run["test"]["accuracy"]


def torch(arguments, threads, memory):
    words = [sys.executable, PEER, arguments.data_dir / "mnist", threads, arguments.epochs, RATE, MOMENTUM, memory]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return statistics.mean(found["seconds"]), found["accuracy"]


def main():
    arguments = parse_arguments()
    tools = {"Poise": own, "PyTorch": lambda a, t: torch(a, t, "contiguous"),
             "PyTorch, channels last": lambda a, t: torch(a, t, "channels_last")}
    print(markdown_head(("threads", "tool", "seconds an epoch", "against Poise", "test accuracy")))
    for threads in arguments.threads:
        found = {name: [] for name in tools}
        for _ in range(arguments.repetitions):
            for name, run in tools.items():
                found[name].append(run(arguments, threads))
        base = statistics.median(seconds for seconds, _ in found["Poise"])
        for name, runs in found.items():
            seconds = [s for s, _ in runs]
            print(markdown_row((threads, name, spread(seconds), f"{statistics.median(seconds) / base:.2f}",
                                spread([100 * a for _, a in runs], 4))))


if __name__ == "__main__":
    main()
