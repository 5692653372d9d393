"""Options that are given twice, by other names, or by shares that binary numbers do not have."""

import json


def asked(t, command):
    t.run(f"train {command} --out run --quiet")
    return json.loads(t.read("run/run.json"))["asked"]


def check_of_a_switch_the_last_word_counts(t):
    t.write("ok.csv", {"table": {"rows": 60}})
    t.write("bare.csv", {"table": {"rows": 60, "header": False}})
    for words, header in (("--header", True), ("--no-header --header", True), ("--header --no-header --header", True)):
        t.equal(asked(t, f"ok.csv {words}")["read"]["header"], header, f"'header' of {words}")
    for words in ("--no-header", "--header --no-header", "--header --header --no-header"):
        t.equal(asked(t, f"bare.csv {words}")["read"]["header"], False, f"'header' of {words}")
    for words, cooling in (("--cooling --no-cooling", False), ("--no-cooling --cooling", True)):
        t.equal(asked(t, f"ok.csv --hidden 4 --epochs 1 {words}")["cooling"], cooling, f"'cooling' of {words}")


def check_the_command_line_wins_over_the_opposite_in_a_file(t):
    t.write("ok.csv", {"table": {"rows": 60}})
    t.write("bare.csv", {"table": {"rows": 60, "header": False}})
    for line, data, word, header in (("no-header = true", "ok.csv", "--header", True), ("header = true", "bare.csv", "--no-header", False),
                                     ("header = false", "ok.csv", "--header", True), ("no-header = true", "bare.csv", "", False)):
        t.write("a.toml", line + "\n")
        t.equal(asked(t, f"{data} --config a.toml {word}")["read"]["header"], header, f"'header' of '{line}' and '{word}'")


def check_a_share_is_the_rows_that_it_says(t):
    t.write("a.csv", {"table": {"rows": 100}})
    for share, rows in (("0.29", 29), ("0.57", 57), ("0.58", 58), ("0.1", 10), ("0.295", 29)):
        answer = t.json(f"train a.csv --validation {share} --out run --json")
        t.equal((answer["rows"], answer["validation"]["rows"]), (100 - rows, rows), f"the rows with --validation {share}")
        certified = t.json("certify run a.csv --json")
        t.equal(certified["rows"], 100 - rows, "the rows that certify finds")


def check_a_run_as_config_repeats_it_to_the_bit(t):
    """From its directory, its run.json, and from what --print-config prints; data from it, too, unless others are named."""
    t.run("convert digits 'my digits.csv' --quiet")
    for k, options in enumerate(("--hidden 8 --epochs 3 --seed 5 --validation 0.2 --dropout 0.1", "--l2-path 1e-2,1e-3 --validation 0.3",
                                 "--l2 1e-3 --class-weight '1=2'")):
        t.run(f"train 'my digits.csv' {options} --out run{k} --quiet")
        t.write(f"c{k}.toml", t.run(f"train 'my digits.csv' {options} --print-config").stdout)
        for how, command in (("dir", f"train --config run{k}"), ("json", f"train --config run{k}/run.json"),
                             ("toml", f"train 'my digits.csv' --config c{k}.toml")):
            t.run(f"{command} --out {how}{k} --quiet")
            t.equal(t.read(f"{how}{k}/model.onnx"), t.read(f"run{k}/model.onnx"), f"the model by {command}")
    t.equal(t.json("train --config run0 --epochs 2 --out new --json --quiet")["epochs"], 2, "an option given again")
    t.equal(t.json("train digits --config run0 --out new --json --quiet")["rows"], 1078, "data named first")
    t.write("none.json", '{"a": 1}')
    t.check("a run that no command line repeats" in t.run("train digits --config none.json", 2).stderr, "a JSON that is no run")
