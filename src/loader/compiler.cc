#include "loader/compiler.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include "loader/digest.h"
#include "loader/flags.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;

// What is precompiled, and stands beside it.
constexpr std::string_view kFirstInclude = "#include <ofn/function.h>\n";

// Variables that change what a compiler driver reads (GCC manual, "Environment Variables").
constexpr std::array kVariables = {"CPATH",         "CPLUS_INCLUDE_PATH", "LIBRARY_PATH",
                                   "COMPILER_PATH", "GCC_EXEC_PREFIX",    "LD_RUN_PATH"};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<fs::path> find_program(const std::string& name) {
  const auto is_program = [](const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    return is_program(name) ? std::optional<fs::path>(name) : std::nullopt;
  }
  std::string directories = variable("PATH");
  directories += ':';
  for (std::size_t begin = 0, end = 0; (end = directories.find(':', begin)) != std::string::npos;
       begin = end + 1) {
    const fs::path path = fs::path(directories.substr(begin, end - begin)) / name;
    if (path.is_absolute() && is_program(path)) return path;
  }
  return std::nullopt;
}

// A compiler that is replaced is another one: its file's name, size and times.
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

// The last lines first to go: a template error of a thousand lines begins with what matters. But
// warnings do not hide an error.
std::string shortened(std::string_view text) {
  constexpr std::size_t kLimit = std::size_t{16} * 1024;
  constexpr std::string_view kError = "error:";
  const auto first = text.find(kError);
  const bool is_late = first != std::string_view::npos && first > kLimit - kError.size();
  if (is_late) text.remove_prefix(text.rfind('\n', first) + 1);
  const bool is_long = text.size() > kLimit;
  if (is_long) {
    text = text.substr(0, kLimit);
    text = text.substr(0, text.rfind('\n'));  // all of a line that has no end
  }
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string shortened = is_late ? "…\n" : "";
  shortened += text;
  if (is_long) shortened += "\n…";
  return shortened;
}

}  // namespace

Result<Compiler> find_compiler(const std::string& name, std::span<const std::string> author_flags,
                               const fs::path& include_dir) {
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
                              : "the C++ compiler " + name + " is not there") +
                    "; install g++ (apt-get install g++), or ship a .so that `functions-framework "
                    "build` made where there is one");
  }
  std::error_code error;
  const std::string real = fs::canonical(*path, error).filename().native();
  Compiler compiler{.path = path->native(),
                    .identity = identity_of(*path),
                    .is_gcc = real.find("clang") == std::string::npos,
                    .flags = {},
                    .link_flags = {}};
  if (!any_starts_with(author_flags, "-std=")) compiler.flags.emplace_back("-std=c++20");
  append(compiler.flags,
         std::array<std::string, 5>{"-O2", "-fPIC", "-fvisibility=hidden", "-pthread", "-pipe"});
  // Functions and lines for the stacks in reports. It costs a twentieth of a compilation, and 50 KB of the object.
  compiler.flags.emplace_back("-g1");
  // A unique symbol is one for the whole process, whatever dlopen is asked: the first program's.
  if (compiler.is_gcc) compiler.flags.emplace_back("-fno-gnu-unique");
  // As a system's: the author's warning flags are about the author's code.
  append(compiler.flags, std::array<std::string, 2>{"-isystem", include_dir.native()});
  append(compiler.flags, author_flags);

  if (find_program("mold")) compiler.link_flags.emplace_back("-fuse-ld=mold");
  compiler.link_flags.emplace_back("-pthread");
  // A sanitizer's runtime is found in the process, not while linking.
  if (!any_starts_with(author_flags, "-fsanitize")) {
    compiler.link_flags.emplace_back("-Wl,-z,defs");
  }
  append(compiler.link_flags, author_flags);
  return compiler;
}

// A source on its way through the tails.
struct Builder::Pending {
  const Source* source = nullptr;
  const Target* target = nullptr;
  std::vector<Tail> tails;  // still to be tried, the next one first
  Object object;
  bool is_done = false;
  std::string key;
};

std::string Builder::key_of(std::string_view kind, std::span<const std::string> parts) const {
  Digest digest;
  digest.add(kind).add(compiler_.identity);
  std::error_code error;
  digest.add(fs::current_path(error).native());  // relative paths in flags
  for (const char* name : kVariables) digest.add(variable(name));
  for (const std::string& flag : compiler_.flags) digest.add(flag);
  digest.add(response_files(compiler_.flags));
  for (const std::string& part : parts) digest.add(part);
  return digest.hex();
}

std::string Builder::precompiled_key() const { return key_of("precompiled 1", {}); }

Result<std::vector<Finished>> Builder::run_counted(std::span<const Command> commands) {
  auto finished = run_all(commands, std::thread::hardware_concurrency(), limits_);
  if (!finished) return finished;
  for (const Finished& each : *finished) {
    ++work_.commands;
    work_.cpu += each.cpu;
  }
  return finished;
}

// Without what the cache itself holds: that is named by its content.
std::vector<std::string> Builder::without_own(std::vector<std::string> dependencies) const {
  std::erase_if(dependencies, [&](const std::string& path) {
    return path.starts_with(cache_.directory().native() + "/");
  });
  return dependencies;
}

Result<void> Builder::precompile() {
  const std::string key = precompiled_key();
  if (!compiler_.is_gcc || cache_.find(key, ".h.gch")) return {};
  log_.write(Level::kInfo, "precompiling", {{"header", "ofn/function.h"}});
  const std::int64_t begin = Cache::begin();
  const fs::path header = cache_.scratch(".h");
  const fs::path made = cache_.scratch(".h.gch");
  const fs::path listed = cache_.scratch(".d");
  if (auto written = write_atomically(header, kFirstInclude); !written) return written;
  Command command{{compiler_.path, "-x", "c++-header", header.native(), "-o", made.native(), "-MD",
                   "-MF", listed.native()}};
  append(command.arguments, compiler_.flags);
  auto finished = run_counted(std::span(&command, 1));
  Result<void> result;
  if (!finished) {
    result = std::unexpected(finished.error());
  } else if (!finished->front().ok()) {
    result = fail(Code::kInternal, "the header <ofn/function.h> cannot be precompiled:\n" +
                                       shortened(finished->front().output));
  } else {
    const auto read = without_own(parse_dependencies(read_file(listed).value_or("")));
    auto kept = cache_.keep(key, ".h.gch", made, read, begin);
    if (!kept) result = std::unexpected(kept.error());
  }
  std::error_code ignored;
  for (const fs::path& path : {header, made, listed}) fs::remove(path, ignored);
  return result;
}

std::string Builder::first_include() {
  const std::string plain = (include_dir_ / "ofn" / "function.h").native();
  if (!compiler_.is_gcc) return plain;
  // Making it costs three plain compilations, each later one saves three quarters of one: not for
  // the first file that is ever compiled with these flags, as in an image's build.
  const std::string key = precompiled_key();
  const fs::path marker = cache_.directory() / (key + ".first");
  std::error_code error;
  if (!cache_.find(key, ".h.gch")) {
    auto done = fs::exists(marker, error) ? precompile() : write_atomically(marker, "");
    if (!done) {
      log_.write(Level::kDebug, "no precompiled header", {{"reason", done.error().message()}});
    }
  }
  auto precompiled = cache_.find(key, ".h.gch");
  if (!precompiled) return plain;
  // The compiler adds ".gch" by itself, and reads the header where it cannot use that: behind an
  // -include of the author's, for one.
  fs::path header = precompiled->replace_extension();
  if (read_file(header) != kFirstInclude && !write_atomically(header, kFirstInclude)) return plain;
  return header.native();
}

Result<void> Builder::compile_pending(std::span<Pending*> pending) {
  struct Job {
    Pending* pending;
    fs::path unit;
    fs::path made;
    fs::path listed;
  };
  const std::int64_t begin = Cache::begin();  // before anything is read
  const std::string include = first_include();
  std::vector<Job> jobs;
  std::vector<Command> commands;
  for (Pending* each : pending) {
    const auto text = read_file(each->source->path);
    if (!text) {
      return fail(Code::kPermissionDenied, "File " + each->source->shown + " cannot be read");
    }
    const Job& job =
        jobs.emplace_back(each, cache_.scratch(".cc"), cache_.scratch(".o"), cache_.scratch(".d"));
    const std::string unit =
        generate(each->source->path.native(), *text, *each->target, each->tails.front());
    if (auto written = write_atomically(job.unit, unit); !written) return written;
    const std::string folder = each->source->path.parent_path().native();
    log_.write(Level::kInfo, "compiling", {{"source", each->source->shown}});
    Command& command = commands.emplace_back();
    command.arguments = {compiler_.path,
                         "-x",
                         "c++",
                         "-c",
                         job.unit.native(),
                         "-o",
                         job.made.native(),
                         "-MD",
                         "-MF",
                         job.listed.native(),
                         "-iquote",
                         folder,
                         "-I" + folder};
    if (compiler_.is_gcc) command.arguments.emplace_back("-fpch-deps");
    append(command.arguments, compiler_.flags);
    append(command.arguments, std::array<std::string, 2>{"-include", include});
  }
  auto finished = run_counted(commands);
  Result<void> result;
  if (!finished) result = std::unexpected(finished.error());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Pending& each = *jobs[i].pending;
    const Finished* outcome = finished ? &(*finished)[i] : nullptr;
    if (!result) {
      // Only the clean-up below is left to do.
    } else if (outcome->ok()) {
      if (!outcome->output.empty()) {
        log_.write(Level::kWarning, "the compiler warns",
                   {{"source", each.source->shown}, {"text", shortened(outcome->output)}});
      }
      auto read = without_own(parse_dependencies(read_file(jobs[i].listed).value_or("")));
      read.push_back(each.source->path.native());
      auto kept = cache_.keep(each.key, ".o", jobs[i].made, read, begin);
      if (kept) {
        each.object.path = *kept;
        each.is_done = true;
      } else {
        result = std::unexpected(kept.error());
      }
    } else if (each.tails.size() > 1 &&
               outcome->output.find(tail_name(*each.target)) != std::string::npos) {
      each.object.refusal += outcome->output;
      each.tails.erase(each.tails.begin());
    } else {
      result = fail(Code::kInvalidArgument, "File " + each.source->shown + " does not compile:\n" +
                                                shortened(outcome->output));
    }
    std::error_code ignored;
    for (const fs::path& path : {jobs[i].unit, jobs[i].made, jobs[i].listed}) {
      fs::remove(path, ignored);
    }
  }
  return result;
}

Result<std::vector<Object>> Builder::compile(std::span<const Source> sources,
                                             const Target& target) {
  std::vector<Pending> all;
  // Nobody asked for the default: no static member function either.
  const std::vector<Tail> tails =
      target.name.find("::") == std::string::npos
          ? std::vector{Tail::kIfPresent, Tail::kNothing}
          : std::vector{Tail::kIfPresent, Tail::kAlways, Tail::kNothing};
  // With the target also where the tail does not name it: an object without a tail says that this
  // target was refused, and nothing of the others.
  const auto key = [&](const Source& source, Tail tail) {
    return key_of("object 2", std::array{source.path.native(), target.name,
                                         std::to_string(static_cast<int>(tail)),
                                         generate("", "", target, tail)});
  };
  for (const Source& source : sources) {
    Pending& each = all.emplace_back(
        Pending{.source = &source,
                .target = &target,
                .tails = tails,
                .object = {.path = {}, .source = source, .tail = {}, .refusal = {}},
                .is_done = false,
                .key = {}});
    for (const Tail tail : tails) {
      if (auto object = cache_.find(key(source, tail), ".o"); object && !each.is_done) {
        each.object.path = *object;
        each.object.tail = tail;
        each.is_done = true;
      }
    }
  }
  while (true) {
    std::vector<Pending*> pending;
    for (Pending& each : all) {
      if (each.is_done) continue;
      each.object.tail = each.tails.front();
      each.key = key(*each.source, each.object.tail);
      pending.push_back(&each);
    }
    if (pending.empty()) break;
    if (auto compiled = compile_pending(pending); !compiled) {
      return std::unexpected(compiled.error());
    }
  }
  std::vector<Object> objects;
  objects.reserve(all.size());
  for (Pending& each : all) objects.push_back(std::move(each.object));
  return objects;
}

Result<fs::path> Builder::link(std::span<const Object> objects, std::string_view shown) {
  std::vector<std::string> parts = compiler_.link_flags;
  for (const Object& object : objects) parts.push_back(object.path.native());
  const std::string key = key_of("program 1", parts);
  if (auto program = cache_.find(key, ".so")) return *program;

  const std::int64_t begin = Cache::begin();
  const fs::path made = cache_.scratch(".so");
  const fs::path listed = cache_.scratch(".d");
  Command command{
      {compiler_.path, "-shared", "-o", made.native(), "-Wl,--dependency-file=" + listed.native()}};
  for (const Object& object : objects) command.arguments.push_back(object.path.native());
  append(command.arguments, compiler_.link_flags);
  auto finished = run_counted(std::span(&command, 1));
  if (finished && finished->front().output.find("-fuse-ld=mold") != std::string::npos) {
    std::erase(command.arguments, "-fuse-ld=mold");  // the compiler is too old to know mold
    finished = run_counted(std::span(&command, 1));
  }
  Result<fs::path> result;
  if (!finished) {
    result = std::unexpected(finished.error());
  } else if (!finished->front().ok()) {
    result = fail(Code::kInvalidArgument, "File " + std::string(shown) + " does not link:\n" +
                                              shortened(finished->front().output));
  } else {
    auto read = without_own(parse_link_dependencies(read_file(listed).value_or("")));
    // What -flto compiles while linking is gone by now, and was made of the objects.
    std::error_code error;
    std::erase_if(read, [&](const std::string& path) { return !fs::exists(path, error); });
    result = cache_.keep(key, ".so", made, read, begin);
  }
  std::error_code ignored;
  for (const fs::path& path : {made, listed}) fs::remove(path, ignored);
  return result;
}

}  // namespace ofn::loader
