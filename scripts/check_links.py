#!/usr/bin/env python3
"""Whether what documents point to is there: relative links and anchors of every *.md, files named in `code`, and pages that
sources cite (docs/theory/softmax.md#solvers). Notes that are not in the repository are not cited."""

import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
CITED = re.compile(r"(?<![\w/.-])((?:docs|bench|data|examples)/[\w./-]+\.md|[A-Z]+\.md)(#[\w-]+)?")
NAMED = re.compile(r"`((?:bench|cmake|data|docs|examples|fuzz|include|scripts|src|tests)/[\w./-]*[\w/])`")
ELSEWHERE = re.compile(r"\bTHEORY(?: |, |'s)(?=[§\dA-Z(])")
HISTORY = ("CHANGELOG.md", "bench/results/")  # tell of their day
SOURCES = (".h", ".cc", ".py", ".sh", ".R", ".txt")


def tracked():
    """Files that git knows or would add; all below the folder where there is no git."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True)
    files = listed.stdout.splitlines() or [os.path.relpath(os.path.join(folder, name)) for folder, _, names in os.walk(".")
                                           for name in names]
    return [file for file in files if os.path.isfile(file)]


def lines_of(path):
    """(number, line) of a file, without fenced and indented code in Markdown."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    fenced = False
    for number, line in enumerate(lines, 1):
        if path.endswith(".md"):
            fenced ^= line.startswith("```")
            if fenced or line.startswith(("```", "    ")):
                continue
        yield number, line


def anchors(path):
    """The anchors that GitHub gives a page's headings."""
    found = set()
    for _, line in lines_of(path):
        heading = re.match(r"#+ (.*)", line)
        if heading:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            slug, count = re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-"), 0
            while slug + (f"-{count}" if count else "") in found:
                count += 1
            found.add(slug + (f"-{count}" if count else ""))
    return found


def targets(path, line):
    """(as written, page or file, anchor) of a line's links and citations."""
    if path.endswith(".md"):
        for link in LINK.findall(re.sub(r"`[^`]*`", " ", line)):
            if not re.match(r"[a-z]+:", link):
                page, _, anchor = link.partition("#")
                yield link, os.path.normpath(os.path.join(os.path.dirname(path), page)) if page else path, anchor
        if not path.startswith(HISTORY):
            yield from ((name, name, "") for name in NAMED.findall(line))
        line = " ".join(re.findall(r"`([^`]*)`", line))
    for page, anchor in CITED.findall(line):
        yield page + anchor, page, anchor[1:]


known, dead = {}, 0
for path in sorted(tracked()):
    if not path.endswith(SOURCES + (".md",)) or path == "scripts/check_links.py":
        continue
    for number, line in lines_of(path):
        if not path.endswith(".md") and ELSEWHERE.search(line):
            print(f"{path}:{number}: cites notes that are not in the repository")
            dead += 1
        for written, page, anchor in targets(path, line):
            if not os.path.exists(page):
                print(f"{path}:{number}: {written} leads nowhere")
                dead += 1
            elif anchor and anchor not in known.setdefault(page, anchors(page) if page.endswith(".md") else set()):
                print(f"{path}:{number}: {written}: no such heading in {page}")
                dead += 1
if dead:
    print(f"check: {dead} dead links", file=sys.stderr)
sys.exit(1 if dead else 0)
