#include "cli/machine_facts.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/load_function.h"
#include "cli/work_folder.h"
#include "context/settings.h"
#include "context/units.h"
#include "loader/cache.h"
#include "loader/probe.h"
#include "loop/workers.h"
#include "os/descriptor.h"
#include "os/memory_limits.h"
#include "os/module.h"
#include "wire/listening_socket.h"
#include "wire/port_owner.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;
using check::CacheFacts;
using check::CompilerFacts;
using check::PortFacts;

constexpr std::chrono::seconds kFactWithin(5);
constexpr std::chrono::seconds kCompilerWithin(10);
// A run that has reached its deadline still needs a moment to end its children.
constexpr std::chrono::seconds kEndsWithin(3);
constexpr std::uint16_t kDaprGrpc = 50001;
constexpr std::uint16_t kDaprHttp = 3500;

// Collects on threads of its own, and waits for each fact for a limited time.
class Collector {
 public:
  template <class Fact>
  std::optional<Fact> within(std::chrono::seconds limit, const char* name,
                             std::function<Fact()> collect) {
    auto promise = std::make_shared<std::promise<Fact>>();
    std::future<Fact> fact = promise->get_future();
    const bool is_posted =
        workers_->post([promise, collect = std::move(collect)] { promise->set_value(collect()); });
    if (is_posted && fact.wait_for(limit) == std::future_status::ready) return fact.get();
    late.emplace_back(name);
    return std::nullopt;
  }

  // Must not be destroyed while a thread hangs.
  void leave() { static_cast<void>(workers_.release()); }

  std::vector<std::string> late;

 private:
  std::unique_ptr<Workers> workers_ = std::make_unique<Workers>(16);
};

// Keeps why folders cannot be used.
class ReasonLog final : public Log {
 public:
  bool enabled(Level) const noexcept override { return true; }
  void write(Level /*level*/, std::string_view /*message*/,
             std::span<const LogField> fields) noexcept override {
    for (const LogField& field : fields) {
      LogRoom room;
      if (field.name == "reason" && reason.empty()) reason = written(field.value, room);
    }
  }
  std::string reason;
};

std::optional<std::string> first_line_of(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line)) return std::nullopt;
  return line;
}

std::optional<std::size_t> number_in(const std::string& file) {
  const auto line = first_line_of(file);
  const auto number = line ? parse_number(*line) : std::nullopt;
  return number ? std::optional(static_cast<std::size_t>(*number)) : std::nullopt;
}

// The first id of os-release(5) that `examine` knows how to install for; the distribution's own if it knows none.
std::string distribution() {
  std::ifstream stream("/etc/os-release");
  std::string ids;
  for (std::string line; std::getline(stream, line);) {
    for (const std::string_view name : {"ID=", "ID_LIKE="}) {
      if (line.starts_with(name)) ids += line.substr(name.size()) + " ";
    }
  }
  std::erase(ids, '"');
  for (const std::string_view known :
       {"ubuntu", "debian", "fedora", "rhel", "alpine", "arch", "suse"}) {
    if (ids.contains(known)) return std::string(known);
  }
  return ids.substr(0, ids.find(' '));
}

CompilerFacts compiler_facts(LoadRequest request) {
  const SystemClock clock;
  request.deadline = Deadline::in(kCompilerWithin, clock);
  const auto folder = WorkFolder::make(request.cache_dirs);
  if (!folder) return {.failure = folder.error().message()};
  const auto probed = loader::probe_compiler(request, folder->path());
  if (!probed) {
    const bool is_missing = probed.error().code() == Code::kNotFound;
    const bool is_late = probed.error().code() == Code::kDeadlineExceeded;
    return {.is_there = !is_missing,
            .failure =
                is_late
                    ? "it has not answered within " + std::to_string(kCompilerWithin.count()) + " s"
                    : probed.error().message().substr(0, probed.error().message().find(';')),
            .name = "the compiler",
            .path = request.compiler.empty() ? "in PATH" : request.compiler};
  }
  return {.failure = probed->failure,
          .name = probed->name,
          .path = probed->path,
          .knows_cxx23 = probed->knows_cxx23,
          .has_gtest = probed->has_gtest,
          .has_catch2 = probed->has_catch2,
          .linker = probed->linker};
}

// How far a new file's time is from this machine's clock.
double clock_skew(const fs::path& folder) {
  std::string name = (folder / "ofn-clock-XXXXXX").native();
  const os::Descriptor made(::mkstemp(name.data()));
  if (made.get() < 0) return 0;
  std::error_code error;
  const auto written = fs::last_write_time(name, error);
  ::unlink(name.c_str());
  if (error) return 0;
  const auto distance = fs::file_time_type::clock::now() - written;
  return std::chrono::duration<double>(distance).count();
}

CacheFacts cache_facts(const LoadRequest& request) {
  CacheFacts facts{.wanted = request.cache_dirs.empty() ? "" : request.cache_dirs.front().native(),
                   .limit = request.cache_limit};
  ReasonLog log;
  const auto cache = loader::Cache::open(request.cache_dirs, log);
  if (!cache) {
    facts.problem = cache.error().message();
    return facts;
  }
  const fs::path& folder = cache->directory();
  facts.folder = folder.native();
  if (facts.folder != facts.wanted) facts.problem = log.reason;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    facts.bytes += entry->file_size(ignored);
    const std::string extension = entry->path().extension().native();
    if (extension == ".gch" || extension == ".pch") ++facts.precompiled_headers;
  }
  const fs::space_info space = fs::space(folder, error);
  facts.free_bytes = error ? ~std::uintmax_t{0} : space.available;
  facts.clock_skew_seconds = clock_skew(folder);
  return facts;
}

PortFacts port_facts(const std::string& host, std::uint16_t port) {
  PortFacts facts{.port = port};
  if (port == 0) return facts;
  const auto socket = wire::ListeningSocket::listen({host, port, {}});
  if (socket) return facts;
  switch (socket.error().code()) {
    case Code::kAlreadyExists:
      facts.state = PortFacts::State::kHeld;
      facts.owner = wire::port_owner(port).value_or("");
      break;
    case Code::kPermissionDenied:
      facts.state = PortFacts::State::kForbidden;
      break;
    default:
      facts.state = PortFacts::State::kUnknown;
  }
  return facts;
}

std::vector<check::LibraryFacts> library_facts() {
  std::vector<check::LibraryFacts> facts;
  for (const check::KnownLibrary& library : check::known_libraries()) {
    const std::string name(library.name);
    facts.push_back({.name = name, .is_there = os::Module::open({name.c_str()}).has_value()});
  }
  return facts;
}

bool is_in_path(const Environment& env, std::string_view program) {
  std::string folders = env("PATH").value_or("") + ":";
  for (std::size_t begin = 0, end = 0; (end = folders.find(':', begin)) != std::string::npos;
       begin = end + 1) {
    const fs::path path = fs::path(folders.substr(begin, end - begin)) / program;
    if (path.is_absolute() && ::access(path.c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::uint16_t port_of(const Flags& flags, const Environment& env) {
  return parse_port(given_text(flags, env, Flag::kPort).text).value_or(8080);
}

}  // namespace

MachineFacts collect_machine(const Flags& flags, const Environment& env) {
  MachineFacts facts;
  check::Machine& machine = facts.machine;
  Collector collector;
  const LoadRequest request =
      load_request("", std::nullopt, flags[Flag::kCxxflags].value_or(""), env);
  machine.is_root = ::geteuid() == 0;
  machine.unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  machine.distribution =
      collector.within<std::string>(kFactWithin, "/etc/os-release", distribution).value_or("");
  machine.compiler = collector.within<CompilerFacts>(kCompilerWithin + kEndsWithin, "the compiler",
                                                     [request] { return compiler_facts(request); });
  machine.headers_folder = request.include_dir.native();
  const auto has_headers =
      collector.within<bool>(kFactWithin, "the folder of the headers", [request] {
        std::error_code error;
        return fs::exists(request.include_dir / "ofn" / "function.h", error);
      });
  machine.has_headers = has_headers.value_or(false);
  machine.cache = collector.within<CacheFacts>(kFactWithin, "the cache's folder",
                                               [request] { return cache_facts(request); });
  const std::uint16_t port = port_of(flags, env);
  const std::string host = given_text(flags, env, Flag::kHost).text;
  machine.port = collector.within<PortFacts>(kFactWithin, "the list of ports",
                                             [host, port] { return port_facts(host, port); });
  machine.dapr_grpc = collector.within<PortFacts>(
      kFactWithin, "the list of ports", [] { return port_facts("127.0.0.1", kDaprGrpc); });
  machine.dapr_http = collector.within<PortFacts>(
      kFactWithin, "the list of ports", [] { return port_facts("127.0.0.1", kDaprHttp); });
  if (const auto scope = number_in("/proc/sys/kernel/yama/ptrace_scope"))
    machine.ptrace_scope = static_cast<int>(*scope);
  machine.inotify_watches = number_in("/proc/sys/fs/inotify/max_user_watches");
  machine.inotify_instances = number_in("/proc/sys/fs/inotify/max_user_instances");
  machine.inotify_works = os::Descriptor(::inotify_init1(IN_CLOEXEC)).get() >= 0;
  machine.libraries =
      collector
          .within<std::vector<check::LibraryFacts>>(kFactWithin, "the libraries", library_facts)
          .value_or(std::vector<check::LibraryFacts>());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    machine.descriptors = limit.rlim_cur;
  const std::size_t memory = os::usable_memory(os::memory_limits(), os::mapped_memory());
  if (memory != os::kNoMemoryLimit) machine.memory_bytes = memory;
  machine.processors = usable_cpus();
  machine.has_cmake =
      collector.within<bool>(kFactWithin, "PATH", [env] { return is_in_path(env, "cmake"); })
          .value_or(false);
  machine.late = collector.late;
  facts.is_stuck = !collector.late.empty();
  if (facts.is_stuck) collector.leave();
  return facts;
}

}  // namespace ofn::cli
