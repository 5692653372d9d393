#!/usr/bin/env python3
"""Whether the tests that docs/ cites in italics are there: *Suite.TestA, TestB*, *Suite.Begin…*, *Suite/Test*, *SomeTest*; those of the
command line, `cli.file.case`; and what `poise VERB --option` names. In theory/claims.md a cell of tests has nothing else."""

import glob
import os
import re
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
NAME = r"[A-Z]\w*"
PART = rf"(?:{NAME}[./])?…?(?:{NAME})?…?"
CITED = re.compile(rf"(?<![*\w])\*(?=[A-Z])({PART}(?:, {PART})*)\.?\*(?![*\w])")

tests = {}  # suite, or its prefix: names
for path in glob.glob("tests/**/*.cc", recursive=True):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for suite, name in re.findall(rf"\bTEST(?:_[FP])?\(\s*({NAME}),\s*({NAME})\s*\)", text):
        tests.setdefault(suite, set()).add(name)
    for prefix, suite in re.findall(rf"\bINSTANTIATE_TEST_SUITE_P\(\s*({NAME}),\s*({NAME})", text):
        tests.setdefault(prefix, set()).add(suite)

known = set()  # cases of the command line; verbs and their options
for path in glob.glob("tests/cli/cases/*.toml") + glob.glob("tests/cli/*_checks.py"):
    suite = re.match(r"(\w+?)(_checks)?\.", os.path.basename(path))[1]
    with open(path, encoding="utf-8") as file:
        known.update(f"cli.{suite}.{name}" for name in re.findall(r'^(?:name = "|def check_)(\w+)', file.read(), re.M))
with open("docs/cli.md", encoding="utf-8") as file:
    for section in file.read().split("\n## poise ")[1:]:
        known.update(f"{section.split()[0]} {option}" for option in re.findall(r"(?:^- `|, )(--[\w-]+)", section, re.M))

dead = 0
for path in sorted(glob.glob("docs/**/*.md", recursive=True)):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number, line in enumerate(lines, 1):
        named = re.findall(r"`(cli\.[\w.]+)`", line)
        for verb, words in re.findall(r"`poise ([a-z]+)( [^`]*)`", line):
            named += [f"{verb} {option}" for option in re.findall(r"(?<= )--[\w-]+", words)]
        if path.endswith("claims.md") and line.count("|") == 6 and "`" in line:
            named += re.sub(r"`cli\.[\w.]+`|[,–]", "", CITED.sub("", line.split("|")[4])).split()
        for name in set(named) - known:
            print(f"{path}:{number}: there is no {name}", file=sys.stderr)
            dead += 1
        for citation in CITED.findall(re.sub(r"`[^`]*`|\*\*", " ", line)):
            among = set(tests).union(*tests.values())
            for part in citation.rstrip(".").split(", "):
                suite, separator, word = re.fullmatch(r"(?:(\w+)([./]))?(.*)", part).groups()
                among = tests.get(suite, set()) if separator else among | set(tests)
                pattern = re.compile(word.replace("…", ".*"))
                is_word = re.fullmatch(r"[A-Z][a-z]+", citation)  # which may be no test but in italics
                if not is_word and not any(map(pattern.fullmatch, among)):
                    print(f"{path}:{number}: there is no test {part}", file=sys.stderr)
                    dead += 1
sys.exit(dead > 0)
