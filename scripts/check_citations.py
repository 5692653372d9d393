#!/usr/bin/env python3
"""Whether the pages and sections that comments cite (docs/theory/page.md#section), and those that pages link to, are there."""

import glob
import os
import re
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
CITED = re.compile(r"\b(docs/[\w/.-]+\.md)(?:#([\w-]+))?")
LINKED = re.compile(r"\]\(([^)\s#:]*)(?:#([^)\s]+))?\)")
ELSEWHERE = re.compile(r"\bTHEORY(?: |, |'s)(?=[§\dA-Z(])")  # notes that are not in the repository


def anchors(page, known={}):
    """The sections of a page, as GitHub names them."""
    if page not in known:
        with open(page, encoding="utf-8") as file:
            text = re.sub(r"^```.*?^```", "", file.read(), flags=re.S | re.M)
        known[page] = set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
        for title in re.findall(r"^#+ +(.+?) *$", text, re.M):
            slug = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "]", title).lower()).replace(" ", "-")
            copies = sum(re.fullmatch(re.escape(slug) + r"(-\d+)?", other) is not None for other in known[page])
            known[page].add(f"{slug}-{copies}" if copies else slug)
    return known[page]


def faults(place, text):
    """What is wrong with the citations of a source, or with the links of a page."""
    page = place.endswith(".md")
    if not page and ELSEWHERE.search(text):
        yield f"{place}: cites notes that are not in the repository"
    for target, section in (LINKED if page else CITED).findall(text):
        if page:
            target = os.path.normpath(os.path.join(os.path.dirname(place), target)) if target else place
        if not os.path.exists(target):
            yield f"{place}: there is no {target}"
        elif section and target.endswith(".md") and section not in anchors(target):
            yield f"{place}: {target} has no section #{section}"


assert list(faults("a.h", "docs/theory/softmax.md#no-such-section")) and list(faults("a.h", "THEORY 4.2"))
assert list(faults("docs/a.md", "[x](no-page.md)")) and not list(faults("docs/a.md", "[x](theory/softmax.md#the-problem)"))
found = []
for pattern in ("include/**/*.h", "src/**/*.h", "src/**/*.cc", "tests/**/*.h", "tests/**/*.cc", "tests/**/*.py", "fuzz/*.cc", "examples/*.cc",
                "bench/**/*.cc", "bench/**/*.py", "scripts/*.sh", "scripts/*/*.py", "docs/**/*.md", "bench/*.md", "*.md"):
    for path in sorted(glob.glob(pattern, recursive=True)):
        if "node_modules" not in path:
            with open(path, encoding="utf-8") as file:
                found += faults(path, file.read())
print("\n".join(found), file=sys.stderr, end="\n" if found else "")
sys.exit(bool(found))
