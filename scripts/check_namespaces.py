#!/usr/bin/env python3
"""Whether each source under src/ declares names only in the namespace of its folder, and in `poise` only what include/poise declares."""

import glob
import os
import re
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
INLINE = ("base", "rows", "data", "network", "loss", "convex", "run")  # what else is in src/ has a namespace that callers name
NO_CODE = re.compile(r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"""
                     r"|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*", re.S | re.M)
OPENS = re.compile(r"namespace\s*([\w:\s]*?)\s*\{")
TYPE = re.compile(r"(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+([\w:]+)\s*(?:final\s*)?(?::[^:][^{;]*)?[{;]")
MACRO = re.compile(r"[A-Z][A-Z0-9_]+\([^()]*\)\s*;?")
CALLED = re.compile(r"((?:\w+\s*::\s*)*~?(?:operator\s*(?:\(\)|\[\]|[^\s\w(]+|\w+)|\w+))\s*[(={;\[]")


def end_of_declaration(code, begin):
    """Behind the `;`, or the `}` of a function's body, that ends what begins at `begin`."""
    depth = 0
    for k in range(begin, len(code)):
        depth += (code[k] in "({[") - (code[k] in ")}]")
        if depth == 0 and (code[k] == ";" or code[k] == "}" and code[k + 1:].lstrip()[:1] not in tuple(";,{(")):
            return k + 1
    return len(code)


def name_of(declaration):
    """What it declares, as it is written there (Class::member); None of what has no name that could clash."""
    text = re.sub(r"\b(alignas|decltype|noexcept|requires)\s*\((?:[^()]|\([^()]*\))*\)", "", declaration)
    while "<" in text and (bare := re.sub(r"(?<!operator)<[^<>]*>", "", text)) != text:  # from the innermost <…> outwards
        text = bare
    text = re.sub(r"^((extern\s+)?template\b\s*)+", "", re.sub(r"\[\[.*?\]\]", "", text).strip())
    if re.match(r"static_assert|using\s+namespace|using\s+[\w:]+\s*;|namespace\s+\w+\s*=", text):
        return None
    found = TYPE.match(text) or re.match(r"using\s+(\w+)\s*=", text) or CALLED.search(text)
    return re.sub(r"\s", "", found.group(1)) if found else text


def declarations(text):
    """(line, namespaces around it, name) of each declaration at namespace scope."""
    code = NO_CODE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    around, at = [], 0
    while (at := at + len(code[at:]) - len(code[at:].lstrip())) < len(code):
        if opened := OPENS.match(code, at):
            around.append(opened.group(1))
            at = opened.end()
        elif called := MACRO.match(code, at):
            at = called.end()
        elif code[at] in "};":
            around = around[:-1] if code[at] == "}" else around
            at += 1
        else:
            end = end_of_declaration(code, at)
            if name := name_of(code[at:end]):
                yield code.count("\n", 0, at) + 1, tuple(around), name
            at = end
    assert not around, f"the braces of {around} are not understood"


def misplaced(path, text, public):
    """Sentences on what `text`, as the source src/`path`, declares where it must not."""
    folder = path.split("/")[0]
    own = f"poise::inline {folder}" if folder in INLINE else f"poise::{folder}"
    for line, around, name in declarations(text):
        outer = around[0] if around else ""
        if outer == own or outer.startswith(own + "::") or (path, name) == ("cli/main.cc", "main"):
            continue
        if outer != "poise" or any(around[1:]):
            yield f"src/{path}:{line}: {name} is declared in {'::'.join(around) or 'no namespace'}, not in {own}"
        elif len(around) == 1 and name.split("::")[0] not in public:
            yield f"src/{path}:{line}: {name} is declared in poise, and include/poise does not know it: that is for {own}"
        elif len(around) == 2 and path.endswith(".h"):
            yield f"src/{path}:{line}: a header declares {name} in a namespace without a name"


def self_test():
    """Each rule sees what breaks it, and nothing else."""
    cases = [("rows/a.h", "namespace poise::inline rows { struct Any { int x; }; }", 0),
             ("rows/a.h", "namespace poise { class Known { int x; }; }", 0),
             ("rows/a.cc", "namespace poise { namespace { int any; } Known::Known() : a_{1} {} }", 0),
             ("rows/a.cc", "namespace poise { ONE(TWO) namespace { int any; } THREE(FOUR); void known(); }", 0),
             ("rows/a.h", "namespace poise { struct Any; }", 1),
             ("rows/a.h", "namespace poise { namespace { struct Known; } }", 1),
             ("rows/a.cc", "namespace poise { template <class T> std::vector<T> any(std::span<const T> x) { return {}; } }", 1),
             ("rows/a.cc", "namespace poise { namespace b { void known(); } }", 1),
             ("rows/a.cc", "namespace poise::inline data { void known(); }", 1),
             ("experiments/a.h", "namespace poise::inline run { struct Any; }", 1),
             ("cli/main.cc", "int main() { return 0; } int any;", 1)]
    for path, text, faults in cases:
        assert len(list(misplaced(path, text, {"Known", "known"}))) == faults, (path, text)


self_test()
known = set()
for header in glob.glob("include/poise/**/*.h", recursive=True):
    with open(header, encoding="utf-8") as file:
        known |= {name for _, _, name in declarations(file.read())}
faults = []
for source in sorted(glob.glob("src/**/*.h", recursive=True) + glob.glob("src/**/*.cc", recursive=True)):
    with open(source, encoding="utf-8") as file:
        faults += misplaced(source.removeprefix("src/"), file.read(), known)
print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
sys.exit(bool(faults))
