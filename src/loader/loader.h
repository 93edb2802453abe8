// Turns --source into callable functions: a source file, a directory of sources, a CMake project or
// a built shared object. This is the only room that runs a compiler or calls dlopen.
//
//   auto program = load({.source = "hello.cc", .target = "hello", .include_dir = headers}, log);
//   if (!program) return complain(program.error());
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

// Says whether loading a program runs the constructors of its static objects and its functions with
// __attribute__((constructor)).
enum class StartUp {
  kRuns,
  // The program is only inspected: its registrations can be read, but none of its code may be
  // called.
  kIsLeftOut,
};

// What a program is compiled for. The author's flags come last, so they win.
enum class Profile {
  kServe,  // -O2, with the lines of the author's functions for reports
  // Compiles fast, for a debugger: -O0, debug information, frame pointers, checks of the standard
  // library (_GLIBCXX_ASSERTIONS), and warnings (-Wall -Wextra).
  kDevelop,
};

struct LoadRequest {
  std::string source;  // as the user wrote it; error messages contain it
  // For load(), if `source` is a program that compile() made: the source's name in error messages.
  std::string shown = {};
  // If not set: the functions that the program registers, or else `function`, or else the only
  // function that can be served.
  std::optional<std::string> target;
  std::string cxxflags;       // split as a shell does
  std::string compiler = {};  // a name or path; if empty, g++, c++ or clang++ in PATH
  Profile profile = Profile::kServe;
  // As -fsanitize= takes them: "address,undefined". The process that loads the program needs their
  // runtime from its start: see sanitizer_runtimes().
  std::string sanitizers = {};
  std::filesystem::path include_dir;  // the folder of <ofn/function.h>: see find_include_dir
  std::vector<std::filesystem::path> cache_dirs = {};  // in order of preference: default_cache_dirs
  // Enough for eight sets of flags with their precompiled headers (60 MB each) and programs.
  std::uintmax_t cache_limit = std::uintmax_t{512} << 20;
  StartUp start_up = StartUp::kRuns;  // for load(); build_shared() never runs it
  Deadline deadline = {};             // for all compilers together
  std::stop_token stop = {};
  // The folder by which the program names that of its sources, in debug information and __FILE__; empty: its own name. If it is set,
  // the program does not depend on where the sources are, nor on what the cache has.
  std::string recorded_folder = {};
  bool in_background = false;  // prepare() runs with the lowest priority
  // Tests of the function, which become a part of the program: absolute paths. The header of their test framework comes before each of
  // them: "ofn/testing/gtest.h". The program has the entry of that framework, such as <ofn/testing/gtest_entry.h>, then.
  std::vector<std::filesystem::path> tests = {};
  std::string tests_header = {};
  bool entry_is_alone =
      false;  // the entry does not come behind the header, because it has the framework's own code
  // The program counts how often each line of its sources runs, except those of its tests: see Build::line_notes.
  bool counts_lines = false;
};

// An error or a warning of the compiler about a line.
struct Diagnostic {
  enum class Severity { kError, kWarning };
  std::string file;  // as the compiler names it; usually absolute
  unsigned line = 0;
  unsigned column = 0;  // in bytes, from 1; 0 if the compiler names none
  Severity severity{};
  std::string message;
  bool operator==(const Diagnostic&) const = default;
};

// The compiler's own words about a source that compiles.
struct CompilerWarning {
  std::string source;  // as the user knows it
  std::string text;    // several lines
};

// The work that loading has done.
struct Build {
  // Compilers and linkers that ran; 0 if the cache had everything. Of a CMake project only whether its build tool has made the
  // program anew (1) or not (0).
  unsigned commands = 0;
  Duration elapsed{};
  Duration cpu{};  // of the compilers
  // Of load(): when the program was there, compiled or taken from the cache; then it is loaded. Not set if the source is a program.
  std::optional<SystemTime> made = {};
  bool precompiling_pays = false;  // true if prepare() would speed up the next compilation
  // Every file from which the program was made, as absolute, sorted paths: sources, headers
  // (including the system's), libraries, and files that --cxxflags names. If none has changed and
  // no source was added, the next load() makes the same program. For a CMake project: each file in
  // its folder, and the headers outside the folder that its compilers have listed.
  std::vector<std::string> inputs = {};
  // If the source is a folder: it and the folders in it whose files belong to the program, as
  // absolute, sorted paths. A new file in one of them changes the next program if may_join() says
  // so, and so does a new folder with such a file.
  std::vector<std::string> folders = {};
  // If LoadRequest::counts_lines is set: for each source the file with the compiler's notes of its lines (.gcno), which the program of
  // line_reader() reads. A process that ran the program leaves their counts (.gcda) below the folder that its variable GCOV_PREFIX names, with
  // the same stamp in their third word.
  std::vector<std::string> line_notes = {};
  // What the compiler said, each once: also warnings about files that were not compiled again, except
  // in a CMake project.
  std::vector<Diagnostic> diagnostics = {};
  // The words of the warnings among them.
  std::vector<CompilerWarning> warnings = {};
};

// A program that compile() made.
struct Compilation {
  // A shared object: a new file in the folder. If the source is one already, a copy of it, or itself if it looks for libraries in
  // its own folder ($ORIGIN).
  Result<std::filesystem::path> program;
  // Set if there is no program, too. Then `inputs` also names the files that were looked for and not
  // found: making one of them, or changing another input, may give the next compile() a program.
  Build build = {};
};

struct LoadedProgram {
  // Exactly one if a target was named; empty only if build_shared() made a program with plugins
  // only.
  std::vector<Function> functions;
  std::vector<PluginType> plugins;
  abi::Program program{};  // as it has registered itself
  Build build;
};

// Compiles if necessary, checks the ABI note, and loads. A loaded program stays loaded.
// Cost: milliseconds if the cache has it. Logs when it begins to compile, and the compiler's
// warnings.
// Errors: Error::message() is for the user, and may contain several lines of compiler output:
//   kNotFound            the source, the target or a compiler does not exist
//   kInvalidArgument     it does not compile, or the target is not a function of a supported type
//   kFailedPrecondition  it was compiled differently from the framework
//   kDeadlineExceeded, kCancelled
// Threads: any; blocks.
Result<LoadedProgram> load(const LoadRequest& request, Log& log);

// Compiles and inspects the program, and stores it as the shared object `output`, which can be
// served without a compiler. No code of the program runs, because the machine that builds it may
// not have, for example, the database that it opens when it starts.
Result<LoadedProgram> build_shared(const LoadRequest& request, const std::filesystem::path& output,
                                   Log& log);

// Makes the program of the source and loads nothing of it into this process; load() in another
// process serves it, with Compilation::program as its source and the same target. The program is a
// file with a new name in `folder`, which stays until its owner removes it, together with the files
// beside it whose names begin with its name. Errors: those of load() as far as they show before
// anything is loaded; load() reports the others, under the name in LoadRequest::shown.
// It does not log the compiler's warnings: Build::warnings has them.
// Threads: any; blocks. A stop request ends it with kCancelled.
Compilation compile(const LoadRequest& request, const std::filesystem::path& folder, Log& log);

// Returns true if a new file of this name in one of Build::folders may change the next program.
bool may_join(const std::filesystem::path& file);

// Loads a built .so for its plugins. Errors: those of load() for a .so; a .so without plugins; a
// name that is already known.
Result<abi::Program> load_plugins(const std::string& file, StartUp start_up,
                                  std::vector<PluginType>& known);

// The entry of a program with tests (<ofn/testing/gtest_entry.h>). Runs the tests that the filter names, writes what becomes of each to the
// file `report`, and returns their exit code. `host`: a testing::internal::Host.
using TestMain = int(const void* host, const char* report, const char* filter) noexcept;
// Loads a program that compile() made with LoadRequest::tests. Errors: as load(); a program without tests.
Result<TestMain*> load_tests(const std::filesystem::path& program, const std::string& shown);

// Returns the libraries with the runtimes of LoadRequest::sanitizers, for LD_PRELOAD of a process
// that loads programs made with them, in this order. Empty if there are no sanitizers.
// Errors: kInvalidArgument: a sanitizer that no process can load with a program, or a compiler that
// has no such libraries; kNotFound: the compiler or a library is not installed. The message says
// what to do.
// Cost: a run of the compiler for each library.
Result<std::vector<std::filesystem::path>> sanitizer_runtimes(const LoadRequest& request);

// The program that reads Build::line_notes and the counts. GCC's prints JSON; LLVM's writes a file NOTES.gcov of lines of text for each file of
// notes, in its working folder.
struct LineReader {
  enum class Kind { kGcc, kLlvm };
  Kind kind{};
  std::vector<std::string> command;  // the names of the notes follow
  std::string package;               // which has the program
};
// Errors: kNotFound: the compiler or LLVM's program is not installed; the message says which package has it. Cost: looks for files.
Result<LineReader> line_reader(const LoadRequest& request);

// Makes the precompiled header (of LoadRequest::tests_header, if that is set), which speeds up the next load() of other source with the same
// flags. load() itself never makes it; Build::precompiling_pays says when it would help. Returns
// the cost.
Result<Build> prepare(const LoadRequest& request, Log& log);

// Returns the folder where the author's headers of this framework should be: `wanted`
// (OFN_INCLUDE_DIR) if it is not empty, otherwise `../include` beside the folder of `executable`,
// in the build tree as in an installation. Only a load() that compiles needs the headers to exist.
std::filesystem::path find_include_dir(std::string_view wanted,
                                       const std::filesystem::path& executable);

// Returns the folders for compiled programs, from HOME, XDG_CACHE_HOME and TMPDIR (empty if not
// set): `${XDG_CACHE_HOME:-~/.cache}/ofn/programs`, then `${TMPDIR:-/tmp}/ofn-UID`.
std::vector<std::filesystem::path> default_cache_dirs(std::string_view home, std::string_view xdg,
                                                      std::string_view tmp);

}  // namespace ofn
