"""Input files of command-line tests, made from a few words: {"text": …}, {"npy": …}, then {"gzip": true}, {"truncate": 40}, …"""

import base64
import gzip
import json
import lzma
import random
import struct


def table(rows, numeric=2, categories=(), classes=("a", "b"), seed=1, spread=1.0, header=True, delimiter=",",
          label="label", weight=False, missing=0.0):
    """A CSV text: columns x0, x1, … that shift with the class, k0, k1, … that hold `categories`, the label last."""
    draw = random.Random(seed)
    names = [f"x{j}" for j in range(numeric)] + [f"k{j}" for j in range(len(categories))]
    names += ["weight"] if weight else []
    lines = [delimiter.join(names + [label])] if header else []
    for _ in range(rows):
        c = draw.randrange(len(classes))
        cells = [f"{draw.gauss(0, spread) + (c if j % len(classes) == c else 0):.6f}" for j in range(numeric)]
        cells += [draw.choice(values) if draw.random() < 0.6 else values[c % len(values)] for values in categories]
        cells = ["?" if draw.random() < missing else cell for cell in cells]
        cells += [str(draw.randrange(1, 4))] if weight else []
        lines.append(delimiter.join(cells + [classes[c]]))
    return "\n".join(lines) + "\n"


def npy(shape, data, descr="<f4", fortran=False, header=None):
    """An NPY file of version 1; `header` replaces the dictionary."""
    text = header or f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {tuple(shape)}, }}"
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    codes = {"f4": "f", "f8": "d", "u1": "B", "i4": "i", "i8": "q"}
    code = codes.get(descr[1:], "B")
    order = ">" if descr[0] == ">" else "<"
    values = [int(x) if code in "BiqQ" else float(x) for x in data]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + struct.pack(f"{order}{len(values)}{code}", *values)


def idx(shape, data, type=8):
    """An IDX file of bytes."""
    return bytes([0, 0, type, len(shape)]) + b"".join(struct.pack(">I", size) for size in shape) + bytes(data)


def varint(value):
    """A protobuf number."""
    out = b""
    while value >= 128:
        out, value = out + bytes([value % 128 + 128]), value // 128
    return out + bytes([value])


def onnx(producer):
    """The smallest ONNX file: a version, who wrote it, and an empty graph."""
    name = producer.encode()
    return b"\x08\x08\x12" + varint(len(name)) + name + b"\x3a\x00"


def field(number, value):
    """A protobuf field: a number, or bytes, or what makes them."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name, rows):
    """A float64 constant of an ONNX graph: a list, or a list of lists."""
    shape = [len(rows)] + ([len(rows[0])] if isinstance(rows[0], list) else [])
    values = [x for row in rows for x in row] if len(shape) == 2 else rows
    dims = b"".join(field(1, size) for size in shape)
    return dims + field(2, 11) + field(8, name) + field(10, struct.pack(f"<{len(values)}d", *values))


def column(name, position):
    """A numeric column of this name, or of [name, [category, ...]] a categorical one."""
    if isinstance(name, str):
        return {"name": name, "position": position, "kind": "numeric"}
    return {"name": name[0], "position": position, "kind": "categorical", "categories": name[1]}


def network(columns, layers, classes=(), head="softmax", output_unit=1.0, metadata=None):
    """A network's file as docs/model-file.md has it, without the graph's nodes, which Poise does not read.
    layers: [{"weights": K x d, "bias": K, "activation": "relu"}, ...]; the last one has no activation.
    Heads "linear" and "logistic" give features: there are no classes then, and no label."""
    features = head in ("linear", "logistic")
    schema = {"format": "table", "columns": [column(name, j) for j, name in enumerate(columns)],
              "array_features": 0, "image_shape": [], "label_name": "" if features else "label",
              "label_position": -1 if features else len(columns),
              "classes": list(classes), "has_header": True, "missing": "error"}
    form = {"hidden": [layer["activation"] for layer in layers[:-1]], "head": head}
    if features:
        form["output_unit"] = output_unit
    constants = [tensor("center", [0.0] * len(layers[0]["weights"][0]))]
    for l, layer in enumerate(layers, 1):
        constants += [tensor(f"layer{l}/weights", [list(row) for row in zip(*layer["weights"])]), tensor(f"layer{l}/bias", layer["bias"])]
    entries = [("poise.schema", json.dumps(schema)), ("poise.network", json.dumps(form))]
    entries += [(f"poise.{key}", value) for key, value in (metadata or {}).items()] + [("poise.format", "3" if features else "2")]
    graph = b"".join(field(5, constant) for constant in constants)
    return (field(1, 7) + field(2, "poise") + field(7, graph)
            + b"".join(field(14, field(1, key) + field(2, value)) for key, value in entries))


def content(spec):
    """The bytes that a file's description stands for."""
    if isinstance(spec, str):
        return spec.encode()
    if isinstance(spec, bytes):
        return spec
    spec = dict(spec)
    makers = {
        "text": lambda text: text.encode(),
        "hex": bytes.fromhex,
        "base64": base64.b64decode,
        "zeros": bytes,
        "random": lambda size: random.Random(1).randbytes(size),
        "repeat": lambda of: of.get("head", "").encode() + of["text"].encode() * of["times"],
        "table": lambda of: table(**of).encode(),
        "npy": lambda of: npy(**of),
        "idx": lambda of: idx(**of),
        "onnx": onnx,
        "network": lambda of: network(**of),
        "json": lambda value: json.dumps(value).encode(),
    }
    maker = next(key for key in spec if key in makers)
    data = makers[maker](spec.pop(maker))
    for step, value in spec.items():  # in the order written
        if step == "gzip":
            data = gzip.compress(data, mtime=0) if value else data
        elif step == "xz":
            data = lzma.compress(data) if value else data
        elif step == "truncate":  # keep so many bytes; negative: drop so many
            data = data[:value]
        elif step == "flip":  # damage the byte at this place
            data = data[:value] + bytes([data[value] ^ 0xFF]) + data[value + 1:]
        elif step == "append":
            data += value.encode()
        elif step == "encode":
            data = data.decode().encode(value)
        elif step == "replace":
            data = data.decode().replace(*value).encode()
        else:
            raise ValueError(f"unknown step '{step}' in the description of a file")
    return data
