#include "cli/build_command.h"

#include <chrono>

#include "cli/function_build.h"
#include "cli/json_result.h"
#include "cli/streams.h"

namespace ofn::cli {

int build(const BuildCommand& command, const Environment& env) {
  FunctionBuild function(command.flags, env);
  if (function.problem()) return *function.problem();
  const auto program = function.into(command.output, "");
  if (!program) return program.error();
  if (command.json) {
    const double seconds = std::chrono::duration<double>(program->build.elapsed).count();
    return print_result("build", {{"output", command.output},
                                  {"functions", functions_of(*program)},
                                  {"plugins", plugins_of(*program)},
                                  {"seconds", document::Node::number(seconds)}});
  }
  return print(command.output + ": " + summary_of(*program) + "\n");
}

}  // namespace ofn::cli
