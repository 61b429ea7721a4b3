#include "base/standard_descriptors.h"
#include "program.h"

int main(int argc, char** argv) {
  famfs::open_standard_descriptors();
  return famfs::daemon::run({argv, argv + argc});
}
