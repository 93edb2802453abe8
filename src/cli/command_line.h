// Parses argv into the user's command, as a value.
//
//   const std::vector<std::string> arguments{"--target", "hello"};
//   auto command = parse_command_line(arguments);
//   if (!command) return complain(command.error(), kExitUsage);
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/loop_commands.h"
#include "cli/test_flags.h"
#include "context/flag_table.h"
#include "context/settings.h"
#include "manifest/manifest.h"

namespace ofn::cli {

// Exit codes of the program. exit_codes.h and docs/flags.md say which command has which: 6 and 7
// mean one thing for commands that serve and another for commands that look.
enum Exit : int {
  kExitOk = 0,
  kExitFailure =
      1,  // anything not named below; also if a drain took too long, and calls were abandoned
  kExitUsage = 2,       // a flag or a variable is wrong
  kExitLoad = 3,        // the function cannot be loaded
  kExitContext = 4,     // the context is invalid, or its file cannot be read
  kExitListen = 5,      // the port cannot be listened on
  kExitByFunction = 6,  // the function ended the process: exit() and its like
  kExitForkedChild =
      7,  // of a process that the function forked and that came back; not of the program itself
  kExitTestFailed = 6,  // a test of the function failed, or none ran
  kExitFindings = 7,    // what was checked has errors
  kExitNoInstance = 8,  // no program of the developer's loop runs
  kExitBadAnswer = 9,   // the function answered with a status of 400 or above
};

// functions-framework [flags]
struct ServeCommand {
  Flags flags;
  bool watches = true;  // with --debug, a source is compiled and served anew when it is saved
  bool waits_for_debugger = false;  // before the function is loaded
};

// functions-framework dev [flags]
struct DevCommand {
  Flags flags;
  bool watches = true;  // false: only a key begins a build
  bool verbose = false;
  bool json = false;                // events as NDJSON on standard output
  bool is_release = false;          // compile as `build` does
  std::string sanitizers = {};      // as -fsanitize= takes them
  bool waits_for_debugger = false;  // the first worker, before it loads the function
};

// functions-framework build --source S [--target T] -o FILE.so
struct BuildCommand {
  Flags flags;
  std::string output;
  bool json = false;
};

// functions-framework image --oci DIR [SOURCE]
struct ImageCommand {
  Flags flags;
  std::string layout;  // the folder to write
  std::string tag = "latest";
  std::string base = {};                 // an image or a folder on which it is built
  std::vector<std::string> opened = {};  // libraries that the program opens by name
  bool has_certificates = false;
  std::map<std::string, std::string> labels = {};
  bool json = false;
};

// functions-framework sidecar --components DIR --grpc-port N [--app-port N --app-protocol grpc|http]
struct SidecarCommand {
  Flags flags;  // --env-file only
  std::string components = "./components";
  std::string host = "127.0.0.1";
  std::uint16_t grpc_port = 50001;  // 0 for any free one
  std::uint16_t app_port = 0;       // of the app to call; 0 if there is none
  AppProtocol app_protocol = AppProtocol::kGrpc;
  bool debug = false;
  bool json = false;  // print where it listens
};

// functions-framework manifest --deployment --image IMAGE [flags]
struct ManifestCommand {
  Flags flags;
  manifest::Kind kind = manifest::Kind::kDeployment;
  std::string kustomize;  // the folder of a kustomization, which is written instead of the kind
  std::string image;
  std::string name;   // empty: made from the function's
  std::string space;  // the namespace; may be empty
  std::string host;   // of the requests for the function; may be empty
  std::uint32_t min_replicas = 0;
  std::uint32_t max_replicas = 10;
  bool h2c = false;
};

// functions-framework manifest check FILE…
struct ManifestCheckCommand {
  std::vector<std::string> files;
  bool json = false;
};

// functions-framework new NAME [--template T] [--force] [--json]
struct NewCommand {
  std::string folder;
  std::string template_name = {};  // empty: not chosen
  bool overwrites = false;
  bool json = false;
};

// functions-framework docs [TOPIC | --list | --grep RE] [--json]
struct DocsCommand {
  std::string topic = {};       // empty: the list
  std::string expression = {};  // of --grep
  bool json = false;
};
// A topic that is no page: the list of pages and commands.
inline constexpr std::string_view kLlmsTopic = "llms.txt";

// functions-framework check [PATH]
struct CheckCommand {
  Flags flags;
  std::string path;  // a folder or a source; empty: the working folder
  bool fixes = false;
  bool deep = false;  // also compile and load
  bool json = false;
  std::string sarif;  // the file to write; "-": standard output; empty: none
};

// functions-framework doctor
struct DoctorCommand {
  Flags flags;
  bool json = false;
};

// functions-framework __write-files DIR: the manual pages and completions, for packages.
struct WriteFilesCommand {
  std::string folder;
};

// A text that needs nothing but the table, such as --help or --version: print it and exit with 0.
struct ShowCommand {
  std::string text;
};

using Command = std::variant<ServeCommand, DevCommand, BuildCommand, ImageCommand, SidecarCommand,
                             TestCommand, FuzzCommand, RunTestsCommand, RunCasesCommand,
                             ManifestCommand, ManifestCheckCommand, CheckCommand, DoctorCommand,
                             NewCommand, DocsCommand, InvokeCommand, RequestsCommand, ReplayCommand,
                             WaitCommand, LogsCommand, McpCommand, WriteFilesCommand, ShowCommand>;

// `columns`: of the terminal that shows --help; 0: a file or a program reads it, and each flag has
// one line.
// Errors: one message for people that names the flag and, if it is unknown, the most similar flag.
// The exit code is then kExitUsage.
std::expected<Command, std::string> parse_command_line(std::span<const std::string> arguments,
                                                       std::size_t columns = 0);

}  // namespace ofn::cli
