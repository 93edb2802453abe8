// The whole program, from argv and environment to the exit code. main() and ofn::run() call it.
#pragma once

#include <ofn/abi.h>

namespace ofn::cli {

// `linked`: the functions of the program into which this code is linked, served instead of
// --source; null if there are none.
// Threads: the main thread, before others exist (it sets variables of the environment). Blocks until the server ends.
int run_program(int argc, char** argv, const abi::Program* linked);

}  // namespace ofn::cli
