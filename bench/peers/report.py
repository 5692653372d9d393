"""The whole file of results, written anew from all records after every row."""
import importlib.metadata
import pathlib
import sys

from peers.table import fit_table, path_table

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "scikit-learn-intelex", "cyanure", "skglm", "glum", "snapml",
            "liblinear-official", "adelie")


def installed():
    """ "package version" of what this call would measure, but for tools in environments of their own. """
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            pass
    return ", ".join(found)


def not_installed():
    path = pathlib.Path(sys.prefix).parent / "missing.txt"
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line] if path.exists() else []


def versions_line(records):
    seen = dict.fromkeys(part for record in records if record.get("version") for part in record["version"].split(", "))
    return ", ".join(sorted(seen, key=str.lower))


def head(benchmark, records):
    lines = [f"# {benchmark}", "", f"What is measured, and how: [bench/README.md](../../README.md#{benchmark.split(',')[0]}).", ""]
    for session in (record for record in records.all if record.get("kind") == "session"):
        if records.of(session=session["session"], stage="run") or records.of(session=session["session"], stage="screen"):
            lines.append(f"- {session['session']}: {session['machine']}; commit {session['commit']}; `{session['command']}`")
    lines.append(f"- Versions: {versions_line(records.all)}")
    lines += [f"- Not measured: {reason}" for reason in not_installed()]
    return "\n".join(lines) + "\n"


def whole(benchmark, records, fits, paths, penalized):
    """`fits`: (problem, reference) by name of set; `paths`: problem by name."""
    parts = [head(benchmark, records)]
    limits = {record["session"]: record["limits"] for record in records.all if record.get("limits")}
    for title, sets, table in (
            ("## One fit", fits, lambda name: fit_table(fits[name][0], records.of(set=name), fits[name][1], penalized,
                                                              limits)),
            ("## Paths", paths, lambda name: path_table(paths[name], records.of(set=name)))):
        shown = [name for name in sets if records.of(set=name)]
        if shown:
            parts += [title + "\n", *map(table, shown)]
    return "\n".join(parts)
