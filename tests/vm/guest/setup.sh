# For scripts that run in a guest: makes the memory a devdax.
set -u

# make_devdax [ALIGN]: /dev/dax0.0 of the whole range. --map=mem always: with the kernel's page structs in the
# memory itself, two guests over one memory would destroy each other.
make_devdax() {
  ndctl create-namespace -f -e namespace0.0 --mode=devdax --map=mem --align="${1:-2M}" >/tmp/ndctl.out 2>&1 ||
    { cat /tmp/ndctl.out; return 1; }
  [ -c /dev/dax0.0 ] || { echo "no /dev/dax0.0"; return 1; }
}
