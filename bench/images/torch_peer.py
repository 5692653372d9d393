"""PyTorch on the network of `images`: prints the seconds of every epoch and the accuracy on the test rows, as JSON.

Arguments: folder of MNIST's IDX files, threads, epochs, learning rate, momentum, memory format ("contiguous" or
"channels_last").
"""
import gzip
import json
import pathlib
import sys
import time

import numpy
import torch


def read(path, header):
    data = pathlib.Path(path).read_bytes() if pathlib.Path(path).exists() else gzip.decompress(
        pathlib.Path(f"{path}.gz").read_bytes())
    return numpy.frombuffer(data, numpy.uint8, offset=header).copy()


def load(folder, part):
    pixels = read(f"{folder}/{part}-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    labels = read(f"{folder}/{part}-labels-idx1-ubyte", 8)
    return torch.from_numpy(pixels).float() / 127.5 - 1, torch.from_numpy(labels).long()


def build():
    nn = torch.nn
    return nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1),
                         nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.25), nn.Linear(1568, 128), nn.ReLU(),
                         nn.Linear(128, 10))


def main(folder, threads, epochs, rate, momentum, memory):
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    (features, labels), (test, wanted) = load(folder, "train"), load(folder, "t10k")
    layout = getattr(torch, f"{memory}_format" if memory == "contiguous" else memory)
    model = build().to(memory_format=layout)
    optimizer = torch.optim.SGD(model.parameters(), float(rate), float(momentum))
    seconds = []
    for _ in range(int(epochs)):
        begun = time.perf_counter()
        order = torch.randperm(len(labels))
        for rows in order.split(64):
            optimizer.zero_grad(set_to_none=True)
            inputs = features[rows].contiguous(memory_format=layout)
            torch.nn.functional.cross_entropy(model(inputs), labels[rows]).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - begun)
    model.eval()
    with torch.no_grad():
        accuracy = (model(test).argmax(1) == wanted).float().mean().item()
    print(json.dumps({"seconds": seconds, "accuracy": accuracy,
                      "parameters": sum(p.numel() for p in model.parameters())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
