// functions-framework sidecar [flags]: the local sidecar alone.

#include <array>
#include <cstdint>
#include <string>

#include "cli/commands/rows.h"
#include "localdapr/catalogue.h"

namespace ofn::cli {

namespace {

constexpr std::array<FlagRow, 7> kFlags = {{
    {.name = "components",
     .value = "DIR",
     .help = "Directory of component files [default ./components]",
     .kind = ValueKind::kFolder},
    {.name = "grpc-port",
     .value = "PORT",
     .help = "Port of the Dapr API, 0 for any free one [default 50001]",
     .kind = ValueKind::kNumber,
     .most = 65535},
    {.name = "host", .value = "ADDRESS", .help = "Address to listen on [default 127.0.0.1]"},
    {.name = "app-port",
     .value = "PORT",
     .help = "Port of an app on this machine that gets the events of input bindings and topics",
     .kind = ValueKind::kNumber,
     .most = 65535},
    {.name = "app-protocol",
     .value = "PROTOCOL",
     .help = "Protocol of the app, grpc or http [default grpc]",
     .kind = ValueKind::kWord,
     .words = "grpc|http"},
    {.name = "json", .help = "Print where it listens as JSON, as soon as it does"},
    {.name = "debug", .help = "Readable log with details"},
}};

std::string component_types() { return "Component types: " + localdapr::names_of_types(); }

std::expected<Command, std::string> read(Given& given) {
  SidecarCommand command{
      .flags = given.settings(), .debug = given.has("debug"), .json = given.has("json")};
  command.components = given.text("components", command.components);
  command.host = given.text("host", command.host);
  command.grpc_port = given.number("grpc-port", command.grpc_port);
  command.app_port = given.number("app-port", command.app_port);
  command.app_protocol =
      given.text("app-protocol") == "http" ? AppProtocol::kHttp : AppProtocol::kGrpc;
  return command;
}

}  // namespace

constinit const CommandRow kSidecarRow = {
    .name = "sidecar",
    .summary =
        "Run only the local sidecar, for functions of this framework on a developer's "
        "machine; for anything else run Dapr",
    .flags = kFlags,
    .takes = env_file_only,
    .footer = component_types,
    .read = read,
};

}  // namespace ofn::cli
