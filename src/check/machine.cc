#include "check/machine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dev/visible_text.h"
#include "document/json.h"

namespace ofn::check {

namespace {

using document::Node;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

// How a family of distributions installs packages, and how it names those that functions may need.
struct Distribution {
  std::string_view id;
  std::string_view install;
  std::string_view compiler, gtest, curl, mosquitto, pcre2, zstd;
};
constexpr std::array kDistributions = {
    Distribution{"debian", "apt-get install", "g++", "libgtest-dev", "libcurl4", "libmosquitto1",
                 "libpcre2-8-0", "libzstd1"},
    Distribution{"ubuntu", "apt-get install", "g++", "libgtest-dev", "libcurl4", "libmosquitto1",
                 "libpcre2-8-0", "libzstd1"},
    Distribution{"fedora", "dnf install", "gcc-c++", "gtest-devel", "libcurl", "mosquitto", "pcre2",
                 "libzstd"},
    Distribution{"rhel", "dnf install", "gcc-c++", "gtest-devel", "libcurl", "mosquitto", "pcre2",
                 "libzstd"},
    Distribution{"alpine", "apk add", "g++", "gtest-dev", "libcurl", "mosquitto-libs", "pcre2",
                 "zstd-libs"},
    Distribution{"arch", "pacman -S", "gcc", "gtest", "curl", "mosquitto", "pcre2", "zstd"},
    Distribution{"suse", "zypper install", "gcc-c++", "gtest", "libcurl4", "libmosquitto1",
                 "libpcre2-8-0", "libzstd1"},
};

constexpr std::array kLibraries = {
    KnownLibrary{
        "libcurl.so.4", "libcurl",
        "HTTP requests of tasks, bindings.http of the local sidecar, telemetry to https addresses"},
    KnownLibrary{"libmosquitto.so.1", "libmosquitto",
                 "bindings.mqtt3 and pubsub.mqtt3 of the local sidecar"},
    KnownLibrary{"libpcre2-8.so.0", "libpcre2", "patterns of typed fields"},
    KnownLibrary{"libzstd.so.1", "libzstd", "images on a base that is compressed by zstd"},
};

std::string size_text(std::uintmax_t bytes) {
  return bytes >= 10240 * kMiB ? std::to_string(bytes / (1024 * kMiB)) + " GiB"
                               : std::to_string(bytes / kMiB) + " MiB";
}

class Examiner {
 public:
  explicit Examiner(const Machine& machine) : machine_(machine) {
    const auto found = std::ranges::find(kDistributions, machine.distribution, &Distribution::id);
    if (found != kDistributions.end()) distribution_ = &*found;
  }

  std::vector<Examined> examine() {
    examine_late();
    examine_compiler();
    examine_headers();
    examine_cache();
    examine_ports();
    examine_debugger();
    examine_inotify();
    examine_libraries();
    examine_limits();
    return std::move(all_);
  }

 private:
  void ok(std::string_view name, std::string found) {
    all_.push_back({name, Health::kOk, std::move(found)});
  }
  void warn(std::string_view name, std::string found, std::string mend) {
    all_.push_back({name, Health::kWarning, std::move(found), std::move(mend)});
  }
  void problem(std::string_view name, std::string found, std::string mend) {
    all_.push_back({name, Health::kProblem, std::move(found), std::move(mend)});
  }

  // "sudo apt-get install g++"
  std::string as_root(std::string_view command) const {
    return (machine_.is_root ? "" : "sudo ") + std::string(command);
  }
  std::string install(std::string_view Distribution::* package, std::string_view otherwise) const {
    if (distribution_ == nullptr) return "install " + std::string(otherwise);
    return as_root(std::string(distribution_->install) + " " +
                   std::string(distribution_->*package));
  }

  void examine_late() {
    for (const std::string& each : machine_.late) {
      problem("late", each + " did not answer in time",
              "look whether a file system or a program hangs, and run this again");
    }
  }

  void examine_compiler() {
    if (!machine_.compiler) return;
    const CompilerFacts& compiler = *machine_.compiler;
    if (!compiler.is_there) {
      problem("compiler", compiler.failure,
              install(&Distribution::compiler, "a C++ compiler such as g++ 12 or clang 16") +
                  ", or serve a .so that was built elsewhere");
      return;
    }
    const std::string name = compiler.name + " (" + compiler.path + ")";
    if (!compiler.failure.empty()) {
      problem("compiler", name + " makes no functions: " + compiler.failure,
              install(&Distribution::compiler, "g++ 12 or clang 16, or later") +
                  ", or name another compiler with OFN_CXX");
    } else {
      ok("compiler", name + " makes functions, in C++20" +
                         (compiler.knows_cxx23 ? " and C++23" : "; it does not know C++23"));
    }
    ok("linker", compiler.linker.empty()
                     ? "the compiler's own; mold links several times as fast, if it is installed"
                     : compiler.linker);
    if (compiler.has_gtest) {
      ok("gtest", "GoogleTest is installed, for `ff test`");
    } else {
      warn("gtest",
           std::string("GoogleTest is not installed; `ff test` needs it") +
               (compiler.has_catch2 ? ", unless the tests use Catch2, which is installed" : ""),
           install(&Distribution::gtest, "GoogleTest with its headers"));
    }
    ok("cmake",
       machine_.has_cmake ? "is installed" : "is not installed; only CMake projects need it");
  }

  void examine_headers() {
    if (!machine_.headers_folder) return;
    if (machine_.has_headers) {
      ok("headers", *machine_.headers_folder);
    } else {
      problem("headers", *machine_.headers_folder + " has no ofn/function.h",
              "install the framework's headers beside the program, or name their folder with "
              "OFN_INCLUDE_DIR");
    }
  }

  void examine_cache() {
    if (!machine_.cache) return;
    const CacheFacts& cache = *machine_.cache;
    if (cache.folder.empty()) {
      problem("cache", "no folder for compiled functions is writable: " + cache.problem,
              "set XDG_CACHE_HOME or TMPDIR to a folder of yours that is writable");
      return;
    }
    const std::string size = size_text(cache.bytes) + " of " + size_text(cache.limit);
    if (!cache.problem.empty()) {
      warn("cache",
           cache.folder + " is used, because " + cache.wanted + " cannot be: " + cache.problem,
           "mend the folder, or set XDG_CACHE_HOME to one of yours");
    } else if (cache.free_bytes < 512 * kMiB) {
      warn("cache",
           cache.folder + ": only " + size_text(cache.free_bytes) + " are free on its disk",
           "free space there, or set XDG_CACHE_HOME to a folder on another disk");
    } else {
      ok("cache", cache.folder + ", " + size);
    }
    ok("precompiled-header",
       cache.precompiled_headers == 0
           ? "none yet; it is made beside the second build, and halves the time of those after it"
           : std::to_string(cache.precompiled_headers) + " in the cache");
    const double skew =
        cache.clock_skew_seconds < 0 ? -cache.clock_skew_seconds : cache.clock_skew_seconds;
    if (skew > 2) {
      warn("clock",
           "the cache's file system is " + std::to_string(static_cast<long>(skew)) +
               " s away from this machine's clock, so changed files may look unchanged",
           "set XDG_CACHE_HOME to a folder on a local disk");
    }
  }

  static std::string held_by(const PortFacts& port) {
    return port.owner.empty() ? "a process of another user, or of another container" : port.owner;
  }

  void examine_ports() {
    if (machine_.port) examine_port(*machine_.port);
    if (!machine_.dapr_grpc || !machine_.dapr_http) return;
    using State = PortFacts::State;
    const bool is_grpc_held = machine_.dapr_grpc->state == State::kHeld;
    const bool is_http_held = machine_.dapr_http->state == State::kHeld;
    if (!is_grpc_held) {
      ok("daprd", is_http_held
                      ? "nothing listens on 50001, so the local sidecar starts; 3500 is held by " +
                            held_by(*machine_.dapr_http)
                      : "nothing listens on 50001 and 3500, so the local sidecar starts for "
                        "functions with a context");
    } else if (machine_.dapr_grpc->owner.starts_with("daprd") ||
               machine_.dapr_grpc->owner.starts_with("functions-fram")) {
      ok("daprd", machine_.dapr_grpc->owner +
                      " listens on 50001, and functions use it instead of the local sidecar");
    } else {
      warn("daprd",
           "50001 is held by " + held_by(*machine_.dapr_grpc) +
               "; if it speaks Dapr, functions use it instead of the local sidecar",
           "start functions with --local-sidecar on, or end that process");
    }
  }

  void examine_port(const PortFacts& port) {
    const std::string number = std::to_string(port.port);
    switch (port.state) {
      case PortFacts::State::kFree:
        return ok("port", number + " is free");
      case PortFacts::State::kHeld:
        return warn("port", number + " is held by " + held_by(port),
                    "end that process, or serve on another port with --port");
      case PortFacts::State::kForbidden:
        return problem("port", "this user may not listen on " + number,
                       "serve on a port from 1024 on with --port, or " +
                           as_root("sysctl -w net.ipv4.ip_unprivileged_port_start=" + number));
      case PortFacts::State::kUnknown:
        return warn("port", "it is unknown whether " + number + " is free",
                    "serve on another port with --port");
    }
  }

  void examine_debugger() {
    const int scope = machine_.ptrace_scope.value_or(0);
    if (scope < 2) {
      ok("ptrace",
         "debuggers may attach to functions that are developed (kernel.yama.ptrace_scope is " +
             (machine_.ptrace_scope ? std::to_string(scope) : std::string("absent")) + ")");
    } else if (scope == 2) {
      warn("ptrace", "only root may attach a debugger (kernel.yama.ptrace_scope is 2)",
           as_root("sysctl -w kernel.yama.ptrace_scope=1"));
    } else {
      warn("ptrace", "no debugger may attach (kernel.yama.ptrace_scope is 3)",
           "remove the setting from /etc/sysctl.d and restart the machine");
    }
  }

  void examine_inotify() {
    if (!machine_.inotify_works) {
      warn("inotify",
           "no inotify instance can be made, so `ff dev` looks at files every half second",
           as_root("sysctl -w fs.inotify.max_user_instances=512"));
    } else if (machine_.inotify_watches.value_or(8192) < 8192) {
      warn("inotify",
           "a user may watch only " + std::to_string(*machine_.inotify_watches) +
               " files and folders, and editors need most of them",
           as_root("sysctl -w fs.inotify.max_user_watches=65536"));
    } else {
      ok("inotify", machine_.inotify_watches
                        ? std::to_string(*machine_.inotify_watches) + " watches, " +
                              std::to_string(machine_.inotify_instances.value_or(0)) + " instances"
                        : "works");
    }
  }

  void examine_libraries() {
    constexpr std::array<std::string_view Distribution::*, 4> kPackages = {
        &Distribution::curl, &Distribution::mosquitto, &Distribution::pcre2, &Distribution::zstd};
    for (std::size_t i = 0; i < kLibraries.size(); ++i) {
      const KnownLibrary& known = kLibraries[i];
      const auto facts = std::ranges::find(machine_.libraries, known.name, &LibraryFacts::name);
      if (facts == machine_.libraries.end()) continue;
      if (facts->is_there) {
        ok(known.package, "is installed, for " + std::string(known.needed_by));
      } else {
        warn(known.package,
             std::string(known.name) +
                 " is not installed; only these need it: " + std::string(known.needed_by),
             install(kPackages[i], known.name));
      }
    }
  }

  void examine_limits() {
    if (machine_.descriptors) {
      const std::size_t limit = *machine_.descriptors;
      if (limit < 1024) {
        warn("descriptors",
             "a process may open only " + std::to_string(limit) + " files and connections",
             "ulimit -n 65536");
      } else {
        ok("descriptors", "a process may open " + std::to_string(limit) + " files and connections");
      }
    }
    if (machine_.unix_seconds > 0) examine_clock();
    if (machine_.memory_bytes) {
      const std::size_t memory = *machine_.memory_bytes;
      const std::string size = size_text(memory) + " may be used";
      if (memory < 1024 * kMiB) {
        warn("memory", size + "; a compiler takes up to 400 MiB, and the header is not precompiled",
             "give the container or the session more memory");
      } else {
        ok("memory", size);
      }
    }
    if (machine_.processors)
      ok("processors", std::to_string(*machine_.processors) + " may be used");
  }

  void examine_clock() {
    constexpr std::int64_t kStartOf2026 = 1'767'225'600;
    if (machine_.unix_seconds < kStartOf2026) {
      problem("clock",
              "the clock shows a time before this program existed; certificates and caches need "
              "the right one",
              as_root("timedatectl set-ntp true"));
    } else {
      ok("clock", "shows a plausible time");
    }
  }

  const Machine& machine_;
  const Distribution* distribution_ = nullptr;
  std::vector<Examined> all_;
};

std::string_view word_of(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarning:
      return "warning";
    case Health::kProblem:
      return "problem";
  }
  return "";
}

std::string_view colour_of(Health health) {
  switch (health) {
    case Health::kOk:
      return "32";
    case Health::kWarning:
      return "1;33";
    case Health::kProblem:
      return "1;31";
  }
  return "0";
}

std::size_t count_of(std::span<const Examined> examined, Health health) {
  return static_cast<std::size_t>(std::ranges::count(examined, health, &Examined::health));
}

std::string padded(std::string_view text, std::size_t size) {
  std::string result(text);
  result.resize(std::max(size, text.size()), ' ');
  return result;
}

std::string counted(std::size_t number, std::string_view one) {
  return std::to_string(number) + " " + std::string(one) + (number == 1 ? "" : "s");
}

}  // namespace

std::span<const KnownLibrary> known_libraries() { return kLibraries; }

std::vector<Examined> examine(const Machine& machine) { return Examiner(machine).examine(); }

std::string examined_text(std::span<const Examined> examined, dev::Look look) {
  std::string text;
  for (const Examined& each : examined) {
    const std::string word = padded(word_of(each.health), 8);
    text += look.colours ? "\x1b[" + std::string(colour_of(each.health)) + "m" + word + "\x1b[0m"
                         : word;
    text += padded(each.name, 19) + dev::visible(each.found) + "\n";
    if (!each.mend.empty())
      text += std::string(27, ' ') + "mend: " + dev::visible(each.mend) + "\n";
  }
  const std::size_t problems = count_of(examined, Health::kProblem);
  const std::size_t warnings = count_of(examined, Health::kWarning);
  if (problems + warnings == 0) return text + "all is well\n";
  return text + counted(problems, "problem") + ", " + counted(warnings, "warning") + "\n";
}

std::string examined_json(std::span<const Examined> examined) {
  std::vector<Node> all;
  for (const Examined& each : examined) {
    all.push_back(Node::object({{"name", each.name},
                                {"health", word_of(each.health)},
                                {"found", each.found},
                                {"mend", each.mend}}));
  }
  return document::to_indented_json(
             Node::object({{"version", Node::number(1)},
                           {"command", "doctor"},
                           {"problems", Node::number(count_of(examined, Health::kProblem))},
                           {"warnings", Node::number(count_of(examined, Health::kWarning))},
                           {"examined", Node::list(std::move(all))}})) +
         "\n";
}

}  // namespace ofn::check
