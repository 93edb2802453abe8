#include "cli/build_command.h"

#include "cli/function_build.h"
#include "cli/streams.h"

namespace ofn::cli {

int build(const BuildCommand& command, const Environment& env) {
  FunctionBuild function(command.flags, env);
  if (function.problem()) return *function.problem();
  const auto program = function.into(command.output, "");
  if (!program) return program.error();
  return print(command.output + ": " + summary_of(*program) + "\n");
}

}  // namespace ofn::cli
