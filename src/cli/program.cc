#include "cli/program.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>
#include <variant>
#include <vector>

#include <ofn/run.h>

#include "cli/build_command.h"
#include "cli/case_runs.h"
#include "cli/check_command.h"
#include "cli/command_line.h"
#include "cli/descriptors.h"
#include "cli/dev_command.h"
#include "cli/docs_command.h"
#include "cli/doctor_command.h"
#include "cli/fuzz_command.h"
#include "cli/image_command.h"
#include "cli/inherited.h"
#include "cli/init.h"
#include "cli/manifest_command.h"
#include "cli/new_command.h"
#include "cli/serve.h"
#include "cli/sidecar_command.h"
#include "cli/streams.h"
#include "cli/test_command.h"
#include "cli/user_signals.h"
#include "cli/write_files.h"
#include "os/watched_process.h"

namespace ofn::cli {

namespace {

std::optional<std::string> process_variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Process 1 of a container ignores signals for which it has no handler. If it has no init, these
// signals end it here until the server runs, with the exit code that a shell gives for other
// processes.
void end_when_told_as_process_1() {
  if (getpid() != 1) return;
  for (const int number : {SIGTERM, SIGINT, SIGHUP})
    std::signal(number, [](int sent) {
      os::WatchedProcess::ends();
      _exit(128 + sent);
    });
}

// 0: standard output is not a terminal, or its width is not known.
std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

int run_program(int argc, char** argv, const abi::Program* linked) {
  open_standard_streams();
  take_no_notice_of_user_signals();
  // If a client or the log's reader disconnects, the write fails, and the program continues. The
  // handler does nothing. The signal is not ignored, because every program that the function starts
  // would inherit that.
  std::signal(SIGPIPE, [](int) {});
  // Before anything is printed: then a function's lines are visible at once, even if standard
  // output is a pipe.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto command = parse_command_line(arguments, terminal_columns());
  if (!command) return complain(command.error(), kExitUsage);
  if (!std::holds_alternative<ShowCommand>(*command)) {
    if (const auto problem = descriptor_shortage(kDescriptorsToLoad)) {
      return complain(*problem, kExitFailure);
    }
    const ListenPid listen_pid;
    const Init init = start_init();
    if (init == Init::kImpossible) end_when_told_as_process_1();
    if (init == Init::kRuns) listen_pid.moved_to_child();
  }
  const Environment env = process_variable;
  return std::visit(
      Overloaded{
          [&](const ServeCommand& serving) { return serve(serving, env, linked); },
          [&](const DevCommand& developing) { return dev(developing, env); },
          [&](const BuildCommand& building) { return build(building, env); },
          [&](const TestCommand& wanted) { return test_function(wanted, env); },
          [&](const FuzzCommand& wanted) { return try_cases(wanted, env); },
          [&](const RunTestsCommand& wanted) { return run_tests(wanted); },
          [&](const RunCasesCommand& wanted) { return run_cases(wanted, env); },
          [&](const ImageCommand& image) { return make_image(image, env, linked); },
          [&](const SidecarCommand& alone) { return run_sidecar(alone, env); },
          [&](const ManifestCommand& wanted) { return write_manifest(wanted, env, linked); },
          [&](const NewCommand& wanted) { return write_project(wanted, env); },
          [&](const DocsCommand& wanted) { return show_documents(wanted, env); },
          [&](const ManifestCheckCommand& wanted) { return check_manifests(wanted); },
          [&](const CheckCommand& wanted) { return check_project(wanted, env, linked); },
          [&](const DoctorCommand& wanted) { return examine_machine(wanted, env); },
          [&](const InvokeCommand& wanted) { return invoke(wanted, env); },
          [&](const RequestsCommand& wanted) { return requests(wanted, env); },
          [&](const ReplayCommand& wanted) { return replay(wanted, env); },
          [&](const WaitCommand& wanted) { return wait_for_output(wanted, env); },
          [&](const LogsCommand& wanted) { return logs(wanted, env); },
          [&](const McpCommand& wanted) { return serve_mcp(wanted, env); },
          [&](const WriteFilesCommand& wanted) { return write_files(wanted, env); },
          [&](const ShowCommand& shown) { return static_cast<int>(print(shown.text)); },
      },
      *command);
}

}  // namespace ofn::cli

// Declared for authors in <ofn/run.h>.
int ofn::run(int argc, char** argv, const abi::Program& program) {
  return cli::run_program(argc, argv, &program);
}
