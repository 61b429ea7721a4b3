"""map_file.py FILE: ordinary Python that knows nothing of famfs; run it under `famfs exec --`.
Maps the file shared, changes a few bytes through the mapping, and prints them as read(2) sees them."""
import mmap
import sys

with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as view:
    view[0:5] = b"HELLO"
    view.flush()
    file.seek(0)
    print(f"  python mapped {len(view)} bytes; read(2) now begins with {file.read(5)!r}")
