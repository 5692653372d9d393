"""scripts/bench.sh calibration: cross-entropy and calibration error on test rows before and after `train --calibrate`,
beside scikit-learn's CalibratedClassifierCV on the same classifier and the same held-out rows.
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile

import numpy as np

from calibration.data import HIDDEN, open_data, held_out_rows
from calibration.peers import METHODS, calibrated, metrics, softmax
from common.arguments import add_places, choose, need_poise, parse
from common.spread import markdown_head, markdown_row
from common.tool import poise

SHARE = 0.1
COLUMNS = ("as trained", "Poise, temperature", *(f"scikit-learn, {method}" for method in METHODS))
TITLES = ("data", "model", "temperature", *(f"CE {name}" for name in COLUMNS), *(f"ECE {name}" for name in COLUMNS),
          "accuracy " + COLUMNS[0], *(f"accuracy {name}" for name in COLUMNS[2:]))


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh calibration", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=",".join(HIDDEN), help="comma-separated; default: %(default)s")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    add_places(parser)
    arguments = parse(parser)
    arguments.data = choose(parser, arguments.data, HIDDEN, "data")
    need_poise(parser, arguments.poise)
    return arguments


def scores_of(arguments, run, rows, labels, temperature):
    """Scores as trained, from the calibrated probabilities (z = T ln p, up to a constant a row), and label numbers."""
    found = poise(arguments.poise, "predict", run, rows, "--proba", data_dir=arguments.data_dir)
    number = {name: c for c, name in enumerate(found["classes"])}
    scores = temperature * np.log(np.maximum(np.array(found["probabilities"]), 1e-300))
    return scores, np.array([number[str(label)] for label in labels])


def experiment(arguments, data, hidden, seed):
    """Metrics on the test rows under the names of COLUMNS, and the temperature."""
    with tempfile.TemporaryDirectory(dir=arguments.work_dir) as folder:
        run = pathlib.Path(folder) / "run"
        network = ["--hidden", hidden] if hidden else []
        result = poise(arguments.poise, "train", data.train, "--test", data.test, *network, "--validation", SHARE,
                       "--calibrate", "--seed", seed, "--threads", arguments.threads, "--out", run,
                       data_dir=arguments.data_dir)
        temperature = result["calibration"]["temperature"]
        scores, labels = scores_of(arguments, run, data.train, data.train_labels, temperature)
        test_scores, test_labels = scores_of(arguments, run, data.test, data.test_labels, temperature)
    held = held_out_rows(len(labels), result["calibration"]["rows"], seed)
    before = result["calibration"]["before"]
    again = metrics(softmax(scores[held]), labels[held])["cross_entropy"]
    if abs(again - before["validation"]["cross_entropy"]) > 1e-6 * again:
        raise SystemExit(f"the held-out rows are not those of Poise: cross-entropy {again}, {before['validation']}")
    found = {"as trained": before["test"], "Poise, temperature": result["test"]}
    for method in METHODS:
        probabilities = calibrated(method, scores[held], labels[held], test_scores)
        found[f"scikit-learn, {method}"] = metrics(probabilities, test_labels)
    return temperature, found


def mean(runs, name, key):
    return statistics.mean(found[name][key] for _, found in runs)


def bold_least(values, text):
    """Markdown cells, the least value in bold."""
    return [f"**{text(value)}**" if value == min(values) else text(value) for value in values]


def row(data, model, runs):
    temperatures = [temperature for temperature, _ in runs]
    span = f"{statistics.mean(temperatures):.3f} [{min(temperatures):.3f}–{max(temperatures):.3f}]"
    losses = [mean(runs, name, "cross_entropy") for name in COLUMNS]
    errors = [mean(runs, name, "expected_calibration_error") for name in COLUMNS]
    accuracies = [mean(runs, name, "accuracy") for name in (COLUMNS[0], *COLUMNS[2:])]
    return markdown_row([data, model, span, *bold_least(losses, lambda v: f"{v:.4f}"),
                         *bold_least(errors, lambda v: f"{v:.4f}"), *(f"{100 * v:.2f} %" for v in accuracies)])


def main():
    arguments = parse_arguments()
    arguments.work_dir.mkdir(parents=True, exist_ok=True)
    print(markdown_head(TITLES), flush=True)
    with open(arguments.work_dir / "calibration.jsonl", "a", encoding="utf-8") as raw:
        for name in arguments.data:
            data = open_data(name, arguments.poise, arguments.data_dir, arguments.work_dir)
            for hidden in (None, HIDDEN[name]):
                runs = []
                for seed in range(1, arguments.seeds + 1):
                    print(f"{name}, {hidden or 'softmax layer'}, seed {seed}", file=sys.stderr)
                    runs.append(experiment(arguments, data, hidden, seed))
                    raw.write(json.dumps(dict(data=name, hidden=hidden, seed=seed, temperature=runs[-1][0], **runs[-1][1])) + "\n")
                    raw.flush()
                print(row(name, f"hidden {hidden}" if hidden else "softmax layer", runs), flush=True)
    print(f"\nTest rows, means of {arguments.seeds} seeds; temperature with its range. Everyone calibrates on the same tenth "
          f"of the training rows, by which a network's best epoch was kept, too.")


main()
