"""The settings that this process is to go through: folders with a spec.json each, from a number on (peers/children.py)."""
import importlib.metadata
import json
import os
import pathlib
import sys


def jobs():
    """(folder, spec) of each."""
    root, number = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    while (root / str(number)).exists():
        folder = root / str(number)
        yield folder, json.loads((folder / "spec.json").read_text())
        number += 1


def finish(folder, spec, about):
    """Tells the parent of it, whole or not at all."""
    about["version"] = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in spec["packages"])
    (folder / "about.part").write_text(json.dumps(about))
    os.replace(folder / "about.part", folder / "about.json")
