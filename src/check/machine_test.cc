#include "check/machine.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"

namespace ofn::check {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// A machine that has everything.
Machine good_machine() {
  Machine machine{.distribution = "debian", .is_root = true};
  machine.compiler = CompilerFacts{.failure = "",
                                   .name = "g++ 12",
                                   .path = "/usr/bin/g++",
                                   .knows_cxx23 = true,
                                   .has_gtest = true,
                                   .has_catch2 = false,
                                   .linker = "mold"};
  machine.headers_folder = "/usr/include";
  machine.has_headers = true;
  machine.cache = CacheFacts{.wanted = "/cache",
                             .folder = "/cache",
                             .bytes = 1 << 20,
                             .limit = 512U << 20U,
                             .free_bytes = std::uintmax_t{1} << 40U};
  machine.port = PortFacts{.port = 8080};
  machine.dapr_grpc = PortFacts{.port = 50001};
  machine.dapr_http = PortFacts{.port = 3500};
  machine.ptrace_scope = 1;
  machine.inotify_watches = 65536;
  machine.inotify_instances = 128;
  for (const KnownLibrary& library : known_libraries())
    machine.libraries.push_back({.name = std::string(library.name), .is_there = true});
  machine.descriptors = 1024;
  machine.unix_seconds = 1'800'000'000;
  machine.memory_bytes = std::size_t{4} << 30U;
  machine.processors = 2;
  machine.has_cmake = true;
  return machine;
}

std::vector<std::string> wrong_in(const Machine& machine) {
  std::vector<std::string> wrong;
  for (const Examined& each : examine(machine)) {
    if (each.health == Health::kOk) {
      EXPECT_THAT(each.mend, IsEmpty()) << each.name;
      continue;
    }
    wrong.push_back(std::string(each.health == Health::kProblem ? "problem " : "warning ") +
                    std::string(each.name) + ": " + each.found + " → " + each.mend);
  }
  return wrong;
}

TEST(Machine, ThatHasEverythingIsWell) {
  const Machine machine = good_machine();
  EXPECT_THAT(wrong_in(machine), IsEmpty());
  EXPECT_EQ(examine(machine).size(), 19U);
  EXPECT_THAT(examined_text(examine(machine), {}), testing::EndsWith("all is well\n"));
  EXPECT_THAT(wrong_in(Machine()), IsEmpty()) << "nothing is known of it";
}

struct Case {
  void (*change)(Machine&);
  std::string_view wrong;
};

TEST(Machine, SaysWhatIsWrongAndWhatMendsIt) {
  const std::vector<Case> cases = {
      {[](Machine& m) {
         m.compiler = CompilerFacts{.is_there = false, .failure = "no C++ compiler is installed"};
       },
       "problem compiler: no C++ compiler is installed → apt-get install g++, or serve a .so that "
       "was built elsewhere"},
      {[](Machine& m) {
         m.distribution = "alpine";
         m.is_root = false;
         m.compiler = CompilerFacts{.is_there = false, .failure = "none"};
       },
       "problem compiler: none → sudo apk add g++, or serve a .so that was built elsewhere"},
      {[](Machine& m) {
         m.distribution = "plan9";
         m.compiler = CompilerFacts{.is_there = false, .failure = "none"};
       },
       "problem compiler: none → install a C++ compiler such as g++ 12 or clang 16, or serve a .so "
       "that was built elsewhere"},
      {[](Machine& m) { m.compiler->failure = "unrecognized option"; },
       "problem compiler: g++ 12 (/usr/bin/g++) makes no functions: unrecognized option → apt-get "
       "install g++, or name another compiler with OFN_CXX"},
      {[](Machine& m) { m.compiler->has_gtest = false; },
       "warning gtest: GoogleTest is not installed; `ff test` needs it → apt-get install "
       "libgtest-dev"},
      {[](Machine& m) { m.has_headers = false; },
       "problem headers: /usr/include has no ofn/function.h → install the framework's headers "
       "beside the program, or name their folder with OFN_INCLUDE_DIR"},
      {[](Machine& m) {
         m.cache->folder.clear();
         m.cache->problem = "it is read-only";
       },
       "problem cache: no folder for compiled functions is writable: it is read-only → set "
       "XDG_CACHE_HOME or TMPDIR to a folder of yours that is writable"},
      {[](Machine& m) {
         m.cache->folder = "/tmp/ofn-0";
         m.cache->problem = "it belongs to another user";
       },
       "warning cache: /tmp/ofn-0 is used, because /cache cannot be: it belongs to another user → "
       "mend the folder, or set XDG_CACHE_HOME to one of yours"},
      {[](Machine& m) { m.cache->free_bytes = 1 << 20; },
       "warning cache: /cache: only 1 MiB are free on its disk → free space there, or set "
       "XDG_CACHE_HOME to a folder on another disk"},
      {[](Machine& m) { m.cache->clock_skew_seconds = -90; },
       "warning clock: the cache's file system is 90 s away from this machine's clock, so changed "
       "files may look unchanged → set XDG_CACHE_HOME to a folder on a local disk"},
      {[](Machine& m) {
         m.port =
             PortFacts{.port = 8080, .state = PortFacts::State::kHeld, .owner = "nginx (pid 7)"};
       },
       "warning port: 8080 is held by nginx (pid 7) → end that process, or serve on another port "
       "with --port"},
      {[](Machine& m) { m.port = PortFacts{.port = 8080, .state = PortFacts::State::kHeld}; },
       "warning port: 8080 is held by a process of another user, or of another container → end "
       "that process, or serve on another port with --port"},
      {[](Machine& m) { m.port = PortFacts{.port = 80, .state = PortFacts::State::kForbidden}; },
       "problem port: this user may not listen on 80 → serve on a port from 1024 on with --port, "
       "or sysctl -w net.ipv4.ip_unprivileged_port_start=80"},
      {[](Machine& m) {
         m.dapr_grpc =
             PortFacts{.port = 50001, .state = PortFacts::State::kHeld, .owner = "python3 (pid 9)"};
       },
       "warning daprd: 50001 is held by python3 (pid 9); if it speaks Dapr, functions use it "
       "instead of the local sidecar → start functions with --local-sidecar on, or end that "
       "process"},
      {[](Machine& m) { m.ptrace_scope = 2; },
       "warning ptrace: only root may attach a debugger (kernel.yama.ptrace_scope is 2) → sysctl "
       "-w kernel.yama.ptrace_scope=1"},
      {[](Machine& m) { m.inotify_works = false; },
       "warning inotify: no inotify instance can be made, so `ff dev` looks at files every half "
       "second → sysctl -w fs.inotify.max_user_instances=512"},
      {[](Machine& m) { m.inotify_watches = 100; },
       "warning inotify: a user may watch only 100 files and folders, and editors need most of "
       "them → sysctl -w fs.inotify.max_user_watches=65536"},
      {[](Machine& m) { m.libraries[1].is_there = false; },
       "warning libmosquitto: libmosquitto.so.1 is not installed; only these need it: "
       "bindings.mqtt3 and pubsub.mqtt3 of the local sidecar → apt-get install libmosquitto1"},
      {[](Machine& m) { m.descriptors = 256; },
       "warning descriptors: a process may open only 256 files and connections → ulimit -n 65536"},
      {[](Machine& m) {
         m.unix_seconds = 12;
         m.is_root = false;
       },
       "problem clock: the clock shows a time before this program existed; certificates and caches "
       "need the right one → sudo timedatectl set-ntp true"},
      {[](Machine& m) { m.memory_bytes = 256U << 20U; },
       "warning memory: 256 MiB may be used; a compiler takes up to 400 MiB, and the header is not "
       "precompiled → give the container or the session more memory"},
      {[](Machine& m) { m.late = {"the compiler"}; },
       "problem late: the compiler did not answer in time → look whether a file system or a "
       "program hangs, and run this again"},
  };
  for (const Case& each : cases) {
    Machine machine = good_machine();
    each.change(machine);
    EXPECT_THAT(wrong_in(machine), testing::ElementsAre(each.wrong));
  }
}

TEST(Machine, TextAndJsonSayTheSame) {
  Machine machine = good_machine();
  machine.descriptors = 100;
  machine.has_headers = false;
  const auto examined = examine(machine);
  const std::string text = examined_text(examined, {});
  EXPECT_THAT(text, HasSubstr("problem headers            /usr/include has no ofn/function.h\n"));
  EXPECT_THAT(text, HasSubstr("\n                           mend: ulimit -n 65536\n"));
  EXPECT_THAT(text, HasSubstr("\n1 problem, 1 warning\n"));
  EXPECT_THAT(examined_text(examined, {.colours = true}), HasSubstr("\x1b[1;31mproblem \x1b[0m"));
  const std::string json = examined_json(examined);
  ASSERT_TRUE(document::is_json(json));
  EXPECT_THAT(json, HasSubstr(R"("problems": 1)"));
  EXPECT_THAT(json, HasSubstr(R"("mend": "ulimit -n 65536")"));
}

}  // namespace
}  // namespace ofn::check
