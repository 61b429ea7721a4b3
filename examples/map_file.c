/* map_file FILE: maps a file on a famfs mount through libfamfs and shows whose pages they are: for
 * some pages, the page frame behind the file's mapping and behind a plain mapping of the device.
 * Needs root: /proc/self/pagemap hides page frames from others. */
#include <famfs.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE_MAP (2UL << 20) /* what a devdax device may insist on */

static uint64_t page_frame(const volatile char *address) {
  uint64_t word = 0;
  (void)*address; /* present in the page table only once touched */
  int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  off_t at = (off_t)((uintptr_t)address / 4096 * sizeof word);
  if (fd < 0 || pread(fd, &word, sizeof word, at) != sizeof word) {
    word = 0;
  }
  close(fd);
  return word & ((UINT64_C(1) << 55) - 1);
}

static int compare(const famfs_map *map, int device, const char *file, uint64_t offset) {
  struct famfs_extent at = {.struct_size = sizeof at};
  if (famfs_map_resolve(map, offset, &at) != 0) {
    return -1;
  }
  uint64_t aligned = at.device_offset / DEVICE_MAP * DEVICE_MAP;
  char *raw = mmap(NULL, DEVICE_MAP, PROT_READ, MAP_SHARED, device, (off_t)aligned);
  if (raw == MAP_FAILED) {
    perror("mmap of the device");
    return -1;
  }
  uint64_t ours = page_frame(file + offset);
  uint64_t theirs = page_frame(raw + (at.device_offset - aligned));
  printf("  file offset %10" PRIu64 "  device offset %10" PRIu64 "  page frame %#" PRIx64 " | %#" PRIx64 "  %s\n",
         offset, at.device_offset, ours, theirs, ours == theirs ? "the same page" : "DIFFERENT PAGES");
  munmap(raw, DEVICE_MAP);
  return ours == theirs && ours != 0 ? 0 : -1;
}

static int show(int fd, const famfs_map *map) {
  size_t size = (size_t)famfs_map_size(map);
  char *file = famfs_mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  int device = open(famfs_map_device(map), O_RDONLY | O_CLOEXEC);
  if (file == MAP_FAILED || device < 0) {
    perror("map_file");
    return 1;
  }
  int bad = 0;
  for (int i = 0; i < 4; i++) {
    bad |= compare(map, device, file, size / 4 * (size_t)i / 4096 * 4096);
  }
  close(device);
  famfs_munmap(file, size);
  return bad ? 1 : 0;
}

int main(int argc, char **argv) {
  famfs_map *map = NULL;
  int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
  int error = fd < 0 ? -1 : famfs_map_new(fd, &map);
  if (error) {
    fprintf(stderr, "map_file: %s: not a file on a famfs mount\n", argc == 2 ? argv[1] : "(no file named)");
    return 2;
  }
  error = show(fd, map);
  famfs_map_unref(map);
  close(fd);
  return error;
}
