#include "loader/compiler.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/replace_all.h"
#include "loader/diagnostics.h"
#include "loader/digest.h"
#include "loader/explain.h"
#include "loader/flags.h"
#include "loader/looked_for.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;

// An object's name ends in one of these. A program with an object of the second kind needs the kept code.
constexpr std::string_view kObject = ".o";
constexpr std::string_view kObjectForKeptCode = ".kept.o";

// Variables that change what a compiler driver reads (GCC manual, "Environment Variables").
constexpr std::array kVariables = {"CPATH",         "CPLUS_INCLUDE_PATH", "LIBRARY_PATH",
                                   "COMPILER_PATH", "GCC_EXEC_PREFIX",    "LD_RUN_PATH"};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void append(std::vector<std::string>& to, std::span<const std::string> more) {
  to.insert(to.end(), more.begin(), more.end());
}

// A byte order mark is valid only at the beginning of a file.
std::string without_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return std::string(text.starts_with(kMark) ? text.substr(kMark.size()) : text);
}

// Returns a file name without characters that confuse tools.
std::string plain_name(const fs::path& path) {
  std::string name = path.filename().native();
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < ' ' ||
        std::string_view("\"\\'`$=").find(c) != std::string_view::npos)
      c = '_';
  }
  return name;
}

// Returns the file with the compiler's warnings about a kept object. They are told at each start.
fs::path warnings_of(const fs::path& object) { return object.native() + ".warnings"; }

// Returns the file with the compiler's message about the target of a kept object that was refused.
fs::path refusal_of(const fs::path& object) { return object.native() + ".refusal"; }

// Keeps a text beside a kept object, whose other texts may be of an earlier compilation.
void keep_text(const fs::path& file, const std::string& text) {
  std::error_code ignored;
  if (text.empty()) {
    fs::remove(file, ignored);
  } else {
    (void)write_atomically(file, text);
  }
}

}  // namespace

fs::path line_notes_of(const fs::path& object) { return object.native() + ".gcno"; }

// A source while its tails are tried.
struct Builder::Pending {
  const Source* source = nullptr;
  const Target* target = nullptr;
  std::vector<Tail> tails;  // the tails that are still to be tried, the next one first
  Object object;
  bool is_done = false;
  std::string key;
  std::vector<DefinedFunction> found;  // for Tail::kSearch
};

bool Builder::works_anywhere() const {
  return compiler_.is_independent_of_folder && fs::path(compiler_.path).is_absolute() &&
         include_dir_.is_absolute() && cache_.directory().is_absolute() &&
         std::ranges::all_of(kVariables, [](const char* name) { return variable(name).empty(); });
}

std::string Builder::key_of(std::string_view kind, std::span<const std::string> parts) const {
  Digest digest;
  digest.add(kind).add(compiler_.identity).add(compiler_.recorded_folder);
  for (const char* name : kVariables) digest.add(variable(name));
  std::error_code error;
  if (!works_anywhere()) digest.add(fs::current_path(error).native());
  for (const std::string& flag : compiler_.flags) digest.add(flag);
  for (const std::string& part : parts) digest.add(part);
  return digest.hex();
}

Result<std::vector<Finished>> Builder::run_counted(std::span<const Command> commands) {
  auto finished = run_all(commands, std::thread::hardware_concurrency(), limits_);
  if (!finished) return finished;
  for (const Finished& each : *finished) {
    ++work_.commands;
    work_.cpu += each.cpu;
  }
  return finished;
}

// Removes the cache's own files, because their names already depend on their content.
std::vector<std::string> Builder::without_own(std::vector<std::string> dependencies) const {
  std::erase_if(dependencies, [&](const std::string& path) {
    return path.starts_with(cache_.directory().native() + "/");
  });
  return dependencies;
}

Result<void> Builder::compile_pending(std::span<Pending*> pending) {
  struct Job {
    Pending* pending;
    fs::path folder;  // used by this job only
    fs::path unit;
    fs::path made;
    fs::path listed;
  };
  std::vector<std::string> keys;
  for (const Pending* each : pending) keys.push_back(each->key);
  const std::int64_t begin = cache_.begin(keys);  // before any file is read
  if (!precompiled_) note_compilation_without_header();
  std::vector<std::string> includes = {"-include", (include_dir_ / "ofn" / "function.h").native()};
  if (precompiled_) includes.back() = precompiled_->header.native();
  if (precompiled_ && !compiler_.is_gcc) {
    // The cache knows that the header is valid. Clang would take a file that was touched for a
    // changed one.
    includes = {"-Xclang",      "-fno-validate-pch",
                "-include-pch", precompiled_->header.native(),
                "-include",     precompiled_->entries.native()};
  }
  std::vector<Job> jobs;
  std::vector<Command> commands;
  for (Pending* each : pending) {
    const std::string source = each->source->path.native();
    const auto text = read_file(source);
    if (!text) {
      return fail(Code::kPermissionDenied, "File " + each->source->shown + " cannot be read");
    }
    const fs::path folder = cache_.scratch("");
    std::error_code error;
    fs::create_directory(folder, error);
    const Job& job = jobs.emplace_back(each, folder, folder / plain_name(each->source->path),
                                       folder / "made.o", folder / "read.d");
    // The compiler takes this copy for the author's file. It is the main file; in the program's own
    // data (__FILE__, debug information) its name is mapped to the author's, and in the compiler's
    // output the name is replaced below.
    const bool can_map =
        job.unit.native().find('=') == std::string::npos && source.find('=') == std::string::npos;
    const fs::path folder_of_all =
        each->source->root.empty() ? each->source->path.parent_path() : each->source->root;
    const std::string recorded = compiler_.recorded_folder.empty()
                                     ? source
                                     : (fs::path(compiler_.recorded_folder) /
                                        each->source->path.lexically_relative(folder_of_all))
                                           .native();
    const std::string unit = (can_map ? "" : line_directive(source) + without_mark(*text)) +
                             (can_map ? *text : "") +
                             tail_text(recorded, *each->target, each->tails.front(), each->found);
    if (auto written = write_atomically(job.unit, unit); !written) return written;
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
                         job.listed.native()};
    // Debug information has the working folder.
    if (works_anywhere()) command.folder = "/";
    if (can_map && recorded != source) {
      command.arguments.push_back("-ffile-prefix-map=" + folder_of_all.native() + "=" +
                                  compiler_.recorded_folder);
    }
    // The last one that fits counts.
    if (can_map) {
      command.arguments.push_back("-ffile-prefix-map=" + job.unit.native() + "=" + recorded);
    }
    std::vector<std::string> folders = {each->source->path.parent_path().native()};
    const std::string root = each->source->root.native();
    if (!root.empty() && root != folders.front()) folders.push_back(root);
    for (const std::string& one : folders) {
      append(command.arguments, std::array<std::string, 2>{"-iquote", one});
    }
    for (const std::string& one : folders) command.arguments.push_back("-I" + one);
    if (compiler_.is_gcc) command.arguments.emplace_back("-fpch-deps");
    append(command.arguments, compiler_.flags);
    if (counts_lines_) command.arguments.emplace_back("--coverage");
    append(command.arguments, includes);
  }
  auto finished = run_counted(commands);
  Result<void> result;
  if (!finished) result = std::unexpected(finished.error());
  for (std::size_t i = 0; i < jobs.size() && finished; ++i) {
    Pending& each = *jobs[i].pending;
    Finished& outcome = (*finished)[i];
    replace_all(outcome.output, jobs[i].unit.native(), each.source->path.native());
    auto read = without_own(parse_dependencies(read_file(jobs[i].listed).value_or("")));
    read.push_back(each.source->path.native());
    work_.inputs.insert(read.begin(), read.end());
    if (outcome.ok()) {
      auto kept = keep_object(each, jobs[i].made, outcome.output, read, begin);
      if (!kept && result) result = std::move(kept);
    } else if (each.tails.size() > 1 &&
               outcome.output.find(tail_name(*each.target)) != std::string::npos) {
      each.object.refusal += outcome.output;
      each.tails.erase(each.tails.begin());
    } else {
      std::error_code error;
      add_diagnostics(diagnostics_in(outcome.output), work_.diagnostics);
      if (!fs::exists(jobs[i].listed, error)) add_looked_for(each, commands[i], jobs[i].listed);
      if (!result) continue;
      result = fail(Code::kInvalidArgument, "File " + each.source->shown + " does not compile:\n" +
                                                shortened(outcome.output));
    }
  }
  for (const Job& job : jobs) {
    std::error_code ignored;
    fs::remove_all(job.folder, ignored);
  }
  return result;
}

Result<void> Builder::keep_object(Pending& pending, const fs::path& made,
                                  const std::string& warnings, std::span<const std::string> read,
                                  std::int64_t begin) {
  Object& object = pending.object;
  object.needs_kept_code = precompiled_.has_value() && more_header_.empty();
  auto kept = cache_.keep(pending.key, object.needs_kept_code ? kObjectForKeptCode : kObject, made,
                          read, begin);
  if (!kept) return std::unexpected(kept.error());
  object.path = *kept;
  pending.is_done = true;
  keep_text(warnings_of(*kept), shortened(warnings));
  keep_text(refusal_of(*kept), object.refusal);
  fs::path notes = made;
  notes.replace_extension(".gcno");
  if (counts_lines_) keep_text(line_notes_of(*kept), read_file(notes).value_or(""));
  return {};
}

// A compiler that misses a header writes no dependencies. The preprocessor lists all files that
// there are, and the names of the missing ones (GCC manual, -MG; Clang has the same).
void Builder::add_looked_for(const Pending& pending, Command command, const fs::path& listed) {
  const auto compile = std::ranges::find(command.arguments, "-c");
  const auto depend = std::ranges::find(command.arguments, "-MD");
  if (compile == command.arguments.end() || depend == command.arguments.end()) return;
  *compile = "-M";
  *depend = "-MG";
  const auto finished = run_counted(std::span(&command, 1));
  if (!finished) return;
  auto read = without_own(parse_dependencies(read_file(listed).value_or("")));
  // A relative name may be a file in the folder of a relative -I, or a header that is missing.
  std::vector<std::string> missing;
  std::ranges::copy_if(read, std::back_inserter(missing), [](const std::string& path) {
    std::error_code error;
    return !fs::path(path).is_absolute() || !fs::exists(path, error);
  });
  std::erase_if(read, [](const std::string& path) {
    std::error_code error;
    return !fs::exists(path, error);
  });
  work_.inputs.insert(read.begin(), read.end());
  read.push_back(pending.source->path.native());
  std::vector<std::string> folders;
  if (!pending.source->root.empty()) folders.push_back(pending.source->root.native());
  work_.inputs.merge(headers_looked_for(
      missing, {.read = read, .flags = compiler_.flags, .folders = std::move(folders)}));
}

void Builder::collect_warnings(std::span<const Object> objects) {
  for (const Object& object : objects) {
    const auto text = read_file(warnings_of(object.path));
    if (!text) continue;
    // A header's warnings come with each source that includes it.
    const std::size_t before = work_.diagnostics.size();
    auto warnings = diagnostics_in(*text);
    const bool has_places = !warnings.empty();
    add_diagnostics(std::move(warnings), work_.diagnostics);
    if (has_places && work_.diagnostics.size() == before) continue;
    work_.warnings.push_back({.source = object.source.shown, .text = *text});
  }
}

Result<std::vector<Object>> Builder::compile(std::span<const Source> sources,
                                             const Target& target) {
  std::vector<Pending> all;
  precompiled_ = find_precompiled();
  work_.inputs.insert(compiler_.flag_files.begin(), compiler_.flag_files.end());
  for (const Source& source : sources) work_.inputs.insert(source.path.native());
  // The default target cannot be a static member function, so that variant is not tried.
  std::vector<Tail> tails = target.name.find("::") == std::string::npos
                                ? std::vector{Tail::kIfPresent, Tail::kNothing}
                                : std::vector{Tail::kIfPresent, Tail::kAlways, Tail::kNothing};
  if (target.name.empty()) tails = {Tail::kNothing};
  std::vector<std::vector<DefinedFunction>> found(sources.size());
  bool searches = target.is_default && !target.name.empty();
  for (std::size_t i = 0; i < sources.size() && searches; ++i) {
    const std::string text = read_file(sources[i].path).value_or("");
    searches = !registers_something(text);
    found[i] = defined_functions(text);
  }
  if (searches) tails.insert(tails.begin(), Tail::kSearch);
  // The key contains the target even if the tail does not name it. An object without a tail means
  // that this target was refused, and says nothing about other targets.
  const auto key = [&](const Pending& each, Tail tail) {
    return key_of(counts_lines_ ? "object 4 with counts" : "object 4",
                  std::array{each.source->path.native(), each.source->root.native(), target.name,
                             std::to_string(static_cast<int>(tail)),
                             tail_text("", target, tail, each.found)});
  };
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    Pending& each = all.emplace_back(
        Pending{.source = &source,
                .target = &target,
                .tails = tails,
                .object = {.path = {}, .source = source, .tail = {}, .refusal = {}},
                .is_done = false,
                .key = {},
                .found = std::move(found[i])});
    for (const Tail tail : tails) {
      if (each.is_done) break;
      auto object = cache_.find(key(each, tail), kObject, &work_.inputs);
      if (!object && precompiled_) {
        object = cache_.find(key(each, tail), kObjectForKeptCode, &work_.inputs);
        each.object.needs_kept_code = object.has_value();
      }
      std::error_code unreadable;
      if (object && counts_lines_ && !fs::exists(line_notes_of(*object), unreadable))
        object.reset();  // the cache has dropped them
      if (object) {
        each.object.path = *object;
        each.object.tail = tail;
        each.object.refusal = read_file(refusal_of(*object)).value_or("");
        each.is_done = true;
      }
    }
  }
  while (true) {
    std::vector<Pending*> pending;
    for (Pending& each : all) {
      if (each.is_done) continue;
      each.object.tail = each.tails.front();
      each.key = key(each, each.object.tail);
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
  collect_warnings(objects);
  return objects;
}

Result<fs::path> Builder::link(std::span<const Object> objects, std::string_view shown) {
  std::vector<std::string> files;
  for (const Object& object : objects) files.push_back(object.path.native());
  if (precompiled_ && std::ranges::any_of(objects, &Object::needs_kept_code))
    files.push_back(precompiled_->code.native());
  const std::string key = key_of("program 2", compiler_.link_flags);
  Digest variant;
  for (const std::string& file : files) variant.add(file);
  if (auto program = cache_.find(key, ".so", &work_.inputs, variant.hex())) return *program;

  const std::int64_t begin = cache_.begin(std::span(&key, 1));
  const fs::path made = cache_.scratch(".so");
  const fs::path listed = cache_.scratch(".d");
  Command command{.arguments = {compiler_.path, "-shared", "-o", made.native(),
                                "-Wl,--dependency-file=" + listed.native()}};
  append(command.arguments, files);
  append(command.arguments, compiler_.link_flags);
  if (counts_lines_) command.arguments.emplace_back("--coverage");
  auto finished = run_counted(std::span(&command, 1));
  if (finished && finished->front().output.find("-fuse-ld=") != std::string::npos &&
      (std::erase(command.arguments, "-fuse-ld=mold") > 0 ||
       std::erase(command.arguments, "-fuse-ld=lld") > 0)) {
    finished = run_counted(std::span(&command, 1));  // the compiler is too old for that linker
  }
  Result<fs::path> result;
  if (!finished) {
    result = std::unexpected(finished.error());
  } else if (!finished->front().ok()) {
    work_.inputs.merge(libraries_looked_for(compiler_.linkers_own));
    std::string& said = finished->front().output;
    for (const Object& object : objects)
      replace_all(said, object.path.native(), object.source.shown);
    const std::string explained = explain_link(said, shown);
    result = fail(Code::kInvalidArgument,
                  explained.empty()
                      ? "File " + std::string(shown) + " does not link:\n" + shortened(said)
                      : explained);
  } else {
    auto read = without_own(parse_link_dependencies(read_file(listed).value_or("")));
    // Files that -flto compiles while linking are gone by now. They were made from the objects.
    std::error_code error;
    std::erase_if(read, [&](const std::string& path) { return !fs::exists(path, error); });
    result = cache_.keep(key, ".so", made, read, begin, variant.hex());
    work_.inputs.insert(read.begin(), read.end());
  }
  std::error_code ignored;
  for (const fs::path& path : {made, listed}) fs::remove(path, ignored);
  return result;
}

}  // namespace ofn::loader
