#!/usr/bin/env python3
"""Runs the tests of the command line, each in a fresh folder. Python's standard library only.

    run_cases.py --poise build/release/bin/poise              all of them
    run_cases.py --poise build/release/bin/poise NAME …       some, by name or part of it
    run_cases.py --list                                       their names

Cases are data: cases/*.toml, explained in cases/README.md. What needs more than a command and its answer is a function
`check_…(t)` of a file *_checks.py. Exit code 0: all passed; 1: some failed; 77: all that ran were skipped.
"""

import argparse
import glob
import hashlib
import importlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib

import inputs

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SHARED_DATA = os.path.join(ROOT, "..", "shared", "data")
SKIPPED = 77


class Failure(Exception):
    """A test that did not hold."""


class Skip(Exception):
    """A test that cannot run here, and why."""


def text_of(written):
    return written.decode("utf-8", "backslashreplace")


class Result:
    """What a command answered."""

    def __init__(self, words, code, stdout, stderr):
        self.words, self.code, self.stdout, self.stderr = words, code, stdout, stderr

    def json(self):
        try:
            return json.loads(self.stdout)
        except ValueError as error:
            raise Failure(f"stdout is not one JSON object ({error})\n{self}") from None

    def __str__(self):
        command = text_of(shlex.join(self.words).encode("utf-8", "surrogateescape"))
        return f"$ poise {command}\n[exit code {self.code}]\n{self.stdout[-2000:]}{self.stderr[-4000:]}"


class Tool:
    """The tool under test in a folder of its own; `t` in the checks."""

    def __init__(self, poise, folder):
        self.program, self.folder = poise, folder
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("POISE_")}

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, spec):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(spec, dict) and "directory" in spec:
            os.makedirs(path)
        elif isinstance(spec, dict) and "symlink" in spec:
            os.symlink(spec["symlink"], path)
        else:
            with open(path, "wb") as file:
                file.write(inputs.content(spec))

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def start(self, command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL):
        words = shlex.split(command) if isinstance(command, str) else list(command)
        process = subprocess.Popen([self.program] + words, cwd=self.folder, env=self.environment,
                                   stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)
        process.words = words
        return process

    def finish(self, process, timeout=120):
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            raise Failure(f"poise {shlex.join(process.words)} took more than {timeout} s\n{stderr.decode()}") from None
        return Result(process.words, process.returncode, text_of(stdout or b""), text_of(stderr))

    def interrupt(self, command, event, count):
        """Sends SIGINT to a run into the folder `run` once its metrics.jsonl has more than `count` such events."""
        process = self.start(command)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if os.path.exists(self.path("run/metrics.jsonl")):
                if self.read("run/metrics.jsonl").count(f'"{event}"'.encode()) > count:
                    break
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        return self.finish(process, 60)

    def run(self, command, exit=0, timeout=120, stdout=subprocess.PIPE, stdin=None):
        """`stdin`: the name of a file."""
        with open(os.devnull if stdin is None else self.path(stdin), "rb") as given:
            result = self.finish(self.start(command, stdout, given), timeout)
        if exit is not None and result.code != exit:
            raise Failure(f"exit code {result.code}, expected {exit}\n{result}")
        return result

    def json(self, command, exit=0, timeout=120):
        return self.run(command, exit, timeout).json()

    def shared(self, *names):
        """The path of a file of the shared data sets; skips where they are not."""
        path = os.path.normpath(os.path.join(SHARED_DATA, *names))
        if not os.path.exists(path):
            raise Skip(f"{os.path.join('../shared/data', *names)} is not here")
        return path

    def files(self):
        """Every file, link and folder below the test's folder, with a digest of its content."""
        found = {}
        for folder, folders, names in os.walk(self.folder):
            for name in names + folders:
                path = os.path.join(folder, name)
                with_content = os.path.isfile(path) and not os.path.islink(path)
                digest = hashlib.sha256(open(path, "rb").read()).hexdigest() if with_content else "link or folder"
                found[os.path.relpath(path, self.folder)] = digest
        return found

    # What checks say.

    def check(self, holds, message):
        if not holds:
            raise Failure(message)

    def equal(self, found, expected, what):
        self.check(found == expected, f"{what} is {found!r}, expected {expected!r}")

    def close(self, found, expected, tolerance, what):
        off = abs(found - expected)
        self.check(off <= tolerance, f"{what} is {found!r}, expected {expected!r}; off by {off:.3g} > {tolerance:.3g}")

    def skip(self, reason):
        raise Skip(reason)


def matches(pattern, text):
    return re.search(pattern[3:], text) if pattern.startswith("re:") else pattern in text


def lookup(value, path):
    """The part of a JSON value that "train.accuracy" or "labels.0" names."""
    for key in path.split("."):
        if isinstance(value, list) and key.lstrip("-").isdigit() and -len(value) <= int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            raise Failure(f"the JSON has no '{path}'")
    return value


def check_json(answer, expected):
    for path, wanted in expected.items():
        if wanted == "absent":
            try:
                lookup(answer, path)
            except Failure:
                continue
            raise Failure(f"the JSON has '{path}'")
        found = lookup(answer, path)
        if isinstance(wanted, dict):
            ok = isinstance(found, (int, float)) and wanted.get("min", found) <= found <= wanted.get("max", found)
        elif wanted == "any":
            ok = True
        elif wanted == "null":
            ok = found is None
        elif isinstance(wanted, str) and isinstance(found, str):
            ok = bool(re.search(wanted[3:], found)) if wanted.startswith("re:") else found == wanted
        else:
            ok = found == wanted
        if not ok:
            raise Failure(f"the JSON's '{path}' is {found!r}, expected {wanted!r}")


def check_answer(case, result):
    for stream in ("stdout", "stderr"):
        text = getattr(result, stream)
        for pattern in case.get(stream, []):
            if not matches(pattern, text):
                raise Failure(f"{stream} lacks {pattern!r}\n{result}")
        for pattern in case.get("no_" + stream, []):
            if matches(pattern, text):
                raise Failure(f"{stream} holds {pattern!r}\n{result}")
    if "json" in case:
        try:
            check_json(result.json(), case["json"])
        except Failure as failure:
            raise Failure(f"{failure}\n{result}") from None


def check_error_object(result, message):
    """With --json: one object on stdout, which says what stderr says."""
    error = result.json().get("error", {})
    if set(error) != {"kind", "code", "exit_code", "message", "expected", "hint", "place"}:
        raise Failure(f"the object of an error has other keys\n{result}")
    codes = {"usage": 2, "data": 3, "io": 4, "numeric": 5, "resource": 6}
    if error["exit_code"] != result.code or codes.get(error["kind"]) != result.code:
        raise Failure(f"the object of an error has another kind\n{result}")
    for key in ("message", "expected", "hint"):
        if error[key] is not None and error[key].encode("utf-8", "replace").decode() not in message:
            raise Failure(f"the {key} of an error is not that on stderr\n{result}")
    if error["place"] and error["place"]["file"] not in message:
        raise Failure(f"the place of an error is not that on stderr\n{result}")


def check_refusal(case, result, before, after):
    """What holds for every error: one message on stderr, nothing on stdout (with --json, one object), and no file made
    or touched."""
    last = result.stderr.strip().split("\n")[-1]
    if not last.startswith("poise: "):
        raise Failure(f"the last line of stderr is no message of ours\n{result}")
    if result.code != 2 and "; expected " not in last:  # of usage, CLI11 says some in its own words
        raise Failure(f"the message does not say what was expected\n{result}")
    for word in ("internal error", "std::", "what():", "terminate"):
        if word in result.stderr:
            raise Failure(f"a message for users holds {word!r}\n{result}")
    if "--json" in result.words:
        check_error_object(result, last)
    elif result.stdout:
        raise Failure(f"an error leaves something on stdout\n{result}")
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    changed = [name for name in changed if name not in case.get("leaves", [])]
    if changed:
        raise Failure(f"an error leaves files: {', '.join(changed)}\n{result}")


def run_case(t, case, common):
    for need in case.get("needs", []):
        t.shared(need)
    commands = case.get("setup", []) + [case["run"], case.get("stdin", "")]
    own = case.get("files", {})
    for name, spec in {**common, **case["file_files"], **own}.items():
        if name in own or any(name in command for command in commands):  # of the common files, those that are named
            t.write(name, spec)
    for command in case.get("setup", []):
        t.run(command)
    before = t.files()
    if "stdout_to" in case:
        with open(case["stdout_to"], "wb") as out:
            result = t.run(case["run"], None, case.get("timeout", 120), out, case.get("stdin"))
    else:
        result = t.run(case["run"], None, case.get("timeout", 120), stdin=case.get("stdin"))
    after = t.files()
    expected = case.get("exit", 0)
    if result.code != expected:
        raise Failure(f"exit code {result.code}, expected {expected}\n{result}")
    check_answer(case, result)
    if expected in (2, 3, 4, 5, 6):
        check_refusal(case, result, before, after)
    for name in after:
        if re.search(r"\.tmp$|\.part\d+$", name):
            raise Failure(f"a temporary file is left: {name}\n{result}")
    for name in case.get("absent", []):
        if name in after:
            raise Failure(f"{name} is there and should not be\n{result}")
    for name in case.get("present", []):
        if name not in after:
            raise Failure(f"{name} is not there\n{result}")
    for name in case.get("unchanged", []):
        if before.get(name) != after.get(name):
            raise Failure(f"{name} has changed\n{result}")


KEYS = {"name", "files", "setup", "run", "exit", "stdout", "stderr", "no_stdout", "no_stderr", "json", "absent",
        "present", "unchanged", "leaves", "needs", "timeout", "stdout_to", "stdin"}


def load_cases():
    """Every test: {name: function of a Tool}."""
    tests = {}

    def add(name, test):
        if name in tests:
            raise SystemExit(f"run_cases: two tests are called '{name}'")
        tests[name] = test

    with open(os.path.join(HERE, "cases", "common.toml"), "rb") as file:
        common = tomllib.load(file)["files"]
    for path in sorted(glob.glob(os.path.join(HERE, "cases", "*.toml"))):
        group = os.path.basename(path)[: -len(".toml")]
        with open(path, "rb") as file:
            content = tomllib.load(file)
        for case in content.get("case", []):
            unknown = case.keys() - KEYS
            if unknown:
                raise SystemExit(f"run_cases: {path}: case '{case.get('name')}' has unknown keys {sorted(unknown)}")
            case["file_files"] = content.get("files", {})
            add(f"{group}.{case['name']}", lambda t, case=case: run_case(t, case, common))
    for path in sorted(glob.glob(os.path.join(HERE, "*_checks.py"))):
        module = importlib.import_module(os.path.basename(path)[: -len(".py")])
        group = module.__name__[: -len("_checks")]
        for name, function in vars(module).items():
            if name.startswith("check_") and callable(function):
                add(f"{group}.{name[len('check_'):]}", function)
        for name, function in getattr(module, "MANY", {}).items():  # checks made in a loop
            add(f"{group}.{name}", function)
    return tests


def run_one(test, poise, keep):
    above = tempfile.mkdtemp(prefix="poise-cli-")
    folder = os.path.join(above, "here")  # so that ../shared/data is not there by chance
    os.mkdir(folder)
    try:
        test(Tool(poise, folder))
        return "passed", ""
    except Skip as skip:
        return "skipped", str(skip)
    except Failure as failure:
        return "FAILED", str(failure)
    finally:
        if keep:
            print(f"folder: {folder}")
        else:
            shutil.rmtree(above, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description="Runs the tests of the command line.")
    parser.add_argument("--poise", help="the tool to test")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("--exact", action="store_true", help="names are whole names")
    parser.add_argument("--keep", action="store_true", help="keep the folders and name them")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    tests = load_cases()
    if options.names:
        chosen = lambda name: any(n == name if options.exact else n in name for n in options.names)
        tests = {name: test for name, test in tests.items() if chosen(name)}
    if options.list:
        print("\n".join(tests))
        return 0
    if not options.poise or not tests:
        parser.error("--poise names the tool" if tests else "no such test")
    counts = {"passed": 0, "skipped": 0, "FAILED": 0}
    for name, test in tests.items():
        started = time.monotonic()
        outcome, text = run_one(test, os.path.abspath(options.poise), options.keep)
        counts[outcome] += 1
        print(f"{outcome:8} {name} ({time.monotonic() - started:.2f} s)" + (f"\n{text}" if text else ""), flush=True)
    if len(tests) > 1:
        print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    if counts["FAILED"]:
        return 1
    return 0 if counts["passed"] else SKIPPED


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
