"""scripts/bench.sh network: samples a second of training and inference, Poise and its peers turn about in one run."""
import argparse
import json
import sys
import time

from common.arguments import add_places, choose, need_poise, parse
from common.limits import measure_limits
from common.processes import libraries
from network.build_dlib import build_dlib
from network.contest import contest
from network.entries import inference_peers, own_inference, own_rules, own_training, training_peers
from network.nets import NETS, data_folder
from network.runs import Runner
from network.table import inference_section, training_section

BATCHES = (1, 1000)
PARTS = ("training", "inference")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh network", description=__doc__)
    parser.add_argument("--nets", default=",".join(NETS), help="comma-separated; default: %(default)s")
    parser.add_argument("--parts", default=",".join(PARTS), help="comma-separated; default: %(default)s")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--budget", type=float, default=2, help="seconds a run is timed for (default %(default)s)")
    parser.add_argument("--peers", default="", help="only peers whose name contains one of these comma-separated words")
    parser.add_argument("--without-poise", action="store_true", help="measure the peers alone")
    add_places(parser)
    arguments = parse(parser)
    for given, known in ((arguments.nets, NETS), (arguments.parts, PARTS)):
        choose(parser, given, known, "name")
    if not arguments.without_poise:
        need_poise(parser, arguments.poise)
    return arguments


class Session:
    """One invocation: keeps the records and appends each to the raw results as soon as it is there."""

    def __init__(self, arguments):
        self.arguments, self.folder = arguments, arguments.work_dir / "runs/network"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.raw = open(arguments.work_dir / "network.jsonl", "a", encoding="utf-8")
        self.started = time.strftime("%Y-%m-%dT%H:%M:%S")
        self.dlib = build_dlib(arguments.work_dir) if self.chosen("dlib") else None

    def chosen(self, label):
        return any(word in label for word in self.arguments.peers.split(","))

    def entries(self, own, peers):
        """Those the options ask for; Poise's families only where a peer is measured against them."""
        own = [] if self.arguments.without_poise else own
        peers = [entry for entry in peers if self.chosen(entry.label)]
        wanted = {entry.against for entry in peers}
        return [entry for entry in own if entry.family in wanted or not peers], peers

    def contest(self, runner, own, peers, batch=None):
        def measured(entry, repetition, tags):
            record = runner(entry, repetition, batch) | tags
            record |= dict(net=runner.net.name, batch=batch or runner.net.batch, session=self.started,
                           part="training" if batch is None else "inference")
            self.raw.write(json.dumps(record) + "\n")
            self.raw.flush()
            shown = f"{record['rate']:,.0f} rows/s" if record["rate"] else "no result"
            print(f"{runner.net.name} {record['part']} {record['batch']}, {repetition + 1}: {entry.label}: {shown} "
                  f"{record['remark']}", file=sys.stderr)
            return record

        own, peers = self.entries(own, peers)
        return contest(own, peers, self.arguments.repetitions, measured)

    def peak(self):
        """Flops a second of a large float32 product on two threads, by the faster BLAS. Other work only lowers it."""
        return max(measure_limits(1 << 20, self.folder, blas)["flops_per_second"] for blas in libraries())

    def train(self, net, runner):
        peers = training_peers(self.dlib) + ([] if self.arguments.without_poise else own_rules())
        before = self.peak()
        records = self.contest(runner, own_training(), peers)
        print(training_section(net, records, max(before, self.peak())), flush=True)

    def infer(self, net, runner):
        own = own_inference()
        if not self.arguments.without_poise:
            runner.train(own_training()[0], 0, out="trained")
        for batch in BATCHES:
            before = self.peak()
            records = self.contest(runner, own, inference_peers(), batch)
            print(inference_section(net, batch, records, max(before, self.peak())), flush=True)


def main():
    arguments = parse_arguments()
    session = Session(arguments)
    for name in arguments.nets.split(","):
        net = NETS[name]
        runner = Runner(net, data_folder(net, arguments.work_dir, arguments.data_dir), arguments, session.folder, session.dlib)
        if "training" in arguments.parts.split(","):
            session.train(net, runner)
        if "inference" in arguments.parts.split(","):
            session.infer(net, runner)


main()
