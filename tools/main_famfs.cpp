#include "commands.h"

int main(int argc, char** argv) {
  return famfs::tools::run_main(argc, argv, famfs::tools::run_famfs);
}
