// What `doctor` knows of the machine on which functions are developed: facts, and what they mean.
//
//   Machine machine;
//   machine.distribution = "debian";
//   for (const Examined& each : examine(machine)) say(each.name, each.found, each.mend);
//
// It looks at nothing itself: the caller collects the facts, each within a time limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dev/styled_text.h"

namespace ofn::check {

struct CompilerFacts {
  bool is_there = true;
  std::string
      failure;  // the message if there is none, or if it makes no functions; empty: all is well
  std::string name = {};  // "g++ (Debian 12.2.0-14) 12.2.0"
  std::string path = {};
  bool knows_cxx23 = false;
  bool has_gtest = false;
  bool has_catch2 = false;
  std::string linker = {};  // "mold", "lld"; empty: the compiler's own
};

struct CacheFacts {
  std::string wanted = {};   // the first folder in which compiled functions may be kept
  std::string folder = {};   // the one that is used; empty: none can be used
  std::string problem = {};  // why `wanted` is not used
  std::uintmax_t bytes = 0;
  std::uintmax_t limit = 0;
  std::uintmax_t free_bytes = 0;
  std::size_t precompiled_headers = 0;
  double clock_skew_seconds = 0;  // the folder's clock against this machine's
};

struct PortFacts {
  enum class State : std::uint8_t { kFree, kHeld, kForbidden, kUnknown };
  std::uint16_t port = 0;
  State state = State::kFree;
  std::string owner = {};  // "nginx (pid 12)"; empty if it cannot be read
};

// A library that is opened when a function or a component needs it.
struct LibraryFacts {
  std::string name = {};  // "libcurl.so.4"
  bool is_there = false;
};

// A fact that could not be collected in time is not set.
struct Machine {
  std::string distribution = {};  // ID or ID_LIKE of os-release(5): "debian", "fedora"
  bool is_root = false;
  std::optional<CompilerFacts> compiler = {};
  std::optional<std::string> headers_folder = {};  // of <ofn/function.h>
  bool has_headers = false;
  std::optional<CacheFacts> cache = {};
  std::optional<PortFacts> port = {};       // of functions
  std::optional<PortFacts> dapr_grpc = {};  // 50001
  std::optional<PortFacts> dapr_http = {};  // 3500
  std::optional<int> ptrace_scope = {};     // not set: the kernel has none
  std::optional<std::size_t> inotify_watches = {};
  std::optional<std::size_t> inotify_instances = {};
  bool inotify_works = true;
  std::vector<LibraryFacts> libraries = {};
  std::optional<std::size_t> descriptors = {};   // the limit of open files
  std::int64_t unix_seconds = 0;                 // now
  std::optional<std::size_t> memory_bytes = {};  // that the process may use
  std::optional<std::size_t> processors = {};    // that the cgroup grants
  bool has_cmake = false;
  std::vector<std::string> late =
      {};  // the names of facts that were not collected in time: "compiler"
};

// The libraries that are opened when they are needed, with all names by which they are opened.
struct KnownLibrary {
  std::string_view name;     // "libcurl.so.4"
  std::string_view package;  // its name in the table of packages
  std::string_view needed_by;
};
std::span<const KnownLibrary> known_libraries();

enum class Health : std::uint8_t { kOk, kWarning, kProblem };

struct Examined {
  std::string_view name;  // "compiler"; docs/check.md lists them
  Health health = Health::kOk;
  std::string found;
  std::string mend = {};  // a command, or a sentence; empty if all is well
};
std::vector<Examined> examine(const Machine& machine);

// A line for each, with what mends it below.
std::string examined_text(std::span<const Examined> examined, dev::Look look);
// One object, indented; docs/check.md describes it.
std::string examined_json(std::span<const Examined> examined);

}  // namespace ofn::check
