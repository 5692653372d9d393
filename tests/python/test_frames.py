"""Frames are the tables that their CSVs would be: the same schema, the same bits, and errors that name columns."""

import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import poise

LIBRARIES = ["pandas", "polars", "pyarrow"]


def columns(rows=200):
    """Numbers of several types, text, truth values and gaps in each."""
    random = np.random.default_rng(0)
    age = random.integers(18, 80, rows)
    income = np.round(random.normal(3000, 500, rows), 2)
    city = random.choice(["Oslo", "Rome", "Lima, Peru", 'the "Hague"'], rows).tolist()
    owner = random.random(rows) > 0.5
    score = age + 15 * owner + 30 * (np.array(city) == "Rome") + 20 * random.gumbel(size=rows)
    income[::17] = np.nan
    city[5] = city[40] = None
    return {
        "age": age.tolist(),
        "income": [None if x != x else x for x in income.tolist()],
        "city": city,
        "owner": owner.tolist(),
        "buys": np.where(score > 90, "yes", "no").tolist(),
    }


def frame(library, table):
    module = pytest.importorskip(library)
    return module.table(table) if library == "pyarrow" else module.DataFrame(table)


def write_csv(library, rows, path):
    if library == "pandas":
        rows.to_csv(path, index=False)
    elif library == "polars":
        rows.write_csv(path)
    else:
        pytest.importorskip("pyarrow.csv").write_csv(rows, path)


def figures(run):
    """What came of it, but for times and names."""
    return [run.figures[name] for name in ("status", "objective", "gap", "iterations")] + [
        (w.tobytes(), b.tobytes()) for w, b, _ in run.model.layers
    ]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("options", [{}, {"missing": "mean"}, {"ignore": ["city"]}, {"label": "owner", "l2": 0.1}])
def test_a_frame_is_its_csv(library, options, tmp_path):
    rows = frame(library, columns())
    write_csv(library, rows, tmp_path / "rows.csv")
    of_frame, of_file = poise.train(rows, **options), poise.train(tmp_path / "rows.csv", **options)
    assert figures(of_frame) == figures(of_file)
    assert of_frame.model.feature_names == of_file.model.feature_names
    assert of_frame.notices == of_file.notices
    keys = ("fingerprint", "row_set")
    metadata = of_frame.model.metadata, of_file.model.metadata
    assert [metadata[0][key] for key in keys] == [metadata[1][key] for key in keys]
    assert (of_frame.model.predict_proba(tmp_path / "rows.csv") == of_file.model.predict_proba(rows)).all()
    assert poise.certify(of_frame.model, tmp_path / "rows.csv").status == "certified"


@pytest.mark.parametrize("library", LIBRARIES)
def test_numbers_alone_are_their_csv(library, tmp_path):
    table = {"a": [1, 2, 300, 4] * 5, "b": [0.5, 1e-30, -3.25, 1 / 3] * 5, "label": [0, 1, 1, 0] * 5}
    rows = frame(library, table)
    write_csv(library, rows, tmp_path / "rows.csv")
    of_file = poise.train(tmp_path / "rows.csv")
    X = frame(library, {name: table[name] for name in "ab"})
    assert figures(poise.train(rows)) == figures(of_file)
    of_features = poise.train(X, table["label"])
    assert figures(of_features) == figures(of_file)
    assert of_features.model.feature_names == ["a", "b"]
    assert (of_features.model.predict_proba(X) == of_file.model.predict_proba(X)).all()
    data = poise.dataset(X, table["label"])
    assert (data.features == np.array([table["a"], table["b"]]).T).all()


def test_a_model_is_for_frames_of_any_library():
    pytest.importorskip("pandas")
    rows = {library: frame(library, columns()) for library in LIBRARIES}
    for library in LIBRARIES:
        model = poise.train(rows[library]).model
        known = model.predict_proba(rows["pandas"])
        for other in LIBRARIES:
            assert (model.predict_proba(rows[other]) == known).all()


def test_types_of_pandas():
    pandas = pytest.importorskip("pandas")
    plain = pandas.DataFrame(columns())
    typed = plain.astype({"age": "Int32", "income": "Float64", "city": "category", "owner": "boolean"})
    typed = typed.assign(buys=plain.buys.astype("string"))
    objects = plain.astype({"age": object, "owner": object})
    expected = figures(poise.train(plain))
    assert figures(poise.train(typed)) == expected
    assert figures(poise.train(objects)) == expected
    codes = pandas.DataFrame({"code": pandas.Categorical([7, 8, 7, 9] * 6), "y": list("abab") * 6})
    assert poise.dataset(codes, label="y").feature_names == ["code=7", "code=8", "code=9"]
    assert poise.dataset(codes.astype({"code": str}), label="y").feature_names[0] == "code=7"


def test_types_of_arrow():
    pyarrow = pytest.importorskip("pyarrow")
    table = columns(50)
    plain = frame("pyarrow", table)
    kinds = {
        "age": [pyarrow.uint8(), pyarrow.int16(), pyarrow.uint64(), pyarrow.float16(), pyarrow.float32()],
        "city": [pyarrow.large_string(), pyarrow.string_view(), pyarrow.dictionary(pyarrow.int8(), pyarrow.string())],
    }
    expected = poise.read(plain).features
    for name, types in kinds.items():
        for each in types:
            place = plain.column_names.index(name)
            column = pyarrow.array(table[name]).cast(each)
            cast = plain.set_column(place, name, column)
            assert (poise.read(cast).features == expected).all(), each
            parts = pyarrow.concat_tables([cast.slice(0, 20), cast.slice(20, 30)])
            assert (poise.read(parts).features == expected).all(), each
    assert (poise.read(plain.slice(7)).features[:, 0] == expected[7:, 0]).all()


@pytest.mark.parametrize("library", LIBRARIES)
def test_types_that_are_refused_are_named(library):
    import datetime

    rows = frame(library, {"when": [datetime.datetime(2026, 1, 2)] * 3, "y": list("aba")})
    with pytest.raises(poise.PoiseError, match=r"column 'when'.*numbers, text, categories"):
        poise.train(rows)
    beyond = frame(library, {"key": [2**60, 1, 2], "y": list("aba")})
    with pytest.raises(poise.PoiseError, match=r"column 'key'.*2\^53"):
        poise.train(beyond)
    infinite = frame(library, {"a": [1.0, 2.0, np.inf], "y": list("aba")})
    with pytest.raises(poise.PoiseError, match=r"column 'a' holds 'inf', in row 2"):
        poise.train(infinite)


def test_columns_are_found_by_name_and_missed_by_name():
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame(columns())
    model = poise.train(rows).model
    shuffled = rows[["owner", "buys", "city", "income", "age"]].assign(extra=1)
    assert (model.predict_proba(shuffled) == model.predict_proba(rows)).all()
    with pytest.raises(poise.PoiseError, match=r"the frame lacks 'city'.*'town'"):
        model.predict(rows.rename(columns={"city": "town"}))
    bonn = rows.assign(city=["Bonn" if k == 3 else c for k, c in enumerate(rows.city)])
    with pytest.raises(poise.PoiseError, match=r"'city' holds the category 'Bonn'.*in row 3"):
        model.predict(bonn)
    known = model.predict_proba(model.rows(bonn, unknown_category="none"))
    assert (known[:3] == model.predict_proba(rows)[:3]).all()
    with pytest.raises(poise.PoiseError, match="two columns 'age'"):
        poise.train(pandas.concat([rows[["age"]], rows], axis=1))
    assert model.evaluate(rows)["accuracy"] == model.evaluate(rows.drop(columns="buys"), rows.buys)["accuracy"]
    with pytest.raises(poise.PoiseError, match="label of 2 rows"):
        poise.dataset(rows[["age"]], rows.city)


def test_rows_to_test_and_validate_by_have_the_columns_of_training():
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame(columns(300))
    run = poise.train(rows[:200], test=rows[200:][::-1], hidden=[4], epochs=3, validation=rows[100:200])
    assert run.figures["test"]["accuracy"] == run.model.evaluate(rows[200:])["accuracy"]


def test_weights_may_be_a_column():
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame(columns()).assign(weight=np.arange(200) % 3)
    by_column = poise.train(rows, sample_weight="weight", label="buys")
    X, weight = rows.drop(columns=["buys", "weight"]), rows.weight
    apart = poise.train(poise.dataset(X, rows.buys, sample_weight=weight))
    assert figures(apart) == figures(by_column)


@pytest.mark.parametrize("library", LIBRARIES)
def test_estimators_take_frames(library, tmp_path):
    pytest.importorskip("sklearn")
    table = columns()
    X, y = frame(library, {name: table[name] for name in list(table)[:-1]}), frame(library, {"buys": table["buys"]})
    y = y["buys"] if library != "pyarrow" else y.column("buys")
    of_file = poise.train(frame(library, table))
    for estimator in (poise.SoftmaxClassifier(), poise.NetworkClassifier((4,), epochs=2), poise.SoftmaxClassifierCV()):
        clf = estimator.fit(X, y)
        assert clf.feature_names_in_.tolist() == list(table)[:-1]
        assert clf.n_features_in_ == 4
        assert clf.model_.feature_names == of_file.model.feature_names
        assert clf.score(X, table["buys"]) > 0.5
        for again in (pickle.loads(pickle.dumps(clf)), type(clf).load(save(clf, tmp_path))):
            assert (again.predict_proba(X) == clf.predict_proba(X)).all()
            assert again.feature_names_in_.tolist() == list(table)[:-1]
    softmax = poise.SoftmaxClassifier().fit(X, y)
    assert softmax.figures_["objective"] == of_file.figures["objective"]
    assert softmax.coef_.shape == (1, len(softmax.model_.feature_names))
    assert softmax.inference(X, y).estimate.shape == (1, len(softmax.model_.feature_names) + 1)


def save(clf, folder):
    clf.save(folder / "model.onnx")
    return folder / "model.onnx"


def test_estimators_name_what_is_wrong_with_columns():
    pytest.importorskip("sklearn")
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame(columns())
    X, y = rows.drop(columns="buys"), rows.buys
    clf = poise.SoftmaxClassifier().fit(X, y)
    with pytest.raises(ValueError, match="Column 0 is 'city' and was 'age'"):
        clf.predict(X[["city", "income", "age", "owner"]])
    with pytest.raises(ValueError, match="now missing:\n- city"):
        clf.predict(X.drop(columns="city"))
    with pytest.raises(ValueError, match="unseen at fit time:\n- town"):
        clf.predict(X.assign(town=1))
    with pytest.raises(ValueError, match="'Bonn'"):
        clf.predict(X.assign(city="Bonn"))
    assert len(poise.SoftmaxClassifier(unknown_category="none").fit(X, y).predict(X.assign(city="Bonn"))) == 200
    with pytest.raises(ValueError, match="inconsistent"):
        poise.SoftmaxClassifier().fit(X, y[:-1])


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", ["text", "truth", "numbers", "categories"])
def test_targets_are_columns(library, kind):
    module = pytest.importorskip(library)
    values = {"text": ["b", "a"] * 8, "truth": [True, False] * 8, "numbers": [5, 2] * 8, "categories": ["b", "a"] * 8}
    y = frame(library, {"y": values[kind]})["y"]
    if kind == "categories":
        y = {
            "pandas": lambda: y.astype("category"),
            "polars": lambda: y.cast(module.Categorical),
            "pyarrow": lambda: y.dictionary_encode(),
        }[library]()
    X = frame(library, {"x": [1.0, 2.0, 3.0, 4.0] * 4})
    data = poise.dataset(X, y)
    expected = poise.dataset(np.array([[1.0], [2.0], [3.0], [4.0]] * 4), values[kind])
    assert data.classes == expected.classes
    assert (data.labels == expected.labels).all()
    pytest.importorskip("sklearn")
    clf = poise.SoftmaxClassifier().fit(X, y)
    assert clf.classes_.tolist() == sorted(set(values[kind]))
    of_array = poise.SoftmaxClassifier().fit(np.array([[1.0], [2.0], [3.0], [4.0]] * 4), y)
    np.testing.assert_allclose(clf.coef_, of_array.coef_, atol=1e-6)


@pytest.mark.parametrize("library", LIBRARIES)
def test_nothing_else_is_imported(library):
    """A frame of one library brings no other in."""
    pytest.importorskip(library)
    make = "pyarrow.table(t)" if library == "pyarrow" else f"{library}.DataFrame(t)"
    code = f"""
        import sys, {library}
        t = {{"a": [1.0, 2.0, None, 4.0] * 5, "b": ["x", "y"] * 10, "y": ["u", "v", "v", "u"] * 5}}
        rows = {make}
        before = set(sys.modules)
        import poise
        poise.train(rows).model.predict(rows)
        others = {{"pandas", "polars", "pyarrow", "narwhals", "sklearn", "scipy"}}
        print(sorted(others & (set(sys.modules) - before)))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.stdout == "[]\n", run.stderr
