// The whole program: argv and environment in, exit code out. main() and ofn::run() call it.
#pragma once

#include <ofn/abi.h>

namespace ofn::cli {

// `linked`: the functions of the program that this code is linked into, served instead of --source; null if there is none.
// Threads: the main thread, before others exist (it sets variables of the environment). Blocks until the server ends.
int run_program(int argc, char** argv, const abi::Program* linked);

}  // namespace ofn::cli
