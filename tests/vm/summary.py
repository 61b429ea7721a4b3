"""Of what ctest -V said: of each test that passed the result and what it skipped; of every other one all it said."""
import re


def summary(text):
    said, skips, out = {}, 0, []
    for line in text.splitlines():
        if m := re.match(r"test (\d+)$", line):
            said[m[1]] = []
        elif m := re.match(r"(\d+): (.*)$", line):
            said.setdefault(m[1], []).append(m[2])
        elif m := re.match(r"\s*\d+/\d+ Test\s+#(\d+): (\S+) .*?(Passed|\*\*\*.*?)\s+([\d.]+) sec", line):
            mine = [s for s in said.get(m[1], []) if m[3] != "Passed" or s.startswith("skip ")]
            out.append(f"{m[3]:8} {m[4]:>7} s  {m[2]}")
            out += [f"         {s}" for s in mine]
            skips += sum(s.startswith("skip ") for s in mine)
        elif "tests passed" in line or line.startswith(("No tests", "ctest.sh: ")):
            out.append(line)
    return "\n".join([*out, f"{skips} tests within these were skipped"])
