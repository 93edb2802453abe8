// Makes a shared object from source files: decides how to compile and link, and which parts are
// already in the cache.
//
//   Builder builder(compiler, include_dir, cache, limits, log);
//   auto objects = builder.compile(sources, target);
//   auto program = builder.link(*objects, "hello.cc");
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "loader/cache.h"
#include "loader/loader.h"
#include "loader/process.h"
#include "loader/unit.h"

namespace ofn::loader {

// The cost of a build.
struct Work {
  unsigned commands = 0;  // compilers and linkers that ran; 0 if everything was in the cache
  Duration cpu{};
  // True if a precompiled header would speed up the next compilation with these flags. False at the
  // first compilation of all, as in an image's build.
  bool precompiling_pays = false;
  // The files that were read, except those of the cache. After a failure, also those that were
  // looked for and not found.
  std::set<std::string> inputs = {};
  std::vector<Diagnostic> diagnostics = {};
  std::vector<CompilerWarning> warnings = {};
};

// A source file, and its name as the user knows it.
struct Source {
  std::filesystem::path path;  // absolute
  std::string shown;
  // The folder of all sources to which it belongs; empty if it is a single file.
  std::filesystem::path root = {};
};

struct Object {
  std::filesystem::path path;
  Source source;
  Tail tail{};
  std::string refusal;  // the compiler's message about the target if it could not be registered
  bool needs_kept_code =
      false;  // compiled behind the precompiled header, which only declares that code
};

// A C++ compiler and all settings that affect its results.
struct Compiler {
  std::string path;      // as it is run
  std::string identity;  // path, size and time of the program behind it
  bool is_gcc = true;
  std::vector<std::string> flags;          // for every compilation; the author's are last
  std::vector<std::string> profile_flags;  // those of them that the request's profile sets
  std::vector<std::string> link_flags;
  std::vector<std::string> linkers_own;  // the author's flags that are only for the linker
  std::vector<std::string> flag_files;   // the response files that the author's flags name
  bool is_independent_of_folder = true;  // true if the author's flags name no relative paths
  std::string recorded_folder = {};      // LoadRequest::recorded_folder
};

// Returns the file with the compiler's notes of an object's lines, for objects that count them.
std::filesystem::path line_notes_of(const std::filesystem::path& object);

// Finds the compiler of a request: the named one, or, if there is no name, the first of g++, c++ and
// clang++ in PATH. `author_flags`: the request's, split. Errors: it does not exist; the message says
// to install one or to ship a built .so.
Result<Compiler> find_compiler(const LoadRequest& request,
                               std::span<const std::string> author_flags);

// Threads: one at a time. Lifetime: all constructor arguments outlive it.
class Builder {
 public:
  Builder(const Compiler& compiler, const std::filesystem::path& include_dir, const Cache& cache,
          const Limits& limits, Log& log, std::string more_header = {})
      : compiler_(compiler),
        include_dir_(include_dir),
        cache_(cache),
        limits_(limits),
        log_(log),
        more_header_(std::move(more_header)) {}

  // `more_header`: is precompiled behind <ofn/function.h>, for sources that all include it.
  // Compiles each source separately, as many at once as there are cores, with the first tail that
  // compiles. The result is in the order of `sources`. Errors: the compiler's messages, about the
  // author's lines only. A target without a name: nothing is registered.
  Result<std::vector<Object>> compile(std::span<const Source> sources, const Target& target);

  // Errors: the linker's messages.
  Result<std::filesystem::path> link(std::span<const Object> objects, std::string_view shown);

  // Makes the precompiled header of <ofn/function.h>, and the kept code that it only declares, if
  // they do not exist.
  Result<void> precompile();

  // From now on, objects count how often each of their lines runs, and programs have the code that writes the counts.
  void count_lines() { counts_lines_ = true; }

  const Work& work() const noexcept { return work_; }

 private:
  struct Pending;

  // Returns true if a compilation gives the same in every working folder.
  bool works_anywhere() const;
  std::string key_of(std::string_view kind, std::span<const std::string> parts) const;
  // Two files that all compilations with the same flags share. No compilation waits for them.
  struct Precompiled {
    std::filesystem::path header;   // for GCC without ".gch"
    std::filesystem::path code;     // an object
    std::filesystem::path entries;  // for Clang: what each file includes after the header
  };
  // Returns true if a precompiled header can be made and used with these flags.
  bool can_precompile() const;
  std::string header_key() const;
  std::string first_include() const;
  // Returns nullopt if one of the two is missing or cannot be used.
  std::optional<Precompiled> find_precompiled() const;
  Result<void> make_for_all(std::string_view key, const std::vector<std::string>& arguments,
                            const std::filesystem::path& made, std::string_view extension);
  void note_compilation_without_header();
  Result<std::vector<Finished>> run_counted(std::span<const Command> commands);
  Result<void> compile_pending(std::span<Pending*> pending);
  Result<void> keep_object(Pending& pending, const std::filesystem::path& made,
                           const std::string& warnings, std::span<const std::string> read,
                           std::int64_t begin);
  void add_looked_for(const Pending& pending, Command command, const std::filesystem::path& listed);
  void collect_warnings(std::span<const Object> objects);
  std::vector<std::string> without_own(std::vector<std::string> dependencies) const;

  const Compiler& compiler_;
  const std::filesystem::path& include_dir_;
  const Cache& cache_;
  const Limits& limits_;
  Log& log_;
  Work work_;
  const std::string more_header_;
  bool counts_lines_ = false;
  std::optional<Precompiled> precompiled_;  // for the objects of the last compile()
};

}  // namespace ofn::loader
