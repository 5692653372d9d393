"""Names that files and classes may have: not UTF-8, too long, links that lead nowhere."""

import json
import os

STRANGE = "x\udce9"  # the byte E9, which is no UTF-8
READ = "x\ufffd"


def check_files_whose_names_are_not_utf8(t):
    t.write(STRANGE + ".csv", {"table": {"rows": 60}})
    for options in ([], ["--hidden", "4", "--epochs", "1"]):
        answer = t.json(["train", STRANGE + ".csv", "--out", STRANGE, "--json"] + options)
        t.equal(answer["run"], READ, "the run")
        summary = json.loads(t.read(STRANGE + "/run.json"))
        t.equal(summary["asked"]["data"], READ + ".csv", "the data in run.json")
        t.equal(summary["result"], answer, "the result in run.json")
        for command in (["evaluate"], ["predict"], ["thermo"]):
            t.json(command + [STRANGE, STRANGE + ".csv", "--json"])
    t.equal(t.json(["predict", STRANGE, STRANGE + ".csv", "-o", STRANGE + ".out", "--json"])["output"], READ + ".out", "the output")
    t.equal(t.json(["convert", STRANGE + ".csv", STRANGE + ".tsv", "--json"])["output"], READ + ".tsv", "the output")
    t.json(["inspect", STRANGE + ".csv", "--json"])
    t.check(READ in t.run(["inspect", STRANGE, "--json"]).stdout, "the run does not say of which data it is")


def check_places_that_cannot_be(t):
    os.symlink("loop", t.path("loop"))
    t.write("ok.csv", {"table": {"rows": 60}})
    before = t.files()
    for place in ("n" * 300, "loop", "n" * 5000):
        for command in (["inspect", place], ["train", "ok.csv", "--out", place], ["train", place], ["predict", place, "ok.csv"],
                        ["evaluate", place, "ok.csv"], ["convert", "ok.csv", place + ".csv"]):
            if command[0] == "convert" and place == "loop":
                continue
            result = t.run(command, exit=4)
            t.check(result.stderr.splitlines()[-1].startswith("poise: ") and "expected" in result.stderr, f"no message of ours\n{result}")
            t.equal(t.files(), before, "the files")


def check_class_names_are_not_cut_in_two(t):
    long, short = "a" + "é" * 20, "日本"
    t.write("a.csv", "x,label\n" + f"1,{long}\n2,{short}\n" * 20 + f"2,{long}\n1,{short}\n")
    t.run("train a.csv --out run --quiet")
    lines = t.run("evaluate run a.csv").stdout.splitlines()
    t.check(not any("\\x" in line for line in lines), f"bytes that are no UTF-8: {lines}")
    t.check(lines[-3].split() == [long[:16], short], f"the columns are headed {lines[-3]!r}")
    t.check(any(line.split()[0] == long[:16] for line in lines[-2:]), f"no row is called {long[:16]}: {lines[-2:]}")
