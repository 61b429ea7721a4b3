#include "program.h"

int main(int argc, char** argv) {
  return famfs::daemon::run({argv, argv + argc});
}
