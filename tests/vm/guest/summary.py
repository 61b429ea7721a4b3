"""summary.py CTEST-V-OUTPUT: of each test that passed the result and what it skipped; of every other one all it said."""
import re
import sys

said, name, skips = {}, {}, 0
for line in open(sys.argv[1], errors="replace"):
    line = line.rstrip("\n")
    if m := re.match(r"test (\d+)$", line):
        said[m[1]] = []
    elif m := re.match(r"(\d+): (.*)$", line):
        said.setdefault(m[1], []).append(m[2])
    elif m := re.match(r"\s*\d+/\d+ Test\s+#(\d+): (\S+) .*?(Passed|\*\*\*.*?)\s+([\d.]+) sec", line):
        mine = [s for s in said.get(m[1], []) if m[3] != "Passed" or s.startswith("skip ")]
        print(f"{m[3]:8} {m[4]:>7} s  {m[2]}")
        for s in mine:
            print(f"         {s}")
            skips += s.startswith("skip ")
    elif "tests passed" in line or line.startswith("No tests"):
        print(line)
print(f"{skips} tests within were skipped")
