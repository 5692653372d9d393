"""One run of one entry as a process of its own, reduced to a record with its rate: samples (or rows) a second."""
import json
import math
import os
import shutil
import sys

from common.processes import environment, failure, openblas_core, run
from network.nets import MOMENTUM

FIRST_GUESS = 100_000  # samples a second, until a run has shown the entry's rate
MOST_EPOCHS = 3000
TRIALS = {"torch_train": "torch_trials", "torch_infer": "torch_infer"}  # peers that try settings first, and with what


class Runner:
    """Runs entries on one network. `budget`: seconds of training or inference a run is timed for."""

    def __init__(self, net, data, arguments, folder, dlib):
        self.net, self.data, self.poise, self.dlib = net, data, arguments.poise, dlib
        self.budget, self.data_dir, self.folder = arguments.budget, arguments.data_dir, folder
        self.rates, self.settings = {}, {}

    def finish(self, command, env):
        finished = run(command, 60 * self.budget + 120, env, self.folder)
        if finished.code != 0:
            return dict(rate=None, remark=failure(finished), others=finished.others)
        return json.loads(finished.stdout) | dict(others=finished.others)

    def __call__(self, entry, repetition, batch=None):
        method = {"poise_train": self.train, "poise_infer": self.infer, "dlib_train": self.train_dlib}.get(entry.module)
        return method(entry, repetition, batch) if method else self.run_python(entry, repetition, batch)

    # Poise

    def own_environment(self):
        return dict(os.environ) | dict(POISE_DATA=str(self.data_dir))

    def train(self, entry, repetition, batch=None, out="run"):
        net, options = self.net, dict(rule="adjoint", step="sgd", precision="float32") | entry.options
        epochs = math.ceil(self.budget * self.rates.get(entry.label, FIRST_GUESS) / net.rows)
        command = [self.poise, "train", net.poise_data, "--hidden", net.hidden, "--activation", net.activation,
                   "--batch", net.batch, "--epochs", min(max(epochs, 2), MOST_EPOCHS), "--seed", repetition + 1,
                   "--threads", entry.threads, "--validation", 0, "--l2", 0, "--out", self.folder / out, "--json", "--quiet"]
        command += [word for name, value in options.items() for word in (f"--{name}", value)]
        if options["step"] == "sgd":
            command += ["--learning-rate", net.learning_rate, "--momentum", MOMENTUM]
        shutil.rmtree(self.folder / out, ignore_errors=True)
        result = self.finish(command, self.own_environment())
        if "samples_per_second" not in result:
            return dict(rate=None, remark=result.get("remark", "no samples_per_second"), others=result["others"])
        self.rates[entry.label] = result["samples_per_second"]
        return dict(rate=result["samples_per_second"], epochs=result["epochs"], accuracy=result["train"]["accuracy"],
                    remark=result["status"], others=result["others"])

    def infer(self, entry, repetition, batch):
        command = [self.poise.parent / "bench_inference", self.folder / "trained/model.onnx", self.net.poise_data,
                   "--batch", batch, "--threads", entry.threads, "--seconds", self.budget]
        result = self.finish(command, self.own_environment())
        return dict(rate=result.get("rows_per_second"), remark=result.get("remark", ""), others=result["others"])

    # Peers

    def spec(self, entry, batch, settings):
        net = self.net
        return dict(data=str(self.data), widths=net.widths, activation=net.activation, batch=batch or net.batch,
                    learning_rate=net.learning_rate, momentum=MOMENTUM, threads=entry.threads, budget=self.budget,
                    options=entry.options | settings, model=str(self.folder / "trained/model.onnx"), unit=net.unit)

    def run_python(self, entry, repetition, batch):
        """In the first repetition PyTorch tries its settings in processes of their own; the fastest ones stay."""
        key = entry.label, batch
        if entry.module in TRIALS and key not in self.settings:
            self.settings[key] = self.try_settings(entry, repetition, batch)
        settings, variables = self.settings.get(key, ({}, {}))
        result = self.child(entry, entry.module, repetition, batch, settings, variables)
        chosen = [f"{name}={value}" for name, value in (settings | variables).items()]
        return result | dict(remark=", ".join(filter(None, [result["remark"], *chosen])))

    def try_settings(self, entry, repetition, batch):
        """(options, environment variables). By itself PyTorch 1.13 takes AVX2 kernels; AVX-512 ones may be faster."""
        capabilities = ({}, dict(ATEN_CPU_CAPABILITY="avx512")) if openblas_core() == "SkylakeX" else ({},)
        tried = [self.child(entry, TRIALS[entry.module], repetition, batch, {}, variables) for variables in capabilities]
        best = max(range(len(tried)), key=lambda index: tried[index]["rate"] or 0)
        return tried[best].get("settings", {}), capabilities[best]

    def child(self, entry, module, repetition, batch, settings, variables):
        spec = self.folder / "spec.json"
        spec.parent.mkdir(parents=True, exist_ok=True)
        spec.write_text(json.dumps(self.spec(entry, batch, settings) | dict(seed=repetition + 1)))
        return self.finish([sys.executable, "-m", "network.peers", module, spec],
                           environment(entry.threads, entry.blas, entry.wait) | variables)

    def train_dlib(self, entry, repetition, batch=None):
        net = self.net
        command = [self.dlib, self.data, "-".join(map(str, net.widths)), net.batch, net.learning_rate, MOMENTUM,
                   self.budget, repetition + 1]
        return self.finish(command, environment(entry.threads, entry.blas, entry.wait))
