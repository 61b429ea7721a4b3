#!/usr/bin/env python3
"""check_exposition.py DOCUMENT <TEXT: Prometheus' own parser takes the text; names, units, HELP, TYPE and
histograms are as its conventions have them; each family of the text is in the document, and the
other way. Prints the samples as lines "name{labels} value", sorted, without the labels of the mount."""
import re
import sys

from prometheus_client.parser import text_string_to_metric_families


def check_histogram(family):
    series = {}
    for sample in family.samples:
        labels = {k: v for k, v in sample.labels.items() if k != "le"}
        series.setdefault(tuple(sorted(labels.items())), []).append(sample)
    for samples in series.values():
        buckets = [(float(s.labels["le"]), s.value) for s in samples if s.name.endswith("_bucket")]
        assert buckets == sorted(buckets), samples
        assert [b[1] for b in buckets] == sorted(b[1] for b in buckets), samples
        assert buckets[-1][0] == float("inf"), samples
        count = [s.value for s in samples if s.name.endswith("_count")]
        assert count == [buckets[-1][1]], samples
        total = [s.value for s in samples if s.name.endswith("_sum")]
        assert len(total) == 1 and (total[0] > 0) == (count[0] > 0), samples


def check(text, document):
    assert text.endswith("\n")
    families = list(text_string_to_metric_families(text))
    names = [f.name for f in families]
    assert len(names) == len(set(names)), "a family in two places"
    for family in families:
        name = family.name + ("_total" if family.type == "counter" else "")
        assert re.fullmatch(r"famfs_[a-z_]+", name), name
        assert family.documentation.endswith("."), name
        assert family.type in ("counter", "gauge", "histogram"), (name, family.type)
        assert (f"# TYPE {name} {family.type}\n") in text, name
        assert not re.search(r"_(ms|us|ns|kb|mb|kib|mib)(_|$)", name), name
        assert f"`{name}`" in document, f"{name} is not in docs/metrics.md"
        for sample in family.samples:
            assert {"device", "mount_point"} <= sample.labels.keys(), sample
        if family.type == "histogram":
            check_histogram(family)
    told = {f.name + ("_total" if f.type == "counter" else "") for f in families}
    missing = set(re.findall(r"`(famfs_[a-z_]+)`", document)) - told
    assert not missing, f"docs/metrics.md has {missing}, the text has not"
    return families


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = file.read()
    for family in check(sys.stdin.read(), document):
        for sample in family.samples:
            labels = {k: v for k, v in sample.labels.items() if k not in ("device", "mount_point")}
            shown = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()))
            print(f"{sample.name}{{{shown}}} {sample.value:g}")


if __name__ == "__main__":
    main()
