#include "cli/doctor_command.h"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>
#include <vector>

#include "check/machine.h"
#include "cli/env_files.h"
#include "cli/machine_facts.h"
#include "cli/streams.h"
#include "dev/styled_text.h"
#include "os/watched_process.h"

namespace ofn::cli {

int examine_machine(const DoctorCommand& command, const Environment& process) {
  const EnvFiles files = read_env_files(command.flags, process);
  if (!files.problems.empty()) return complain(files.problems, kExitUsage);
  const Environment env = with_variables(process, files.variables);
  const MachineFacts facts = collect_machine(command.flags, env);
  const std::vector<check::Examined> examined = check::examine(facts.machine);
  const auto variable = [&env](const char* name) { return env(name).value_or(""); };
  const dev::Look look = dev::look_for(
      isatty(STDOUT_FILENO) == 1 ? dev::WritesTo::kTerminal : dev::WritesTo::kOther, variable);
  Exit code =
      print(command.json ? check::examined_json(examined) : check::examined_text(examined, look));
  const bool has_problems = std::ranges::any_of(
      examined, [](const check::Examined& each) { return each.health == check::Health::kProblem; });
  if (code == kExitOk && has_problems) code = kExitFindings;
  if (facts.is_stuck) {
    // A thread waits for something that does not answer. The process does not wait for it.
    flush_output();
    os::WatchedProcess::ends();
    std::_Exit(code);
  }
  return code;
}

}  // namespace ofn::cli
