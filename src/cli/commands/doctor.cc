// functions-framework doctor: looks whether this machine has what the development of functions needs.

#include <array>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

constexpr std::array<FlagRow, 1> kFlags = {{
    {.name = "json", .help = "Write what is found as JSON"},
}};

// What it depends on.
bool takes(const FlagSpec& spec) {
  return spec.flag == Flag::kEnvFile || spec.flag == Flag::kCxxflags || spec.flag == Flag::kHost ||
         spec.flag == Flag::kPort;
}

std::expected<Command, std::string> read(Given& given) {
  return DoctorCommand{.flags = given.settings(), .json = given.has("json")};
}

}  // namespace

constinit const CommandRow kDoctorRow = {
    .name = "doctor",
    .summary = "Look whether this machine has what the development of functions needs",
    .description =
        "Examines the compiler, the headers, the cache, the ports, limits of the system "
        "and the libraries that are opened when they are needed, and names the command "
        "that mends what is wrong. It changes nothing and sends nothing.",
    .flags = kFlags,
    .takes = takes,
    .read = read,
};

}  // namespace ofn::cli
