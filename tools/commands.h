// Every tool, as a function that returns its exit code. famfs's are in the table of famfs.cpp.
#pragma once

#include "context.h"

namespace famfs::tools {

int run_famfs(Context& context, const Args& args); // args[0]: the sub-command
int run_mkfs(Context& context, const Args& args);
int run_fsck_famfs(Context& context, const Args& args); // as fsck(8) calls it

int run_mount(Context& context, const Args& args);
int run_umount(Context& context, const Args& args);
int run_fsck(Context& context, const Args& args);
int run_mkdir(Context& context, const Args& args);
int run_cp(Context& context, const Args& args);
int run_creat(Context& context, const Args& args);
int run_verify(Context& context, const Args& args);
int run_chkread(Context& context, const Args& args);
int run_check(Context& context, const Args& args);
int run_clone(Context& context, const Args& args);
int run_flush(Context& context, const Args& args);
int run_logplay(Context& context, const Args& args);
int run_getmap(Context& context, const Args& args);
int run_exec(Context& context, const Args& args);
int run_status(Context& context, const Args& args);
int run_metrics(Context& context, const Args& args);
int run_holders(Context& context, const Args& args);
int run_devices(Context& context, const Args& args);
int run_probe(Context& context, const Args& args);
int run_dump(Context& context, const Args& args);
int run_salvage(Context& context, const Args& args);
int run_config(Context& context, const Args& args);

} // namespace famfs::tools
