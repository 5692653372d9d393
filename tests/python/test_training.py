"""poise.train is the run layer: what the tool does, with Python around it."""

import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import poise
from conftest import table


def write_table(path, X, y):
    names = [f"x{j}" for j in range(X.shape[1])]
    lines = [",".join([*names, "class"])]
    lines += [",".join([*(repr(float(v)) for v in row), f"c{label}"]) for row, label in zip(X, y, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"l2": 0.01, "scale": "none"},
        {"l2": "auto"},
        {"hidden": [8], "epochs": 5},
        {"validation": 0.25, "calibrate": True},
        {"class_weight": {"c0": 2.0}},
        {"hidden": [4], "epochs": 3, "step": "adam", "rule": "equilibrium", "seed": 7},
    ],
)
def test_a_run_has_the_bytes_of_the_tool(tool, tmp_path, options):
    file = write_table(tmp_path / "rows.csv", *table())
    run = poise.train(file, out=tmp_path / "python", **options)
    words = []
    for name, value in options.items():
        text = {"c0": "c0=2"}.get(next(iter(value)), "") if isinstance(value, dict) else value
        text = ",".join(map(str, text)) if isinstance(text, list) else text
        words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(text)])
    subprocess.run(
        [tool, "train", file, "--out", str(tmp_path / "tool"), "--quiet", *words], check=True, stdout=subprocess.DEVNULL
    )
    assert (tmp_path / "python/model.onnx").read_bytes() == (tmp_path / "tool/model.onnx").read_bytes()
    assert run.model.to_bytes() == (tmp_path / "tool/model.onnx").read_bytes()
    written = json.loads((tmp_path / "python/run.json").read_text())["result"]
    assert run.status == written["status"]
    assert run.figures["train"] == written["train"]
    assert run.directory == str(tmp_path / "python")


def test_rows_in_memory_are_trained_on_like_their_file(tmp_path):
    X, y = table()
    from_file = poise.train(write_table(tmp_path / "rows.csv", X, y), l2=0.01)
    frame = poise.dataset(X, [f"c{label}" for label in y], feature_names=[f"x{j}" for j in range(X.shape[1])])
    in_memory = poise.train(frame, l2=0.01)
    np.testing.assert_allclose(in_memory.model.layers[0][0], from_file.model.layers[0][0], rtol=1e-9)
    assert in_memory.figures["train"]["cross_entropy"] == pytest.approx(from_file.figures["train"]["cross_entropy"])


def test_a_table_with_categories_and_missing_values(tmp_path):
    (tmp_path / "rows.csv").write_text(
        "color,size,class\n" + "red,1,yes\nblue,2,no\nred,,yes\nblue,1,no\nred,3,no\n" * 9
    )
    run = poise.train(tmp_path / "rows.csv", missing="mean")
    assert run.model.feature_names == ["color=blue", "color=red", "size"]
    assert run.model.predict(tmp_path / "rows.csv").tolist()[:2] == ["yes", "no"]
    assert run.model.evaluate(tmp_path / "rows.csv")["accuracy"] == pytest.approx(run.figures["train"]["accuracy"])


def test_the_certificate_holds_and_is_computed_again():
    X, y = table()
    run = poise.train(X, y, l2=0.01)
    assert run.status == "certified"
    assert 0 <= run.certificate.gap <= 1e-8
    again = poise.certify(run.model, X, y)
    assert again.status == "certified"
    assert again.objective == pytest.approx(run.certificate.objective, abs=1e-14)
    best = poise.train(X, y, l2=0.01, tolerance=1e-14)
    assert best.certificate.objective >= run.certificate.objective - run.certificate.gap
    loose = poise.train(X, y, l2=0.01, solver="descent", max_iterations=3)
    assert loose.status == "iteration_limit"
    assert loose.certificate.objective - loose.certificate.gap <= best.certificate.objective


def test_separable_rows_have_no_optimum_without_a_penalty():
    run = poise.train([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1], l2=0)
    assert run.status == "separable"
    assert run.certificate.gap is None


def test_a_model_is_its_onnx_file(tmp_path, digits):
    run = poise.train(*digits, hidden=[8], epochs=2)
    run.model.save(tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == run.model.to_bytes()
    for again in (
        poise.load(tmp_path / "model.onnx"),
        pickle.loads(pickle.dumps(run.model)),
        poise.Model.from_bytes(run.model.to_bytes()),
    ):
        assert again.to_bytes() == run.model.to_bytes()
        assert (again.scores(digits[0]) == run.model.scores(digits[0])).all()


def test_generated_rows_are_of_their_classes(digits):
    X, y = digits
    model = poise.train(X, y, hidden=[16], epochs=10).model
    rows = poise.generate(model)
    assert rows.shape == (10, 64)
    assert model.predict(rows).tolist() == model.classes
    assert (model.generate(["3", "8"]) == rows[[3, 8]]).all()
    near = model.generate(["3"], prior=1e9)
    np.testing.assert_allclose(near[0], model.center, atol=1e-4)
    with pytest.raises(ValueError, match="'ten' is no class"):
        model.generate("ten")


def test_scores_are_those_of_the_layers(digits):
    model = poise.train(*digits, hidden=[8], epochs=2).model
    x = digits[0][:50] - model.center
    for weights, bias, activation in model.layers:
        x = x @ weights.T + bias
        x = np.maximum(x, 0) if activation == "relu" else x
    np.testing.assert_allclose(model.scores(digits[0][:50]), x, rtol=1e-9, atol=1e-9)
    p = np.exp(x - x.max(axis=1, keepdims=True))
    np.testing.assert_allclose(model.predict_proba(digits[0][:50]), p / p.sum(axis=1, keepdims=True), atol=1e-12)


def test_the_history_tells_of_every_iteration_and_epoch(digits, tmp_path):
    seen = []
    run = poise.train(*digits, hidden=[8], epochs=3, on_event=seen.append, out=tmp_path / "run")
    assert [event["epoch"] for event in run.history if event["event"] == "epoch"] == [1, 2, 3]
    assert seen == run.history
    lines = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [line for line in lines if line["event"] == "epoch"] == [e for e in run.history if e["event"] == "epoch"]


def test_tensorboard_reads_the_figures_of_metrics_jsonl(digits, tmp_path):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    poise.train(*digits, hidden=[8], epochs=3, tensorboard=True, out=tmp_path / "net")
    lines = [json.loads(line) for line in (tmp_path / "net" / "metrics.jsonl").read_text().splitlines()]
    epochs = [line for line in lines if line["event"] == "epoch"]
    read = events.EventAccumulator(str(tmp_path / "net"), size_guidance={"histograms": 0}).Reload()
    loss = read.Scalars("train/loss")
    assert [point.step for point in loss] == [1, 2, 3]
    np.testing.assert_allclose([point.value for point in loss], [line["train"]["loss"] for line in epochs], rtol=1e-6)
    run = poise.load(tmp_path / "net")
    weights = read.Histograms("layer 2/weights")[-1].histogram_value
    assert weights.num == run.layers[1][0].size
    assert sum(weights.bucket) == weights.num
    states = read.Histograms("layer 1/states")
    assert [point.step for point in states] == [1, 2, 3]
    assert states[0].histogram_value.num == 256 * 8
    assert states[0].histogram_value.min == 0  # ReLU
    assert "finished" in read.Tensors("run")[0].tensor_proto.string_val[0].decode()

    poise.train(*digits, l2_path=[1e-2, 1e-3], tensorboard=True, out=tmp_path / "path")
    lines = [json.loads(line) for line in (tmp_path / "path" / "metrics.jsonl").read_text().splitlines()]
    read = events.EventAccumulator(str(tmp_path / "path")).Reload()
    for l2, tag in ((1e-2, "l2 0.01/objective"), (1e-3, "l2 0.001/objective")):
        expected = [line["objective"] for line in lines if line["event"] == "iteration" and line["l2"] == l2]
        np.testing.assert_allclose([point.value for point in read.Scalars(tag)], expected, rtol=1e-6)


def test_tensorboard_has_no_step_twice_of_a_run_that_was_resumed(digits, tmp_path):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    options = {"hidden": [8], "epochs": 6, "tensorboard": True, "checkpoint_every": 1e-9, "out": tmp_path / "run"}
    poise.train(*digits, on_event=lambda event: event.get("epoch") == 3, **options)
    poise.train(*digits, resume=True, **options)
    read = events.EventAccumulator(str(tmp_path / "run"), size_guidance={"histograms": 0}).Reload()
    assert [point.step for point in read.Scalars("train/loss")] == [1, 2, 3, 4, 5, 6]
    assert [point.step for point in read.Histograms("layer 1/weights")] == [1, 2, 3, 4, 5, 6]
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    losses = [line["train"]["loss"] for line in lines if line["event"] == "epoch"]
    np.testing.assert_allclose([point.value for point in read.Scalars("train/loss")], losses, rtol=1e-6)
    assert len(read.Tensors("run")) == 1


def test_telemetry_of_a_network_that_reconstructs(digits):
    X, _ = digits
    run = poise.train(X[:300], target="features", hidden=[8], epochs=3, validation=0, telemetry="full")
    last = [event for event in run.history if event["event"] == "thermodynamics"][-1]
    assert last["epoch"] == 3 and last["rows"] == 300
    half = run.figures["train"]["mean_squared_error"] * X.shape[1] / 2
    assert last["mean_loss"]["value"] == pytest.approx(half, rel=1e-4)
    assert last["complexity"]["value"] > 0 and len(last["ensembles"]) == 2
    assert last["equilibrium_gap"] is None and last["temperature"] is None


def test_a_true_answer_ends_the_run(digits):
    run = poise.train(*digits, hidden=[8], epochs=50, on_event=lambda event: event.get("epoch") == 2)
    assert run.status == "interrupted"
    assert len(run.model.predict(digits[0])) == len(digits[0])


def test_what_a_callback_raises_is_raised(digits):
    def fail(event):
        raise LookupError("by the callback")

    with pytest.raises(LookupError, match="by the callback"):
        poise.train(*digits, on_event=fail)


def test_control_c_ends_a_run_with_a_usable_model(digits):
    X, y = np.tile(digits[0], (20, 1)), np.tile(digits[1], 20)
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes ignore it
    timer = threading.Timer(0.5, interrupt)
    timer.start()
    try:
        run = poise.train(X, y, hidden=[256, 256], epochs=10_000, measure=False, time_limit=60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - sent[0] < 5  # 0.2 s on a machine that has nothing else to do
    assert run.status == "interrupted"
    assert len(run.model.predict(digits[0])) == len(digits[0])


def test_other_threads_run_while_one_trains(digits):
    started, done = threading.Event(), []

    def fit():
        started.set()
        done.append(poise.train(*digits, hidden=[64], epochs=60, measure=False))

    worker = threading.Thread(target=fit)
    worker.start()
    started.wait()
    ticks = 0
    while worker.is_alive():
        time.sleep(0.005)
        ticks += 1
    assert done[0].status in ("finished", "stopped")
    assert ticks > 3


def test_two_threads_have_the_bits_of_one(digits):
    alone = poise.train(*digits, hidden=[16], epochs=5, measure=False).model.to_bytes()
    found = []
    workers = [
        threading.Thread(
            target=lambda: found.append(poise.train(*digits, hidden=[16], epochs=5, measure=False).model.to_bytes())
        )
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [alone, alone]


def test_forks_after_a_fit_do_not_hang():
    code = """
        import os, sys, numpy as np, poise
        X, y = np.random.default_rng(0).normal(size=(2000, 20)), np.arange(2000) % 3
        expected = poise.train(X, y, measure=False, threads=2).model.to_bytes()
        for _ in range(50):
            child = os.fork()
            if child == 0:
                os._exit(0 if poise.train(X, y, measure=False, threads=2).model.to_bytes() == expected else 1)
            assert os.waitpid(child, 0)[1] == 0
        print("done")
    """
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.stdout == "done\n", run.stderr


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"l2": -1}, "usage", "l2"),
        ({"l2": "lots"}, "usage", "l2"),
        ({"solver": "magic"}, "usage", "newton"),
        ({"no_such": 1}, "usage", "no_such"),
        ({"hidden": "many"}, "usage", "hidden"),
        ({"class_weight": 3}, "usage", "class_weight"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, kind, text):
    with pytest.raises(ValueError, match=text) as caught:
        poise.train("digits", **options)
    assert isinstance(caught.value, poise.PoiseError)
    assert caught.value.kind == kind
    assert caught.value.found
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.code, again.expected) == (str(caught.value), caught.value.code, caught.value.expected)


def test_a_file_that_is_not_there_is_no_wrong_value(tmp_path):
    with pytest.raises(poise.PoiseError) as caught:
        poise.read(tmp_path / "none.csv")
    assert caught.value.kind == "io"
    assert not isinstance(caught.value, ValueError)


def test_bytes_that_are_no_model_are_refused():
    for data in (b"", b"no model", b"\x00" * 100):
        with pytest.raises(poise.PoiseError) as caught:
            poise.Model.from_bytes(data)
        assert caught.value.kind == "data"
