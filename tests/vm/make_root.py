#!/usr/bin/env -S python3 -B
"""make_root.py OUT.squashfs PROGRAM...: a root file system for the guest, made of packages that are
installed here with all they depend on, so that the host's tests run inside unchanged: what the tests
call, and the libraries that PROGRAMs are linked with (by ldd, since Debian 12 and 13 name them
differently). Documentation and locales stay out. Does nothing when OUT was made of the same versions."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOOLS = """bash dash coreutils util-linux mount tar gzip xz-utils grep sed gawk mawk findutils diffutils procps python3 python3-jsonschema python3-prometheus-client attr rsync
fuse3 kmod ndctl daxctl jq cmake libc-bin base-files base-passwd""".split()

SKIP = re.compile(r"^/usr/share/(doc|man|locale|info|lintian|bash-completion|bug|perl\d?)/|"
                  r"^/usr/share/cmake-[^/]*/(Help|Modules/Find)|^/usr/bin/(cmake|cpack|perl.*)$|^/usr/lib/(gcc|ldscripts)|"
                  r"^/usr/lib/[^/]*/perl|^/usr/lib/modules|^/usr/lib/udev/hwdb")
ETC = ["passwd", "group", "shadow", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "ndctl", "ndctl.conf.d"]


def query(field, package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${" + field + "}", package],
                          capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def owner(library):
    """The package that a library is from. dpkg may know it by its place before or after the merge of /usr."""
    real = os.path.realpath(library)
    for path in (real, real.removeprefix("/usr"), "/usr" + real):
        done = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    return None


def packages_of(programs):
    found = set()
    for program in programs:
        text = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        found |= set(re.findall(r"=> (/\S+) \(", text))
    return {package for package in map(owner, found) if package}


def closure(wanted):
    seen, todo = set(), list(wanted)
    while todo:
        package = todo.pop()
        # The version too: a virtual package (awk) has a status and no files.
        if package in seen or "ok installed" not in query("Status", package) or not query("Version", package):
            continue
        seen.add(package)
        for field in ("Depends", "Pre-Depends"):
            for names in query(field, package).split(","):
                todo += [re.sub(r"[\s(:].*", "", name.strip()) for name in names.split("|")]
    return sorted(seen)


def copy(path, root):
    """To where the file really is: dpkg's lists name /bin/bash where /usr/bin/bash was meant."""
    real = pathlib.Path(os.path.realpath(os.path.dirname(path))) / os.path.basename(path)
    to = root / str(real).lstrip("/")
    if not os.path.lexists(real) or (real.is_dir() and not real.is_symlink()) or os.path.lexists(to):
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(real, to, follow_symlinks=False)


def fill(root, packages):
    for name in ("proc", "sys", "dev", "run", "tmp", "root", "mnt", "etc", "opt", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    for package in packages:
        listing = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=True)
        for path in listing.stdout.splitlines():
            if path.startswith("/") and not SKIP.search(path):
                copy(path, root)
    for name in ("awk", "sh"): # links that no package lists
        copy(f"/usr/bin/{name}", root)
    (root / "etc/mtab").symlink_to("../proc/self/mounts")
    for name in ETC:
        source = pathlib.Path("/etc") / name
        if source.is_dir():
            shutil.copytree(source, root / "etc" / name, symlinks=True, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy2(source, root / "etc" / name)


def main():
    out, programs = sys.argv[1], sys.argv[2:]
    packages = closure(packages_of(programs) | set(TOOLS))
    made_of = "\n".join([pathlib.Path(__file__).read_text(), *(f"{p} {query('Version', p)}" for p in packages)])
    stamp = pathlib.Path(out + ".packages")
    if os.path.exists(out) and stamp.exists() and stamp.read_text() == made_of:
        return
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch) / "root"
        fill(root, packages)
        subprocess.run(["mksquashfs", str(root), out + ".new", "-noappend", "-quiet", "-no-progress", "-all-root",
                        "-comp", "gzip", "-Xcompression-level", "1"], check=True)
    os.replace(out + ".new", out)
    stamp.write_text(made_of)


if __name__ == "__main__":
    main()
