#!/usr/bin/env python3
"""summary.py RESULT.json...: the table of what is aimed at and what was measured."""
import json
import sys

# name of the benchmark, counter, aim, how it is read
AIMS = [
    ("replay_ram/scattered:0", "entries/s", 2e6, "at least", "entries replayed per second, RAM"),
    ("replay_stand_in/scattered:0", "entries/s", 2e6, "at least", "… from a mapped stand-in"),
    ("append", "lines/append", 11, "at most", "cache lines written back per append"),
    ("append", "appends/s", None, "", "appends per second"),
    ("lookup", "calls/s", None, "", "lookups per second through the mount"),
    ("stat_asked", "calls/s", None, "", "getattrs per second through the mount"),
    ("readdir_all/stat:0", "calls/s", None, "", "directory entries per second, readdir"),
    ("readdir_all/stat:1", "calls/s", None, "", "directory entries per second, readdir and stat"),
    ("load_bandwidth", "ratio", 0.98, "at least", "loads, direct map / raw map"),
    ("first_touch/store:0", "ratio", 0.98, "at least", "first load of a page, direct map / raw map"),
    ("first_touch/store:1", "ratio", 0.98, "at least", "first store to a page, direct map / raw map"),
    ("famfs_cp/threads:1", "ratio", 0.9, "at least", "famfs cp, one thread / memcpy"),
    ("famfs_cp/threads:0", "ratio", 0.9, "at least", "famfs cp, all cores / memcpy"),
    ("memcpy_direct", "ratio", 0.9, "at least", "memcpy to a direct map / to a raw map"),
    ("write_call", "ratio", None, "", "write(2) / memcpy"),
    ("read_call", "ratio", None, "", "read(2) / memcpy"),
]


def bare(name):
    """Without what Google Benchmark appends to say how it timed."""
    return "/".join(p for p in name.split("/") if not p.startswith(("iterations:", "manual_time", "real_time")))


def main(paths):
    found = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for run in json.load(file)["benchmarks"]:
                found.setdefault(bare(run["name"]), run)
    print(f"\n{'':52} {'measured':>14}  aim")
    for name, counter, aim, relation, meaning in AIMS:
        run = found.get(name)
        if run is None:
            continue
        if counter not in run:
            print(f"{meaning:52} {'skipped':>14}  {run.get('error_message', '')}")
            continue
        value = run[counter]
        verdict = ""
        if aim is not None:
            met = value >= aim if relation == "at least" else value <= aim
            verdict = f"{relation} {aim:,.10g}: {'met' if met else 'MISSED'}"
        print(f"{meaning:52} {value:>14,.{0 if value > 100 else 3}f}  {verdict}")


if __name__ == "__main__":
    main(sys.argv[1:])
