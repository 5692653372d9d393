"""One run of a peer, and one of Poise, each reduced to the same record."""
import dataclasses
import json
import shutil

from common.processes import failure, run
from peers.children import run_jobs
from peers.trajectory import THRESHOLDS, Trajectory, crossings_of_curve

TOLERANCE = THRESHOLDS[-1]  # of the optimum


def run_peer(variants, problem, optimum, budget, folder):
    """Records of the runs of a tool in several settings, all with the same number of threads."""
    specs = [dict(problem=str(problem.folder), module=variant.module, dtype=variant.dtype, threads=variant.threads,
                  options=variant.options, packages=list(variant.packages), budget=budget, optimum=optimum,
                  bias_penalty=problem.bias_penalty) for variant in variants]
    found = run_jobs("peers.tools", specs, folder, variants[0].threads)
    for (place, about), variant in zip(found, variants):  # in this order: `found` comes to its end
        trajectory = Trajectory(place, problem)
        yield dict(poise=False, label=variant.label, budget=budget) | about | dict(
            times=trajectory.crossings(optimum), final=trajectory.final(optimum), points=len(trajectory))


def run_poise(binary, problem, optimum, threads, budget, folder):
    shutil.rmtree(folder, ignore_errors=True)
    command = [binary, "train", *problem.poise_arguments, "--scale", "none", "--l2", repr(problem.l2), "--tolerance",
               repr(TOLERANCE * optimum), "--threads", threads, "--out", folder / "run", "--quiet", "--json"]
    finished = run(command, 2 * budget + 120, None, folder)
    record = dict(poise=True, label="**Poise**", budget=budget, peak_mib=finished.peak_mib, others=finished.others)
    if finished.code != 0:
        return record | dict(times=[None] * len(THRESHOLDS), final=None, referee="FAIL", remark=failure(finished))
    result = json.loads(finished.stdout)
    record |= judge(result, problem, optimum, folder / "run")
    curve = read_curve(folder / "run" / "metrics.jsonl") + [[result["seconds"], record["objective"]]]
    parts = {key: result[key] for key in ("seconds_read", "seconds", "seconds_write")}
    return record | dict(times=crossings_of_curve(curve, optimum), seconds=result["seconds"], parts=parts,
                         wall=finished.seconds, passes=number_of_passes(result, folder / "run"), remark=result["status"])


def read_curve(path):
    events = [json.loads(line) for line in path.read_text().splitlines()]
    return [[event["seconds"], event["objective"]] for event in events
            if event["event"] == "iteration" and event["objective"] is not None]


def find_key(document, key):
    """The first value of `key` anywhere in nested objects."""
    if key in document:
        return document[key]
    inner = (find_key(value, key) for value in document.values() if isinstance(value, dict))
    return next((value for value in inner if value is not None), None)


def number_of_passes(result, folder):
    return find_key(result, "passes") or find_key(json.loads((folder / "run.json").read_text()), "passes")


def read_model(path):
    """weights (d×K, original units), bias (K) and center (d) of model.onnx."""
    import onnx.numpy_helper
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(str(path)).graph.initializer}
    return tensors["weights"], tensors["bias"], tensors["center"]


def judge(result, problem, optimum, folder):
    """The referee: the written model's objective, in numpy float64 on the original data, is within the gap claimed.

    (x − c) W + b = (x/u − c/u) (u W) + b: the penalty acts on u W. Rounding of the objective is allowed 1e-14.
    """
    weights, bias, center = read_model(folder / "model.onnx")
    shift = None if problem.sparse else center / problem.unit
    offset = bias - center @ weights if problem.sparse else bias
    objective = float(problem.objective(weights * problem.unit, offset, shift))
    gap = result["gap"]
    holds = gap is not None and -1e-14 <= objective - optimum <= gap + 1e-14
    return dict(objective=objective, final=(objective - optimum) / optimum, referee="PASS" if holds else "FAIL",
                certified=None if gap is None else gap / optimum)


def with_penalized_bias(problem):
    """The problem of tools that can only penalize the bias like a weight."""
    return dataclasses.replace(problem, bias_penalty=problem.l2)
