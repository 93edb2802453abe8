#include "cli/sidecar_command.h"

#include <csignal>
#include <cstdlib>
#include <unistd.h>
#include <vector>

#include "cli/env_files.h"
#include "cli/json_result.h"
#include "cli/streams.h"
#include "document/node.h"
#include "localdapr/local_sidecar.h"
#include "logging/logger.h"
#include "loop/signals.h"

namespace ofn::cli {

int run_sidecar(const SidecarCommand& command, const Environment& process) {
  const EnvFiles files = read_env_files(command.flags, process);
  if (!files.problems.empty()) return complain(files.problems, kExitUsage);
  set_in_process(files.variables);
  const Environment env = with_variables(process, files.variables);
  const SystemClock clock;
  Logger log({.format = command.debug ? LogFormat::kReadable : LogFormat::kJson},
             command.debug ? Level::kDebug : Level::kInfo, STDERR_FILENO);
  log_notes(files.notes, log);
  Loop loop(clock);
  const localdapr::LocalSidecarOptions options{
      .components = command.components,
      .app_id = non_empty(env, "APP_ID").value_or("functions-framework"),
      .listen = {command.host, command.grpc_port, {}}};
  const auto sidecar = localdapr::LocalSidecar::start(options, loop, env, log);
  if (!sidecar) {
    for (const Error& error : sidecar.error()) complain(error.text());
    return sidecar.error().front().code() == Code::kAlreadyExists ? kExitListen : kExitFailure;
  }
  if (command.app_port != 0) {
    const auto delivering =
        (*sidecar)->deliver_to({.endpoint = {"127.0.0.1", command.app_port, {}},
                                .protocol = command.app_protocol,
                                .api_token = non_empty(env, "APP_API_TOKEN").value_or("")});
    if (!delivering) return complain(delivering.error().text(), kExitFailure);
  }
  if (command.json) {
    const wire::Endpoint& endpoint = (*sidecar)->endpoint();
    const Exit printed = print_result("sidecar", {{"endpoint", endpoint.text()},
                                                  {"port", document::Node::number(endpoint.port)},
                                                  {"components", command.components}});
    if (printed != kExitOk) return printed;
    flush_output();
  }
  const Signals signals(loop, {SIGTERM, SIGINT, SIGHUP},
                        [&](int) { (*sidecar)->drain([&loop] { loop.stop(); }); });
  loop.run();
  if (!(*sidecar)->is_idle()) {
    log.write(Level::kWarning, "stopped before the app had answered all deliveries");
    log.finish();
    std::_Exit(kExitOk);
  }
  return kExitOk;
}

}  // namespace ofn::cli
