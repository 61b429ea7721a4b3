// The door to libfuse: its low-level API as of 3.14; 3.17 compiles too.
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
