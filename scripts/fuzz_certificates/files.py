"""Writes a case's numbers as CSV, NPY or LIBSVM, and reads the constants of a model file."""
import pathlib
import struct

import numpy as np


def text_of(value):
    """The shortest decimal that is this float64."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def numbers_in(drawn, form, numbers=None):
    """float64 [n, d]: the numbers that the file holds."""
    numbers = drawn.numbers if numbers is None else numbers
    return numbers.astype(np.float32).astype(float) if form == "f4" else numbers


def write(folder, drawn, form, name="data", numbers=None):
    """Writes the file (and one of labels, where the format has none) and returns the words that name them."""
    numbers = drawn.numbers if numbers is None else numbers
    return {"csv": write_csv, "svm": write_svm}.get(form, write_npy)(folder, drawn, form, name, numbers)


def write_csv(folder, drawn, form, name, numbers):
    head = [f"x{j}" for j in range(numbers.shape[1])] + [f"t{j}" for j in range(len(drawn.texts))]
    head += ["w"] * (drawn.weights is not None) + ["label"]
    lines = [",".join(head)]
    for i in range(len(numbers)):
        cells = [text_of(value) for value in numbers[i]] + [column[i] for column in drawn.texts]
        cells += [repr(float(drawn.weights[i]))] if drawn.weights is not None else []
        lines.append(",".join(cells + [f"c{drawn.labels[i]:02d}"]))
    pathlib.Path(folder, f"{name}.csv").write_text("\n".join(lines) + "\n")
    return [f"{name}.csv", "--header", "--label", "label"] + (["--sample-weight", "w"] if drawn.weights is not None else [])


def write_labels(folder, drawn, name):
    np.save(pathlib.Path(folder, f"{name}.labels.npy"), drawn.labels if drawn.targets is None else drawn.targets)
    return ["--labels", f"{name}.labels.npy"]


def write_npy(folder, drawn, form, name, numbers):
    array = np.asfortranarray(numbers) if form == "F8" else numbers.astype("<" + form)  # F8: float64, column by column
    np.save(pathlib.Path(folder, f"{name}.{form}.npy"), array)
    return [f"{name}.{form}.npy"] + write_labels(folder, drawn, name)


def write_svm(folder, drawn, form, name, numbers):
    lines = []
    for i, row in enumerate(numbers):  # the first row is complete, so that every column is there
        pairs = [f"{j + 1}:{text_of(value)}" for j, value in enumerate(row) if value != 0 or i == 0]
        lines.append(" ".join([str(drawn.labels[i] if drawn.targets is None else 0)] + pairs))
    pathlib.Path(folder, f"{name}.svm").write_text("\n".join(lines) + "\n")
    return [f"{name}.svm"] + (write_labels(folder, drawn, name) if drawn.targets is not None else [])


def fields(data):
    """The fields of a protobuf message: (number, value or bytes)."""
    place, result = 0, []

    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(data):
        key = varint()
        if key & 7 == 0:
            result.append((key >> 3, varint()))
            continue
        length = {1: 8, 5: 4}.get(key & 7) or varint()
        result.append((key >> 3, data[place:place + length]))
        place += length
    return result


def read_model(path):
    """The float64 constants of a model.onnx by name: weights [d, K], bias [K], center [d]."""
    graph = next(value for number, value in fields(pathlib.Path(path).read_bytes()) if number == 7)
    constants = {}
    for number, value in fields(graph):
        if number != 5:
            continue
        dims, numbers, name, kind = [], b"", "", 0
        for key, content in fields(value):
            if key == 1:
                dims += [content] if isinstance(content, int) else list(content)  # packed dimensions below 128
            elif key == 2:
                kind = content
            elif key == 8:
                name = content.decode()
            elif key in (9, 10):
                numbers += content
        if kind == 11:
            constants[name] = np.array(struct.unpack(f"<{len(numbers) // 8}d", numbers)).reshape(dims)
    return constants
