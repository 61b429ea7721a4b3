#!/usr/bin/python3
"""check_manual.py STAGE SOURCE: do the installed man pages and the installed programs say the same, both ways?

Pages are mdoc(7), so that their markup tells what is an option: `.It Fl x Ar value , Fl -name Ar value`.
"""
import json
import pathlib
import re
import subprocess
import sys

PROGRAMS = {"famfs": "bin/famfs", "mkfs.famfs": "sbin/mkfs.famfs", "fsck.famfs": "sbin/fsck.famfs",
            "famfsd": "sbin/famfsd", "mount.fuse.famfs": "sbin/mount.fuse.famfs"}
EVERYWHERE = {"--help", "--version", "--list-options"}  # famfs(1) has them for all sub-commands

problems = []


def complain(where, what, todo):
    problems.append(f"{where}: {what}: {todo}")


def declared(*command):
    out = subprocess.run([*command, "--list-options"], check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def options_of(program):
    """{"-f": takes a value, "--force": …}, and which of them are the same."""
    found = {}
    for option in program["options"]:
        for name in (option["key"] and "-" + option["key"], option["name"] and "--" + option["name"]):
            if name:
                found[name] = option["value"] is not None
    return found


class Page:
    def __init__(self, path):
        self.path = path
        self.text = path.read_text()
        head = self.text.partition(".Sh NAME\n")[2].partition("\n.Nd ")[0]
        self.names = re.findall(r"^\.Nm ([^ \n]+)", head, re.M)

    def __str__(self):
        return f"docs/man/{self.path.resolve().name}"

    def section(self, title):
        return self.text.partition(f".Sh {title}\n")[2].partition("\n.Sh ")[0] + "\n"

    def options(self):
        found = {}
        for item in re.findall(r"^\.It (Fl .*)$", self.section("OPTIONS"), re.M):
            for one in item.split(" , "):
                words = one.split()
                found["-" + words[1].replace(r"\&", "")] = "Ar" in words
        return found

    def items(self, title, pattern):
        return re.findall(rf"^\.It {pattern}", self.section(title), re.M)


def check_options(page, programs):
    theirs, ours = page.options(), {}
    for program in programs:
        ours |= options_of(program)
    name = programs[0]["program"]
    for option in ours.keys() - theirs.keys() - (EVERYWHERE | {"-h", "-?"} if " " in name else EVERYWHERE):
        complain(page, f"{option} of {name} is missing", "add it to OPTIONS as .It Fl, with what it really does")
    for option in theirs.keys() - ours.keys() - EVERYWHERE:
        complain(page, f"{name} has no option {option}", "take it out of OPTIONS")
    for option in theirs.keys() & ours.keys():
        if theirs[option] != ours[option]:
            complain(page, f"{option}: one of page and {name} says that it takes a value", "mend the .It line")


def check_exits(page, programs, help_text):
    """The page may say only what the program can exit with, and must say what --help does."""
    codes = {int(code) for code in page.items("EXIT STATUS", r"(\d+)$")}
    possible = set().union(*(program["exits"] for program in programs))
    if not page.section("EXIT STATUS").strip():
        complain(page, "has no EXIT STATUS", "write it, or refer to famfs(1) there")
    for code in codes - possible:
        complain(page, f"exit status {code}: the program never has it", "take it out (ExitStyle in base/error.h)")
    told = re.search(r"^Exit: (.*)$", help_text, re.M)
    for code in {int(c) for c in re.findall(r"\b\d+\b", told[1] if told else "")} - codes:
        complain(page, f"exit status {code} is in --help and not here", "add it to EXIT STATUS as .It")


def check_programs(stage, pages):
    def page_of(name):
        if name not in pages:
            complain(name, "has no man page", f"write docs/man/{name}.1 in mdoc(7); docs/man/famfs-cp.1 is an example")
        return pages.get(name)

    by_page = {}
    famfs = str(stage / PROGRAMS["famfs"])
    known = {}
    for name, path in PROGRAMS.items():
        known[name] = [str(stage / path)]
    commands = [command["name"] for command in declared(famfs)["commands"]]
    for command in commands:
        known[f"famfs-{command}"] = [famfs, command]
    for name, call in known.items():
        if page := page_of(name):
            by_page.setdefault(page, []).append(call)
    for page, calls in by_page.items():
        programs = [declared(*call) for call in calls]
        check_options(page, programs)
        help_text = "".join(subprocess.run([*call, "--help"], capture_output=True, text=True).stdout for call in calls)
        check_exits(page, programs, help_text)
    for name, page in pages.items():
        if name.startswith("famfs-") and name not in known:
            complain(page, f"there is no command {name.replace('-', ' ')}", "remove the page")
    if famfs_page := pages.get("famfs"):
        listed = set(re.findall(r"^\.It Cm ([a-z]+)$", famfs_page.section("DESCRIPTION"), re.M))
        for command in listed ^ set(commands):
            complain(famfs_page, f"{command}: in one of page and famfs --help only", "make both the same")


def check_mount_options(stage, pages):
    page = pages["mount.fuse.famfs"]
    program = declared(str(stage / PROGRAMS["famfsd"]))
    ours = {option["name"]: option["value"] is not None for option in program["mount_options"]}
    theirs = {name: bool(value) for name, value in page.items("OPTIONS", r"Cm (\w+)( Ns = .*)?$")}
    for option in ours.keys() ^ theirs.keys():
        complain(page, f"mount option {option}: in one of page and famfsd --help only", "make both the same")
    for option in program["kernel_mount_options"]:
        if not option.endswith("=") and not re.search(rf"^\.Cm .*\b{option}\b", page.section("OPTIONS"), re.M):
            complain(page, f"mount option {option} is missing", "add it to those that are the kernel's")
    for option in ours.keys() & theirs.keys():
        if ours[option] != theirs[option]:
            complain(page, f"mount option {option}: one of page and famfsd says that it has a value", "mend it")


def check_config(stage, pages):
    """famfs.yaml(5) has the keys of a section below .Ss, as `.It Cm key : value`."""
    page, section, theirs = pages["famfs.yaml"], "", set()
    for title, key in re.findall(r"^\.Ss (\w+)$|^\.It Cm (\w+) :", page.section("KEYS"), re.M):
        section = title or section
        theirs |= {f"{section}.{key}".lstrip(".")} if key else set()
    told = subprocess.run([str(stage / PROGRAMS["famfs"]), "config", "--json", "/dev/null"], check=True,
                          capture_output=True, text=True).stdout
    ours = set()
    for name, value in json.loads(told)["in_force"].items():
        ours |= {f"{name}.{key}" for key in value} if isinstance(value, dict) else {name}
    for key in ours ^ theirs:
        complain(page, f"{key}: in one of page and famfs config only", "make both the same")


def prototype(text):
    return re.sub(r"\s*([*(),])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()


def check_functions(source, pages):
    exported = re.search(r"FAMFS_1\.0 \{(.*?)\};", (source / "lib/capi/libfamfs.map").read_text(), re.S)[1]
    exported = set(re.findall(r"\b(famfs_\w+);", exported))
    header = re.sub(r"/\*.*?\*/", "", (source / "lib/capi/famfs.h").read_text(), flags=re.S)
    ours = {name: prototype(f"{kind} {name}({arguments})")
            for kind, name, arguments in re.findall(r"^((?:const )?\w+\*? ?)\b(famfs_\w+)\((.*?)\);", header, re.M | re.S)}
    if ours.keys() != exported:
        complain("famfs.h and libfamfs.map", str(ours.keys() ^ exported), "make both the same")
    documented = {name for name, page in pages.items() if name.startswith("famfs_")}
    for name in exported ^ documented:
        complain(name, "in one of libfamfs.map and docs/man/*.3 only", "every function has its name in a page's NAME")
    for name in exported & documented:
        page = pages[name]
        synopsis = re.sub(r"\n\.Fa ", " ", page.section("SYNOPSIS")).replace("\n.Fc", "").replace(".Fo ", ".Fn ")
        found = re.search(rf"^\.Ft (.*)\n\.Fn {name} (.*)$", synopsis, re.M)
        arguments = ", ".join(quoted or bare for quoted, bare in re.findall(r'"(.*?)"|(\S+)', found[2])) if found else ""
        arguments = re.sub(r"/\*.*?\*/", "", arguments)
        if not found or prototype(f"{found[1]} {name}({arguments})") != ours[name]:
            complain(page, f"SYNOPSIS differs from famfs.h: {ours[name]}", "mend .Ft, .Fn")


def check_form(pages, all_pages):
    for page in sorted(all_pages, key=str):
        for command in (["mandoc", "-Tlint", "-W", "warning", page.path], ["man", "--warnings", "-l", page.path]):
            run = subprocess.run(command, capture_output=True, text=True, env={"MANWIDTH": "80", "PATH": "/usr/bin:/bin",
                                                                               "LC_ALL": "C.UTF-8"})
            said = run.stderr + (run.stdout if command[0] == "mandoc" else "")
            if said:
                complain(page, said.splitlines()[0], f"{' '.join(command[:-1])} must be silent")
        for name, section in re.findall(r"^\.Xr (\S*famfs\S*) (\d)", page.text, re.M):
            if not (page.path.parent.parent / f"man{section}/{name}.{section}").exists():
                complain(page, f"{name}({section}): no such page", "mend .Xr, or write it")


def main(stage, source):
    stage, source = pathlib.Path(stage), pathlib.Path(source)
    files = [path for path in (stage / "share/man").glob("man*/*") if not path.is_symlink()]
    all_pages = [Page(path) for path in files]
    pages = {}
    for page in all_pages:
        for name in page.names:
            if name != "famfs" or page.path.suffix == ".1":  # famfs(7) is about the file system
                pages[name] = page
            if not (page.path.parent / (name + page.path.suffix)).exists():
                complain(page, f"{name} in its NAME is not installed", "docs/CMakeLists.txt makes the links")
    check_form(pages, all_pages)
    check_programs(stage, pages)
    check_mount_options(stage, pages)
    check_config(stage, pages)
    check_functions(source, pages)
    for problem in sorted(problems):
        print(problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(*sys.argv[1:])
