"""What is in the package, and how it gets on with others in one process."""

import doctest
import importlib
import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys
from unittest.mock import MagicMock

import pytest

import poise
from conftest import ROOT


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)


def test_importing_loads_neither_scikit_learn_nor_scipy():
    run = python("import sys, poise; print([m for m in ('sklearn', 'scipy', 'pandas', 'polars') if m in sys.modules])")
    assert run.stdout == "[]\n", run.stderr


def test_only_the_module_itself_is_exported():
    if not shutil.which("nm"):
        pytest.skip("binutils are not installed")
    module = importlib.util.find_spec("poise._poise").origin
    symbols = subprocess.run(["nm", "-D", "--defined-only", module], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in symbols.splitlines()] == ["PyInit__poise"]


def test_neither_openmp_nor_protobuf_comes_into_the_process():
    run = python("import poise; poise.train('digits'); print(open('/proc/self/maps').read())")
    loaded = {pathlib.Path(line.split()[-1]).name for line in run.stdout.splitlines() if ".so" in line}
    assert any(name.startswith("_poise") for name in loaded), run.stderr
    assert not [name for name in loaded if re.match(r"lib(gomp|iomp|omp|protobuf|onnx|dnnl)", name)]


@pytest.mark.parametrize("other", ["onnx", "onnxruntime", "torch", "lightgbm", "sklearn.ensemble", "scipy.linalg"])
@pytest.mark.parametrize("first", [True, False])
def test_others_may_be_in_the_process(other, first, tmp_path):
    if importlib.util.find_spec(other.split(".")[0]) is None:
        pytest.skip(f"{other} is not installed")
    names = ["poise", other] if first else [other, "poise"]
    run = python(f"""
import {names[0]}, {names[1]}, poise
model = poise.train('digits').model
model.save({str(tmp_path / "m.onnx")!r})
assert poise.load({str(tmp_path / "m.onnx")!r}).to_bytes() == model.to_bytes()
print('done')
""")
    assert run.stdout == "done\n", run.stderr


def test_the_model_is_sound_onnx(digits):
    onnx = pytest.importorskip("onnx")
    for options in ({}, {"hidden": [8], "epochs": 2}):
        onnx.checker.check_model(
            onnx.load_from_string(poise.train(*digits, **options).model.to_bytes()), full_check=True
        )


def test_onnxruntime_says_the_same(digits):
    runtime = pytest.importorskip("onnxruntime")
    X, y = digits
    for options in ({}, {"hidden": [8], "epochs": 2}):
        model = poise.train(X, y, **options).model
        labels, probabilities = runtime.InferenceSession(model.to_bytes()).run(None, {"features": X.astype("float32")})
        assert labels.tolist() == model.predict(X).tolist()
        assert abs(probabilities - model.predict_proba(X)).max() < 1e-5


@pytest.mark.parametrize(
    "name", ["", ".data", ".model", ".training", ".estimators", ".layer", ".selection", ".autoencoder"]
)
def test_examples_of_docstrings_run(name):
    if name in (".estimators", ".layer", ".selection", ".autoencoder"):
        pytest.importorskip("sklearn")
    module = importlib.import_module(f"poise{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_tutorial_runs(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.S)
    assert len(blocks) > 5
    trackers = {name: MagicMock() for name in ("mlflow", "wandb")}  # what they are told is looked at
    for name, tracker in trackers.items():
        monkeypatch.setitem(sys.modules, name, tracker)
    names = {}
    for block in blocks:
        exec(block, names)
    steps = [call.kwargs["step"] for call in trackers["mlflow"].log_metrics.call_args_list if call.kwargs]
    told = trackers["wandb"].init.return_value.__enter__.return_value.log.call_args_list
    assert steps == [call.kwargs["step"] for call in told] == list(range(1, len(steps) + 1)) != []
    assert 0 < told[-1].args[0]["train"]["loss"] < 1


def test_every_public_name_is_documented():
    for name in poise.__all__:
        if name != "__version__":
            assert getattr(poise, name).__doc__, name


def test_types_are_sound():
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(ROOT / "python/poise")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


def test_style():
    if importlib.util.find_spec("ruff") is None:
        pytest.skip("ruff is not installed")
    run = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "python", "tests/python"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
