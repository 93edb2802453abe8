// Runs the framework in your own program, linked with ofn::framework:
//
//   #include <ofn/function.h>
//   #include <ofn/run.h>
//
//   std::string hello() { return "hello\n"; }
//   OFN_FUNCTION(hello)
//
//   int main(int argc, char** argv) { return ofn::run(argc, argv); }
#pragma once

#include <ofn/abi.h>
#include <ofn/register.h>

namespace ofn {

// Serves the functions of `program`. Takes the flags and the environment of `functions-framework`,
// except --source; returns the program's exit code. Blocks until the server has drained.
// NOLINTNEXTLINE(modernize-avoid-c-arrays): main's own types.
int run(int argc, char** argv, const abi::Program& program);

// Serves the functions that this program registered by OFN_FUNCTION, in any of its source files.
inline int run(int argc, char** argv) {
  abi::Program program;
  ofn_program(&program);
  return run(argc, argv, program);
}

}  // namespace ofn
