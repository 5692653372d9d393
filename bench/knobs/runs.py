"""Single trainings, each a process with one thread, several at a time."""
import concurrent.futures
import json
import shutil
import subprocess
import sys
import tempfile

from common.processes import environment
from common.tool import ToolError, poise

VALIDATION = "0.2"  # of the training rows, for everyone: the grid is chosen by it, the best epoch is kept by it


def train(tool, case, hidden, seed, settings=(), factor=1, extra=(), validation=VALIDATION):
    """A run of Poise: its JSON, reduced; `validation`: the share held out, None: by default. A run that fails or
    diverges has accuracy 0 and says so."""
    folder = tempfile.mkdtemp(dir=case.folder)
    try:
        result = poise(tool, "train", case.path("train", factor), "--test", case.path("test", factor), "--hidden", hidden,
                       *(("--validation", validation) if validation else ()), "--seed", seed, "--threads", 1, "--out", f"{folder}/run", *settings,
                       *extra)
    except ToolError as error:
        result = dict(status=f"failed: {error}"[-300:])
        print(result["status"], file=sys.stderr)
    finally:
        shutil.rmtree(folder)
    test = result.get("test") or {}
    return dict(test=test.get("accuracy") or 0.0, validation=result.get("validation"), status=result["status"],
                seconds=result.get("seconds", 0.0), epochs=result.get("epochs"))


def fit_sklearn(case, hidden, seed, standardized):
    """A run of MLPClassifier, remembered on disk: it does not change when Poise does."""
    kept = case.folder / f"sklearn-{hidden}-{seed}-{int(standardized)}.json"
    if not kept.exists():
        command = [sys.executable, "-m", "knobs.sklearn_peer", case.folder, hidden, seed, int(standardized)]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True, env=environment(1))
        kept.write_text(done.stdout)
    return json.loads(kept.read_text())


class Pool:
    """Runs tasks, `jobs` at a time, in the order given; each result is also written to the raw results."""

    def __init__(self, jobs, raw):
        self.executor, self.raw = concurrent.futures.ThreadPoolExecutor(jobs), raw

    def results(self, function, calls, **tags):
        """`calls`: dicts of keyword arguments of `function`; `tags` go to the raw results with them."""
        futures = [self.executor.submit(function, **call) for call in calls]
        found = [future.result() for future in futures]
        for call, result in zip(calls, found):
            plain = {name: value for name, value in call.items() if name not in ("tool", "case")}
            self.raw.write(json.dumps(plain | result | tags) + "\n")
        self.raw.flush()
        return found
