"""Arrays in files as other programs write them: safetensors, NPZ, shards."""

import json
import zipfile

import numpy as np
import pytest

import poise
from conftest import table


def safetensors(path, **arrays):
    """By the format's own description: github.com/huggingface/safetensors."""
    names = {"float32": "F32", "float16": "F16", "uint8": "U8", "int64": "I64", "bfloat16": "BF16", "float64": "F64"}
    header, place = {}, 0
    for name, array in arrays.items():
        header[name] = {
            "dtype": names[str(array.dtype)],
            "shape": array.shape,
            "data_offsets": [place, place + array.nbytes],
        }
        place += array.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(array.tobytes() for array in arrays.values()))
    return path


@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8", "float64", "bfloat16"])
def test_tensors_of_a_file_are_those_in_memory(dtype, tmp_path):
    if dtype == "bfloat16":
        dtype = pytest.importorskip("ml_dtypes").bfloat16
    X, y = table()
    X = np.abs(X * 20).astype(dtype)
    file = safetensors(tmp_path / "emb.safetensors", other=np.zeros((2, 2), np.float32), features=X, y=y)
    data = poise.read(f"{file}:features")
    assert (data.features == X.astype(np.float64)).all()
    of_file = poise.train(f"{file}:features", l2=1e-3)
    in_memory = poise.train(X, y, l2=1e-3)
    assert of_file.model.layers[0][0].tobytes() == in_memory.model.layers[0][0].tobytes()
    apart = poise.read(f"{file}:features", labels=f"{file}:y")
    assert apart.fingerprint == data.fingerprint
    assert (of_file.model.predict(f"{file}:features") == in_memory.model.predict(X)).all()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives_of_numpy(save, tmp_path):
    X, y = table()
    save(tmp_path / "both.npz", X=X.astype(np.float32), y=y, mean=X.mean(axis=0))
    data = poise.read(tmp_path / "both.npz")
    assert (data.features == X.astype(np.float32)).all()
    assert data.classes == ["0", "1", "2"] and (data.labels == y).all()
    assert any("both.npz:y" in notice for notice in data.notices)
    save(tmp_path / "many.npz", train=X, test=X)
    with pytest.raises(poise.PoiseError, match="2 arrays; expected one of 'train' and 'test'"):
        poise.read(tmp_path / "many.npz")
    assert poise.read(f"{tmp_path / 'many.npz'}:test", labels=f"{tmp_path / 'both.npz'}:y").rows == len(X)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_with_sizes_and_places_of_64_bits(method, tmp_path, monkeypatch):
    """As Python writes them beyond 4 GiB: its limits are lowered, so that small archives get all the records."""
    X, y = table()
    for limit in ("ZIP64_LIMIT", "ZIP_FILECOUNT_LIMIT"):
        monkeypatch.setattr(zipfile, limit, 1)
    with zipfile.ZipFile(tmp_path / "both.npz", "w", method) as archive:
        for name, array in (("X", X.astype(np.float32)), ("mean", X.mean(axis=0)), ("y", y)):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array)
        archive.comment = b"with a comment behind the directory"
    assert b"PK\6\6" in (tmp_path / "both.npz").read_bytes()  # the directory's record of 64 bits
    data = poise.read(tmp_path / "both.npz")
    assert (data.features == X.astype(np.float32)).all() and (data.labels == y).all()


def test_an_array_behind_four_gigabytes_of_an_archive(tmp_path):
    """The file has a hole: it takes next to nothing on disk."""
    X, y = table()
    path = tmp_path / "far.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in (("y", y), ("X", X)):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array)
            if name == "y":
                archive.start_dir = 2**32 + 4096  # where the next entry goes
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("X.npy").header_offset > 2**32
    data = poise.read(f"{path}:X", labels=f"{path}:y")
    assert (data.features == X).all() and (data.labels == y).all()


def test_shards_are_one_file(tmp_path):
    X, y = table(rows=400)
    X = X.astype(np.float32)
    np.save(tmp_path / "whole.npy", X)
    np.save(tmp_path / "y.npy", y)
    for k, part in enumerate(np.array_split(X, 20)):
        np.save(tmp_path / f"emb-{k}.npy", part)
    whole = poise.train(tmp_path / "whole.npy", labels=tmp_path / "y.npy", l2=1e-3)
    shards = poise.train(f"{tmp_path}/emb-*.npy", labels=tmp_path / "y.npy", l2=1e-3)
    assert shards.model.layers[0][0].tobytes() == whole.model.layers[0][0].tobytes()
    assert shards.model.metadata["fingerprint"] == whole.model.metadata["fingerprint"]


def test_a_file_larger_than_the_memory_allowed(tmp_path):
    rows = np.random.default_rng(3).standard_normal((700_000, 16), dtype=np.float32)  # 45 MB, of which half may stay
    np.save(tmp_path / "x.npy", rows)
    np.save(tmp_path / "y.npy", (rows[:, 0] > 0).astype(np.uint8))
    data = poise.read(tmp_path / "x.npy", labels=tmp_path / "y.npy", memory=1 << 26)
    assert data.fingerprint == poise.read(tmp_path / "x.npy", labels=tmp_path / "y.npy").fingerprint
    assert (data.features[-1000:] == rows[-1000:]).all()
    with pytest.raises(poise.PoiseError, match="memory is 5"):
        poise.read(tmp_path / "x.npy", labels=tmp_path / "y.npy", memory=5)
