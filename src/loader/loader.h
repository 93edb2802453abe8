// From --source to callable functions: a source file, a directory of them, a CMake project or a
// built shared object. The only room that runs a compiler or calls dlopen.
//
//   auto program = load({.source = "hello.cc", .target = "hello", .include_dir = …}, log);
//   if (!program) { print(program.error()); return kExitLoad; }
//   serve(program->functions);
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "function/function.h"
#include "plugin/hooks.h"

namespace ofn {

// What happens to the constructors of a program's static objects, and to its functions with
// __attribute__((constructor)).
enum class StartUp {
  kRuns,
  kIsLeftOut,  // the program is only looked at: what it registers can be read, nothing of it may be called
};

struct LoadRequest {
  std::string source;  // as the user wrote it; errors repeat it
  // None: what the program registers, else `function`, else the only function that can be served.
  std::optional<std::string> target;
  std::string cxxflags;               // split as a shell would
  std::string compiler = {};          // a name or path; empty: g++, c++ or clang++ in PATH
  std::filesystem::path include_dir;  // where <ofn/function.h> is: see find_include_dir
  std::vector<std::filesystem::path> cache_dirs = {};  // first choice first: default_cache_dirs
  // Enough for eight sets of flags with their precompiled headers (60 MB each) and their programs.
  std::uintmax_t cache_limit = std::uintmax_t{512} << 20;
  StartUp start_up = StartUp::kRuns;  // of load(); build_shared() leaves it out
  Deadline deadline = {};             // of all compilers together
  std::stop_token stop = {};
  bool in_background = false;  // prepare() gives way to all other processes
};

// What loading has done.
struct Build {
  unsigned commands = 0;  // compilers and linkers that ran; 0: what was there could be used
  Duration elapsed{};
  Duration cpu{};                  // of the compilers
  bool precompiling_pays = false;  // prepare() would speed up the next compilation
  // Every file that the program was made from, absolute and sorted: sources, headers (the system's, too), libraries, files that
  // --cxxflags names. If none has changed and no source was added, the next load() makes the same program. For a CMake project: each file in
  // its folder, and the headers outside that its compilers have listed.
  std::vector<std::string> inputs = {};
};

struct LoadedProgram {
  // Exactly one when a target was named; empty only of what was built with plugins alone.
  std::vector<Function> functions;
  std::vector<PluginType> plugins;
  Build build;
};

// Compiles what has to be compiled, checks the ABI note, loads. What is loaded stays loaded.
// Cost: milliseconds when the cache has it. The compiler's warnings, and that it is at work, are
// logged.
// Errors: Error::message() is for the user as it is, several lines of diagnostics included:
//   kNotFound          the source, the target or a compiler is not there
//   kInvalidArgument   it does not compile, or the target is no function of a supported type
//   kFailedPrecondition  it was compiled otherwise than the framework
//   kDeadlineExceeded, kCancelled
// Threads: any; it blocks.
Result<LoadedProgram> load(const LoadRequest& request, Log& log);

// Compiles, looks at the program, and leaves it as the shared object `output`, which needs no compiler to be served.
// Nothing of the program runs: where it is built there may be no database that it opens when it starts.
Result<LoadedProgram> build_shared(const LoadRequest& request, const std::filesystem::path& output,
                                   Log& log);

// Loads a built .so for its plugins. Errors: as those of load() for a .so; a .so without plugins; a
// name that is known already.
Result<void> load_plugins(const std::string& file, StartUp start_up,
                          std::vector<PluginType>& known);

// Makes ready what the next load() of other source with the same flags profits from: the
// precompiled header. load() never does it, and says by Build::precompiling_pays when it would. Returns
// what it has cost.
Result<Build> prepare(const LoadRequest& request, Log& log);

// Where the author's headers of this framework should be: `wanted` if it is not empty
// (OFN_INCLUDE_DIR), else `../include` beside the folder of `executable`, in the build tree as in an
// installation. Whether they are there matters only to load() of something that is to be compiled.
std::filesystem::path find_include_dir(std::string_view wanted,
                                       const std::filesystem::path& executable);

// Where compiled programs are kept, from HOME, XDG_CACHE_HOME and TMPDIR (empty: not set):
// `${XDG_CACHE_HOME:-~/.cache}/ofn/programs`, then `${TMPDIR:-/tmp}/ofn-UID`.
std::vector<std::filesystem::path> default_cache_dirs(std::string_view home, std::string_view xdg,
                                                      std::string_view tmp);

}  // namespace ofn
