// What the sub-commands that need a mount do where there is none: exit codes, and nothing is made.
#include "support.h"

#include "catch.h"

#include <sys/stat.h>

using namespace famfs;
using namespace famfs::tools;
using namespace famfs::tools::test;

TEST_CASE("creat: wrong command lines are 1, and make nothing") {
  Tools tools;
  const std::string file = tools.scratch.path("f");
  for (const Args& args : std::vector<Args>{{"-s", "1m", "-S", "5", file},        // -S without -r
                                            {"-s", "1m", "-M", file + ",1m"},     // mixed
                                            {"-M", file + ",1m", file},           // mixed
                                            {"-M", file},                         // malformed
                                            {"-M", file + ",1m,2,3"},             // malformed
                                            {"-M", file + ",x"},                  // malformed
                                            {"-t", "257", "-s", "1m", file},      // threads
                                            {"-t", "-1", "-s", "1m", file},       // threads
                                            {"-t", "0", "-M", file + ",1m"},      // threads, multi
                                            {"-s", "-1", file},                   // sizes
                                            {"-s", "10x", file},                  //
                                            {"-s", "99999999999999999999", file}, //
                                            {"-s", "0", file},                    //
                                            {file},                               // no size
                                            {"-s", "1m", file},                   // outside a mount
                                            {"-s", "1m", file, tools.scratch.path("g")},
                                            {"-s", "1m"},
                                            {"-s", "1m", "-m", "1777", file},         // mode
                                            {"-s", "1m", "-m", "rw", file},           //
                                            {"-s", "1m", "-r", "-S", "0", file},      // seed
                                            {"-s", "1m", "-N", "4", "-B", "3", file}, // striping
                                            {"-s", "1m", "-N", "3", "-B", "8", "-C", "3m", file}}) {
    std::string line;
    for (const std::string& word : args) {
      line += word + ' ';
    }
    CAPTURE(line);
    const Run run = tools(run_creat, args);
    CHECK(run.exit == 1);
    CHECK(one_line(run.err));
    CHECK(!std::filesystem::exists(file));
  }
}

TEST_CASE("verify: wrong command lines and missing files are not 0") {
  Tools tools;
  const std::string file = tools.scratch.path("f");
  spill(file, "x");
  for (const Args& args : std::vector<Args>{{"-S", "1"},
                                            {"-f", file},
                                            {"-S", "0", "-f", file},
                                            {"-S", "1", "-f", file, "-m", file + ",1"},
                                            {"-m", file},
                                            {"-m", file + ",1,1"},
                                            {"-S", "1", "-f", tools.scratch.path("missing")},
                                            {"-S", "1", "-f", tools.scratch.path("")},
                                            {"-S", "1", "-f", tools.scratch.device("empty", 0)},
                                            {"-S", "1", "-t", "300", "-f", file}}) {
    CHECK(tools(run_verify, args).exit == 1);
  }
}

TEST_CASE("verify reads any regular file: the first bad offset is told") {
  Tools tools;
  const std::string file = tools.scratch.path("f");
  spill(file, std::string("\x28\x49\x91\xee\x66\xb6\xfb\x34\x3a\x87\xca\x18\xde\x44\x17\x78", 16));
  const Run good = tools(run_verify, {"-S", "1", "-f", file});
  CHECK(good.exit == 0);
  CHECK(!good.out.empty());
  CHECK(tools(run_verify, {"-q", "-m", file + ",1"}).out.empty());
  spill(file, std::string("\x28\x49\x91\xee\x66\xb6\xfb\x34\x3a\x87\xca\x18\xde\x44\x17\x79", 16));
  const Run bad = tools(run_verify, {"-S", "1", "-f", file});
  CHECK(bad.exit == 1);
  CHECK(bad.err.find("offset 15") != std::string::npos);
  CHECK(bad.err.find(file) != std::string::npos);
}

TEST_CASE("verify: of several bad places the first, whatever the threads") {
  Tools tools;
  const std::string file = tools.scratch.device("f", 32ULL << 20); // zeroes: bad from the start
  for (const char* threads : {"1", "2", "7", "0"}) {
    const Run bad = tools(run_verify, {"-t", threads, "-S", "1", "-f", file});
    CHECK(bad.exit == 1);
    CHECK(bad.err.find("offset 0\n") != std::string::npos);
  }
}

TEST_CASE("mkdir and cp refuse what is not a famfs mount") {
  Tools tools;
  const std::string directory = tools.scratch.path("d");
  CHECK(tools(run_mkdir, {directory}).exit == 1);
  CHECK(tools(run_mkdir, {"-p", directory + "/e"}).exit == 1);
  CHECK(tools(run_mkdir, {"-p", "/tmp"}).exit == 1);
  CHECK(!std::filesystem::exists(directory));
  const std::string source = tools.scratch.path("s");
  spill(source, "x");
  const Run run = tools(run_cp, {source, directory});
  CHECK(run.exit == 1);
  CHECK(run.err.find("not on a famfs mount") != std::string::npos);
  CHECK(tools(run_cp, {source, source, directory}).exit == 1); // several, and no directory
  CHECK(tools(run_cp, {"-t", "-1", source, directory}).exit == 1);
  CHECK(tools(run_cp, {"-t", "257", source, directory}).exit == 1);
  CHECK(!std::filesystem::exists(directory));
}

TEST_CASE("getmap: 1 not famfs, 9 missing, 21 not regular; -q says nothing") {
  Tools tools;
  const std::string file = tools.scratch.path("f");
  spill(file, "x");
  CHECK(tools(run_getmap, {file}).exit == 1);
  CHECK(tools(run_getmap, {tools.scratch.path("missing")}).exit == 9);
  CHECK(tools(run_getmap, {tools.scratch.path("")}).exit == 21);
  CHECK(tools(run_getmap, {"/dev/null"}).exit == 21);
  const std::string pipe = tools.scratch.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(tools(run_getmap, {pipe}).exit == 21); // and does not wait for a writer
  const Run quiet = tools(run_getmap, {"-q", file});
  CHECK(quiet.exit == 1);
  CHECK(quiet.out.empty());
  CHECK(quiet.err.empty());
}

TEST_CASE("flush: the exit code counts what could not be flushed") {
  Tools tools;
  const std::string file = tools.scratch.path("f");
  spill(file, "x");
  CHECK(tools(run_flush, {file}).exit == 1);
  CHECK(tools(run_flush, {file, tools.scratch.path(""), tools.scratch.path("missing")}).exit == 3);
  CHECK(tools(run_flush, Args(300, file)).exit < 128);
}

TEST_CASE("logplay: wrong command lines, and paths outside a mount") {
  Tools tools;
  const std::string device = tools.file_system();
  CHECK(tools(run_logplay, {"-r", "-m", "/tmp"}).exit == 2);
  CHECK(tools(run_logplay, {}).exit == 2);
  CHECK(tools(run_logplay, {"-d", device}).exit == 2);
  CHECK(tools(run_logplay, {"-d", device, "-S", tools.scratch.path("s"), "/tmp"}).exit == 2);
  CHECK(tools(run_logplay, {"/tmp"}).exit == 1);
  CHECK(tools(run_logplay, {"/no/such"}).exit == 1);
  CHECK(tools(run_logplay, {"-S", tools.scratch.path("s"), "/tmp"}).exit == 1);
}

TEST_CASE("mount runs the daemon in its own words, and passes its exit and message on") {
  Tools tools;
  std::filesystem::create_directories(tools.scratch.path("bin"));
  std::filesystem::create_directories(tools.scratch.path("sbin"));
  const std::string program = tools.scratch.path("sbin/famfsd");
  const std::string device = tools.scratch.device("device", 1 << 20);
  spill(program, "#!/bin/sh\necho \"$@\" > " + tools.scratch.path("args") +
                     "\necho it failed >&2\nexit 32\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const Run run = tools(
      run_mount, {"-t", "5", "-u", "-p", "-d", "-v", "-f", "-o", "ro,client", device, "/mnt"});
  CHECK(run.exit == 32);
  CHECK(run.err == "it failed\n");
  CHECK(slurp(tools.scratch.path("args")) ==
        "-o ro,client -o timeout=5 -o nouseraccess -o nodefaultperm -o loglevel=debug -- " +
            device + " /mnt\n");
  spill(program, "#!/bin/sh\nexit 0\n");
  CHECK(tools(run_mount, {device, "/mnt"}).exit == 0);
  CHECK(tools(run_mount, {"-t", "x", device, "/mnt"}).exit == 1); // mount(8): incorrect invocation
}

TEST_CASE("umount: of what is no famfs mount") {
  Tools tools;
  const Run run = tools(run_umount, {"/tmp"});
  CHECK(run.exit == 32);
  CHECK(one_line(run.err));
}
