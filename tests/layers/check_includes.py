#!/usr/bin/env python3
"""Holds every #include against the picture in docs/architecture.md: includes go down only, and each
outside library has one door. check_includes.py [ROOT]; exit 1 and a line per offence."""
import pathlib
import re
import sys

LOWER = {
    "base": set(),
    "format": {"base"},
    "media": {"base"},
    "holder": {"base", "media"},
    "alloc": {"base", "format"},
    "tree": {"base", "format"},
    "log": {"base", "format", "media"},
    "volume": {"base", "format", "media", "holder", "alloc", "tree", "log"},
    "capi": {"base", "format", "media"},
    "preload": {"base", "capi"},
}
TOP = {"base", "format", "media", "holder", "alloc", "tree", "log", "volume"}
LOWER["daemon"] = TOP
LOWER["tools"] = TOP | {"capi"}

# A header of an outside library, and who may include it.
DOORS = [
    (re.compile(r"^(fuse3?/)?fuse(_lowlevel|_common|_opt|_log)?\.h$|^linux/fuse\.h$"), {"daemon"}),
    (re.compile(r"^(libpmem2?|ndctl/|daxctl/)"), {"media"}),
    (re.compile(r"^(yaml-cpp/|spdlog/)"), {"base"}),
    (re.compile(r"^(isa-l|isa-l/.*|zlib)\.h$|^isa-l/"), {"base"}),
    (re.compile(r"^nlohmann/"), {"base"}),
    (re.compile(r"^systemd/"), {"base"}),
]
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def module_of(path, root):
    parts = path.relative_to(root).parts
    return parts[1] if parts[0] == "lib" else parts[0]


def offences(root):
    for top in ("lib", "daemon", "tools"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cpp", ".c"):
                continue
            module = module_of(path, root)
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if match:
                    why = judge(module, path, match[1] == '"', match[2], root)
                    if why:
                        yield f"{path.relative_to(root)}:{number}: {why}"


def judge(module, path, quoted, name, root):
    for pattern, allowed in DOORS:
        if pattern.search(name) and module not in allowed:
            return f"<{name}> is included by {', '.join(sorted(allowed))} alone"
    if not quoted:
        return None
    first = name.split("/")[0]
    if "/" in name and first in LOWER:
        if first != module and first not in LOWER[module]:
            return f'"{name}": {module} does not stand on {first}'
        return None
    beside = path.parent / name
    if beside.exists() or beside.with_name(beside.name + ".in").exists() or (root / module / name).exists():
        return None
    return f'"{name}": neither a module\'s header nor beside this file'


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(offences(root))
    for line in found:
        print(line)
    print(f"{len(found)} includes go against the picture")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
