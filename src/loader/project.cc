#include "loader/project.h"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

#include <ofn/abi.h>

#include "loader/diagnostics.h"
#include "loader/digest.h"
#include "loader/elf_file.h"
#include "loader/flags.h"
#include "loader/looked_for.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;

// Only one process at a time builds in a directory. Lifetime: holds the lock until it is destroyed.
class DirectoryLock {
 public:
  explicit DirectoryLock(const fs::path& path)
      : fd_(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
    if (fd_ >= 0) ::flock(fd_, LOCK_EX);
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  int fd_;
};

std::string package_text(const fs::path& include_dir) {
  return "# Finds the headers of the framework that builds this project.\n"
         "if(NOT TARGET ofn::function)\n"
         "  add_library(ofn::function INTERFACE IMPORTED)\n"
         "  set_target_properties(ofn::function PROPERTIES\n"
         "    INTERFACE_INCLUDE_DIRECTORIES [==[" +
         include_dir.native() +
         "]==]\n"
         "    INTERFACE_COMPILE_FEATURES cxx_std_20)\n"
         "endif()\n";
}

std::string indented_tail(const std::string& output) {
  constexpr std::size_t kLimit = std::size_t{16} * 1024;
  std::string text = output.size() <= kLimit
                         ? output
                         : "…" + output.substr(output.find('\n', output.size() - kLimit));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// Returns the shared objects below `directory` that are programs of functions.
std::vector<fs::path> find_programs(const fs::path& directory) {
  std::vector<fs::path> programs;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_directory(error) && it->path().filename() == "CMakeFiles") {
      it.disable_recursion_pending();
    } else if (it->is_regular_file(error) && !it->is_symlink(error) &&
               it->path().filename().native().find(".so") != std::string::npos) {
      const auto elf = ElfFile::open(it->path());
      if (elf && !elf->notes(abi::kNoteName, abi::kNoteType).empty()) {
        programs.push_back(it->path());
      }
    }
  }
  std::ranges::sort(programs);
  return programs;
}

// Returns the texts between quotes that fill a line, as in CMake's lists of files.
std::vector<std::string> quoted_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.size() > 2 && line.front() == '"' && line.back() == '"') {
      lines.emplace_back(line.substr(1, line.size() - 2));
    }
  }
  return lines;
}

// A folder of a project, and the files in it that can change the build.
struct Searched {
  std::set<std::string> inputs;
  std::vector<std::string> folders;
};

Searched search_project(const fs::path& directory) {
  Searched searched{.inputs = {}, .folders = {directory.native()}};
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->path().filename().native().starts_with('.') ||
        fs::exists(it->path() / "CMakeCache.txt", ignored)) {
      it.disable_recursion_pending();
    } else if (it->is_directory(ignored) && !it->is_symlink(ignored)) {
      searched.folders.push_back(it->path().native());
    } else if (is_project_file(it->path()) && it->is_regular_file(ignored)) {
      searched.inputs.insert(it->path().native());
    }
  }
  std::ranges::sort(searched.folders);
  return searched;
}

// A search of 20,000 entries takes 0.1 s; a thousand sources take minutes to compile.
constexpr std::size_t kMaxEntries = 20'000;
constexpr std::size_t kMaxSources = 1000;

bool is_below(const fs::path& path, const fs::path& directory) {
  return path.native().starts_with(directory.native() + "/");
}

// What the Makefiles in `build` say of the last build.
struct Listed {
  std::set<std::string> inputs;    // the files that it read
  std::vector<std::string> flags;  // for its compilers
};

Listed read_makefiles(const fs::path& directory, const fs::path& build) {
  Listed listed;
  std::error_code error;
  for (fs::recursive_directory_iterator it(build, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().native();
    const auto text = [&] { return read_file(it->path()).value_or(""); };
    std::vector<std::string> read;
    if (name.ends_with(".d")) {
      read = parse_dependencies(text());
    } else if (name == "build.make") {
      read = parse_dependencies(text());
      std::erase_if(read, [&](const std::string& path) { return !is_below(path, directory); });
    } else if (name == "Makefile.cmake") {
      read = quoted_lines(text());
    } else if (name == "flags.make") {
      const auto flags = split_flags(text());
      if (flags) listed.flags.insert(listed.flags.end(), flags->begin(), flags->end());
    }
    for (std::string& path : read) {
      const bool is_made = !fs::path(path).is_absolute() || is_below(path, build);
      if (!is_made && fs::exists(path, error)) listed.inputs.insert(std::move(path));
    }
  }
  return listed;
}

// Returns the headers that the compilers of a failed build looked for.
std::set<std::string> looked_for(std::string_view output, const fs::path& build,
                                 std::span<const std::string> flags) {
  const Missing missing = missing_headers(output, build);
  return headers_looked_for(missing.names,
                            {.read = missing.included_by, .flags = flags, .folders = {}});
}

// Counts in `entries`, and ends at the limit.
bool holds_sources(const fs::path& directory, std::size_t& entries) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    if (is_source_file(it->path())) return true;
    if (++entries > kMaxEntries) return false;
  }
  return false;
}

// The folder is probably not the function's, but one above it, such as /tmp or a home.
std::unexpected<Error> too_large(const std::string& shown, std::size_t limit,
                                 std::string_view what) {
  return fail(Code::kOutOfRange, "File " + shown + " has more than " + std::to_string(limit) + " " +
                                     std::string(what) +
                                     "; name the folder that has only the function's sources, or "
                                     "build it with CMake");
}

}  // namespace

bool is_cmake_project(const fs::path& directory) {
  std::error_code error;
  return fs::is_regular_file(directory / "CMakeLists.txt", error);
}

bool is_source_file(const fs::path& path) {
  constexpr std::array<std::string_view, 5> kExtensions = {".cc", ".cpp", ".cxx", ".c++", ".C"};
  return std::ranges::find(kExtensions, path.extension().native()) != kExtensions.end();
}

bool is_project_file(const fs::path& path) {
  constexpr std::array<std::string_view, 16> kExtensions = {
      ".h",   ".hh",  ".hpp", ".hxx", ".h++", ".H", ".inc",   ".inl",
      ".ipp", ".tpp", ".tcc", ".c",   ".S",   ".s", ".cmake", ".in"};
  constexpr std::array<std::string_view, 3> kNames = {"CMakeLists.txt", "CMakePresets.json",
                                                      "CMakeUserPresets.json"};
  return is_source_file(path) ||
         std::ranges::find(kExtensions, path.extension().native()) != kExtensions.end() ||
         std::ranges::find(kNames, path.filename().native()) != kNames.end();
}

Result<SourceFiles> find_sources(const fs::path& directory, const std::string& shown) {
  SourceFiles found{.sources = {}, .left_out = {}, .folders = {directory.native()}};
  std::size_t entries = 0;
  std::error_code error;
  fs::recursive_directory_iterator it(directory, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (++entries > kMaxEntries) return too_large(shown, kMaxEntries, "files and folders");
    const fs::path path = it->path();
    const std::string name = path.filename().native();
    const std::string here = (fs::path(shown) / path.lexically_relative(directory)).native();
    std::error_code ignored;
    if (it->is_directory(ignored)) {
      const bool is_hidden = name.starts_with('.');
      const bool is_build = fs::exists(path / "CMakeCache.txt", ignored);
      const bool is_link = it->is_symlink(ignored);
      if (!is_hidden && !is_build && !is_link) {
        found.folders.push_back(path.native());
        continue;
      }
      it.disable_recursion_pending();
      if (is_hidden || !holds_sources(path, entries)) continue;
      found.left_out.push_back(here +
                               (is_link ? " (a link to a folder)" : " (a CMake build folder)"));
    } else if (is_source_file(name) && !name.starts_with('.')) {
      if (path.stem().native().ends_with("_test")) {
        found.left_out.push_back(here + " (a test)");
      } else {
        found.sources.push_back({.path = path, .shown = here, .root = directory});
        if (found.sources.size() > kMaxSources)
          return too_large(shown, kMaxSources, "C++ source files");
      }
    }
  }
  std::ranges::sort(found.folders);
  if (error) {
    return fail(Code::kPermissionDenied,
                "File " + shown + " cannot be read in all its folders: " + error.message());
  }
  std::ranges::sort(found.sources, {}, &Source::path);
  std::ranges::sort(found.left_out);
  return found;
}

BuiltProject build_cmake_project(const fs::path& directory, const LoadRequest& request,
                                 std::span<const std::string> author_flags,
                                 const Compiler& compiler, const Cache& cache,
                                 const Limits& limits) {
  const std::string& shown = request.source;
  const fs::path& include_dir = request.include_dir;
  const auto flags = sort_flags(author_flags);
  if (!flags) return {.program = std::unexpected(flags.error())};
  // To serve, the build type has the flags.
  const bool is_plain = request.profile == Profile::kServe && request.sanitizers.empty();
  std::vector<std::string> all = is_plain ? std::vector<std::string>() : compiler.profile_flags;
  all.insert(all.end(), flags->compile.begin(), flags->compile.end());
  const std::string build_type = request.profile == Profile::kServe ? "Release" : "Debug";
  const std::string compile_flags = joined_flags(all);
  const std::string link_flags = joined_flags(flags->link);
  const std::string key = Digest()
                              .add("cmake 3")
                              .add(build_type)
                              .add(directory.native())
                              .add(compile_flags)
                              .add(link_flags)
                              .add(compiler.identity)
                              .add(include_dir.native())
                              .hex();
  const fs::path build = cache.directory() / ("cmake-" + key);
  std::error_code error;
  fs::create_directories(build / "ofn", error);
  if (error) {
    return {.program =
                fail(Code::kInternal, "cannot write " + build.native() + ": " + error.message())};
  }
  const DirectoryLock lock(build / "ofn" / "lock");
  const auto began = fs::file_time_type::clock::now();
  bool is_new = false;
  std::string failed_output;
  std::vector<Diagnostic> diagnostics;
  std::vector<CompilerWarning> warnings;
  const auto run_step = [&](const Command& command) -> Result<void> {
    const auto finished = run(command, limits);
    if (!finished && finished.error().code() == Code::kNotFound) {
      return fail(Code::kNotFound, "File " + shown +
                                       " is a CMake project, but cmake is not installed; install "
                                       "it, or ship the .so that the project builds");
    }
    if (!finished) return std::unexpected(finished.error());
    auto found = diagnostics_in(finished->output);
    if (finished->ok() && !found.empty())
      warnings.push_back({.source = shown, .text = finished->output});
    add_diagnostics(std::move(found), diagnostics);
    if (finished->ok()) return {};
    failed_output = finished->output;
    return fail(Code::kInvalidArgument,
                "File " + shown + " does not build:\n" + indented_tail(finished->output));
  };
  const auto make = [&]() -> Result<fs::path> {
    if (!fs::exists(build / "CMakeCache.txt", error)) {
      const auto written =
          write_atomically(build / "ofn" / "ofn-config.cmake", package_text(include_dir));
      if (!written) return std::unexpected(written.error());
      auto configured = run_step(
          {{"cmake", "-S", directory.native(), "-B", build.native(),
            "-DCMAKE_BUILD_TYPE=" + build_type, "-DCMAKE_CXX_COMPILER=" + compiler.path,
            "-DCMAKE_CXX_FLAGS=" + compile_flags, "-DCMAKE_CXX_STANDARD_LIBRARIES=" + link_flags,
            "-DCMAKE_POSITION_INDEPENDENT_CODE=ON", "-DOFN_INCLUDE_DIR=" + include_dir.native(),
            "-Dofn_DIR=" + (build / "ofn").native()}});
      if (!configured) {
        fs::remove(build / "CMakeCache.txt", error);
        return std::unexpected(configured.error());
      }
    }
    const Command build_all{{"cmake", "--build", build.native(), "--parallel"}};
    if (auto built = run_step(build_all); !built) return std::unexpected(built.error());
    auto programs = find_programs(build);
    if (programs.size() > 1) {
      // A renamed target leaves its old file behind.
      for (const fs::path& program : programs) fs::remove(program, error);
      if (auto built = run_step(build_all); !built) return std::unexpected(built.error());
      programs = find_programs(build);
    }
    // Even if the build had nothing to do, because trim() looks at the latest file in a folder.
    Cache::mark_used(build / "ofn" / "lock");
    if (programs.size() == 1) {
      is_new = fs::last_write_time(programs.front(), error) >= began;
      // Kept under a name made from its content, because the next build must not write into the
      // loaded file.
      const fs::path kept =
          cache.directory() / (digest_file(programs.front()).value_or(key) + ".so");
      const std::uintmax_t size = fs::file_size(programs.front(), error);
      if (!fs::exists(kept, error) || fs::file_size(kept, error) != size) {
        const fs::path made = cache.scratch(".so");
        fs::copy_file(programs.front(), made, error);
        if (!error) fs::rename(made, kept, error);
        if (error) {
          std::error_code ignored;
          fs::remove(made, ignored);
          return fail(Code::kInternal, "cannot copy " + shown + ": " + error.message());
        }
      }
      Cache::mark_used(kept);
      return kept;
    }
    std::string names;
    for (const fs::path& program : programs) {
      names += (names.empty() ? "" : ", ") + program.lexically_relative(build).native();
    }
    return fail(Code::kFailedPrecondition,
                programs.empty()
                    ? "File " + shown +
                          " builds no shared object of functions; add a library to its "
                          "CMakeLists.txt: add_library(functions MODULE …) with "
                          "target_link_libraries(functions PRIVATE ofn::function), and register "
                          "functions by OFN_FUNCTION"
                    : "File " + shown + " builds several programs of functions (" + names +
                          "); build it yourself and name one as --source");
  };
  BuiltProject built{.program = make()};
  Searched searched = search_project(directory);
  built.inputs = std::move(searched.inputs);
  built.folders = std::move(searched.folders);
  built.diagnostics = std::move(diagnostics);
  built.is_new = is_new;
  built.warnings = std::move(warnings);
  Listed listed = read_makefiles(directory, build);
  built.inputs.merge(listed.inputs);
  if (!built.program) built.inputs.merge(looked_for(failed_output, build, listed.flags));
  return built;
}

}  // namespace ofn::loader
