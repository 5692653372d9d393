#!/usr/bin/env python3
"""Whether the tests that docs/ cites in italics are there: *Suite.TestA, TestB*, *Suite.Begin…*, *Suite/Test*, *SomeTest*."""

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

dead = 0
for path in sorted(glob.glob("docs/**/*.md", recursive=True)):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number, line in enumerate(lines, 1):
        for citation in CITED.findall(re.sub(r"`[^`]*`|\*\*", " ", line)):
            among = set(tests).union(*tests.values())
            for part in citation.rstrip(".").split(", "):
                suite, separator, word = re.fullmatch(r"(?:(\w+)([./]))?(.*)", part).groups()
                among = tests.get(suite, set()) if separator else among | set(tests)
                pattern = re.compile(word.replace("…", ".*"))
                is_word = re.fullmatch(r"[A-Z][a-z]+", part)  # which may be no test but in italics
                if not is_word and not any(map(pattern.fullmatch, among)):
                    print(f"{path}:{number}: there is no test {part}", file=sys.stderr)
                    dead += 1
sys.exit(dead > 0)
