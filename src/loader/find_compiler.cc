// Finds a compiler and decides on its flags.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "loader/compiler.h"
#include "loader/flags.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> find_program(const std::string& name) {
  const auto is_program = [](const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    return is_program(name) ? std::optional<fs::path>(name) : std::nullopt;
  }
  const char* set = std::getenv("PATH");
  std::string directories = set == nullptr ? "" : set;
  directories += ':';
  for (std::size_t begin = 0, end = 0; (end = directories.find(':', begin)) != std::string::npos;
       begin = end + 1) {
    const fs::path path = fs::path(directories.substr(begin, end - begin)) / name;
    if (path.is_absolute() && is_program(path)) return path;
  }
  return std::nullopt;
}

// Identifies a compiler by its file's name, size and times, because a compiler that was replaced
// may make other results.
std::string identity_of(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  struct stat status{};
  if (error || ::stat(real.c_str(), &status) != 0) return path.native();
  return path.native() + ' ' + real.native() + ' ' + std::to_string(status.st_size) + ' ' +
         std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec);
}

bool any_starts_with(std::span<const std::string> flags, std::string_view prefix) {
  return std::ranges::any_of(flags, [&](const std::string& f) { return f.starts_with(prefix); });
}

void append(std::vector<std::string>& to, std::span<const std::string> more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::vector<std::string> profile_flags(const LoadRequest& request) {
  std::vector<std::string> flags;
  if (request.profile == Profile::kDevelop) {
    // Processor time of g++ 12 for examples/hello and examples/typed behind the precompiled header:
    // 0.26 s and 0.35 s with -O0, 0.28 s and 0.39 s with -Og.
    flags = {"-O0", "-g", "-fno-omit-frame-pointer", "-D_GLIBCXX_ASSERTIONS", "-Wall", "-Wextra"};
  } else {
    // -g1 adds functions and lines for the stacks in reports. This costs a twentieth of the
    // compilation time, and 50 KB in the object.
    flags = {"-O2", "-g1"};
  }
  if (!request.sanitizers.empty()) {
    // A report ends the process, also one of the undefined behaviour sanitizer.
    append(flags,
           std::array<std::string, 3>{"-fsanitize=" + request.sanitizers,
                                      "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"});
  }
  return flags;
}

}  // namespace

Result<Compiler> find_compiler(const LoadRequest& request, std::span<const std::string> all_flags) {
  const std::string& name = request.compiler;
  const auto sorted = sort_flags(all_flags);
  if (!sorted) return std::unexpected(sorted.error());
  const std::span<const std::string> author_flags = sorted->compile;
  std::optional<fs::path> path;
  if (!name.empty()) {
    path = find_program(name);
  } else {
    for (const char* usual : {"g++", "c++", "clang++"}) {
      if (!path) path = find_program(usual);
    }
  }
  if (!path) {
    return fail(Code::kNotFound,
                (name.empty() ? std::string("no C++ compiler is installed")
                              : "the C++ compiler " + name + " does not exist") +
                    "; install g++ (apt-get install g++), or ship a .so that `functions-framework "
                    "build` made on a machine with a compiler");
  }
  std::error_code error;
  const std::string real = fs::canonical(*path, error).filename().native();
  Compiler compiler{.path = path->native(),
                    .identity = identity_of(*path),
                    .is_gcc = real.find("clang") == std::string::npos,
                    .flags = {},
                    .profile_flags = profile_flags(request),
                    .link_flags = {},
                    .linkers_own = sorted->link,
                    .flag_files = sorted->files,
                    .is_independent_of_folder = sorted->is_independent_of_folder,
                    .recorded_folder = request.recorded_folder};
  if (!any_starts_with(author_flags, "-std=")) compiler.flags.emplace_back("-std=c++20");
  append(compiler.flags, compiler.profile_flags);
  append(compiler.flags,
         std::array<std::string, 4>{"-fPIC", "-fvisibility=hidden", "-pthread", "-pipe"});
  // With unique symbols, all programs in the process would share the first program's objects,
  // whatever dlopen was asked.
  if (compiler.is_gcc) compiler.flags.emplace_back("-fno-gnu-unique");
  // The headers are system headers, so that the author's warning flags apply only to the author's
  // code. /usr/include is one already. If it were named, it would come before the C++ library's
  // folders, whose headers need the next <stdlib.h>.
  if (!fs::equivalent(request.include_dir, "/usr/include", error)) {
    append(compiler.flags, std::array<std::string, 2>{"-isystem", request.include_dir.native()});
  }
  append(compiler.flags, author_flags);

  // To link hello takes 8 ms of the processor with mold, 27 with lld, 44 with GNU ld.
  if (find_program("mold")) {
    compiler.link_flags.emplace_back("-fuse-ld=mold");
  } else if (find_program("ld.lld")) {
    compiler.link_flags.emplace_back("-fuse-ld=lld");
  }
  compiler.link_flags.emplace_back("-pthread");
  if (!request.sanitizers.empty()) append(compiler.link_flags, compiler.profile_flags);
  // The process provides a sanitizer's runtime; Clang does not link it.
  if (request.sanitizers.empty() && !any_starts_with(author_flags, "-fsanitize")) {
    compiler.link_flags.emplace_back("-Wl,-z,defs");
  }
  append(compiler.link_flags, author_flags);
  append(compiler.link_flags, sorted->link);
  return compiler;
}

}  // namespace ofn::loader
