"""Runs the tool and reads what it answers."""
import dataclasses
import json
import os
import pathlib
import shlex
import subprocess
import time

import numpy as np

from fuzz_certificates import files

LONGEST = 20.0  # seconds of work


@dataclasses.dataclass
class Answer:
    words: list
    code: int
    text: str
    stderr: str
    seconds: float
    content: dict | None = None   # the JSON object
    complaint: str = ""           # what is wrong with the form of the answer
    run: dict | None = None       # run.json
    model: dict | None = None     # weights, bias, center
    hung: bool = False

    @property
    def refused(self):
        return self.code in (2, 3, 5, 6) and self.content is None and not self.complaint


def refuse_constant(name):
    raise ValueError(f"{name} in JSON")


class Tool:
    def __init__(self, program, folder):
        self.program, self.folder, self.commands = os.path.abspath(program), folder, []
        self.environment = dict(os.environ, OMP_NUM_THREADS="3", OMP_WAIT_POLICY="passive")

    def call(self, words):
        self.commands.append(shlex.join(words))
        start = time.perf_counter()
        process = subprocess.Popen([self.program, *words], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        outputs = outputs_in_time(process)
        seconds = time.perf_counter() - start
        if outputs is None:
            return Answer(words, -1, "", "", seconds, complaint=f"no answer after {LONGEST:.0f} s of work", hung=True)
        answer = Answer(words, process.returncode, *(part.decode(errors="replace") for part in outputs), seconds)
        check_form(answer)
        return answer

    def train(self, words, out="run"):
        answer = self.call(["train", *words, "--json", "--out", out])
        if answer.content is not None:
            answer.run = json.loads(pathlib.Path(self.folder, out, "run.json").read_text())
            answer.model = files.read_model(pathlib.Path(self.folder, out, "model.onnx"))
        return answer

    def certify(self, words, out="run"):
        return self.call(["certify", out, *words, "--json"])

    def bytes_of_model(self, out):
        return pathlib.Path(self.folder, out, "model.onnx").read_bytes()


def outputs_in_time(process):
    """stdout and stderr; None if the process is still there after 20 s of a processor's time, or six times as long."""
    for attempt in range(12):
        try:
            return process.communicate(timeout=LONGEST / 2)
        except subprocess.TimeoutExpired:
            fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > LONGEST:
                break
    process.kill()
    process.communicate()
    return None


def check_form(answer):
    """JSON without NaN, or a message with one of the documented exit codes."""
    if answer.text:
        try:
            answer.content = json.loads(answer.text, parse_constant=refuse_constant)
        except ValueError as error:
            answer.complaint = f"stdout is no JSON: {error}"
    elif answer.code in (0, 1):
        answer.complaint = "no JSON on stdout"
    if answer.code not in (0, 1, 2, 3, 5, 6):
        answer.complaint = f"exit code {answer.code}: {answer.stderr.strip()[-300:]}"
    if answer.code > 1 and not answer.text and not answer.stderr.strip().split("\n")[-1].startswith("poise: "):
        answer.complaint = f"exit code {answer.code} without a message"


def one_hot_features(drawn, numbers, schema):
    """The features in the model's order, and which of them stand for a category; None if columns were left out."""
    if not drawn.texts:
        return numbers, None
    features, marks = [], []
    for column in schema["columns"]:
        if column["kind"] == "numeric":
            features.append(numbers[:, int(column["name"][1:])])
            marks.append(False)
            continue
        text = drawn.texts[int(column["name"][1:])]
        for category in column["categories"]:
            features.append(np.array([value == category for value in text], dtype=float))
            marks.append(True)
    if len(schema["columns"]) != numbers.shape[1] + len(drawn.texts):
        return None, None
    return np.column_stack(features), np.array(marks)
