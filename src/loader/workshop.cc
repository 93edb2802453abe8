#include "loader/workshop.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <system_error>

#include "base/joined.h"
#include "loader/authors_functions.h"
#include "loader/flags.h"
#include "loader/project.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<Workshop> Workshop::open(const LoadRequest& request, Log& log) {
  std::error_code error;
  if (!fs::is_regular_file(request.include_dir / "ofn" / "function.h", error)) {
    return fail(Code::kNotFound, file_text(request.source) +
                                     "has to be compiled, but the framework's headers are not in " +
                                     request.include_dir.native() +
                                     "; set OFN_INCLUDE_DIR to the folder that has ofn/function.h, "
                                     "or ship a .so made by `functions-framework build`");
  }
  auto flags = split_flags(request.cxxflags);
  if (!flags) return std::unexpected(flags.error());
  auto compiler = find_compiler(request, *flags);
  if (!compiler) return std::unexpected(compiler.error());
  auto cache = Cache::open(request.cache_dirs, log);
  if (!cache) return std::unexpected(cache.error());
  return Workshop(request, *std::move(flags), *std::move(compiler), *std::move(cache), log);
}

Shared Workshop::make(const fs::path& source, const Target& target) {
  std::error_code error;
  Shared made = fs::is_directory(source, error) && is_cmake_project(source)
                    ? make_project(source)
                    : make_sources(source, target);
  std::set<std::string> inputs(made.build.inputs.begin(), made.build.inputs.end());
  inputs.insert(compiler_.flag_files.begin(), compiler_.flag_files.end());
  made.build.inputs = absolute_paths(inputs);
  return made;
}

Shared Workshop::make_project(const fs::path& source) {
  log_.write(Level::kInfo, "building", {{"source", request_.source}});
  auto built = build_cmake_project(source, request_, flags_, compiler_, cache_, limits());
  if (built.program) cache_.trim(request_.cache_limit);
  Shared made{.program = std::move(built.program)};
  made.build.commands = built.is_new ? 1 : 0;
  made.build.inputs.assign(built.inputs.begin(), built.inputs.end());
  made.build.folders = std::move(built.folders);
  made.build.diagnostics = std::move(built.diagnostics);
  made.build.warnings = std::move(built.warnings);
  return made;
}

Result<std::vector<Object>> Workshop::test_objects(const Limits& until, Build& build) {
  const fs::path entry = cache_.directory() / "tests_entry.cc";
  fs::path entry_header(request_.tests_header);
  entry_header.replace_filename(entry_header.stem().native() + "_entry.h");
  if (auto written = write_atomically(entry, "#include <" + entry_header.native() + ">\n");
      !written)
    return std::unexpected(written.error());
  std::vector<Source> sources;
  for (const fs::path& test : request_.tests)
    sources.push_back({.path = test, .shown = test.native()});
  const Source entry_source{.path = entry, .shown = "the entry of the tests"};
  if (!request_.entry_is_alone) sources.push_back(entry_source);
  const Target none{.name = "", .is_default = false};
  const auto compile = [&](std::span<const Source> wanted, const std::string& header) {
    Builder builder(compiler_, request_.include_dir, cache_, until, log_, header);
    auto objects = builder.compile(wanted, none);
    const Work& work = builder.work();
    build.commands += work.commands;
    build.cpu += work.cpu;
    build.diagnostics.insert(build.diagnostics.end(), work.diagnostics.begin(),
                             work.diagnostics.end());
    build.warnings.insert(build.warnings.end(), work.warnings.begin(), work.warnings.end());
    std::ranges::copy_if(work.inputs, std::back_inserter(build.inputs),
                         [&](const std::string& input) { return input != entry.native(); });
    return objects;
  };
  auto objects = compile(sources, request_.tests_header);
  if (!objects || !request_.entry_is_alone) return objects;
  auto alone = compile(std::span(&entry_source, 1), "");
  if (!alone) return alone;
  objects->insert(objects->end(), alone->begin(), alone->end());
  return objects;
}

Shared Workshop::make_sources(const fs::path& source, const Target& target) {
  std::error_code error;
  const bool is_directory = fs::is_directory(source, error);
  SourceFiles found;
  if (is_directory) {
    auto all = find_sources(source, request_.source);
    if (!all) return {.program = std::unexpected(all.error())};
    found = *std::move(all);
  } else if (is_source_file(source)) {
    found.sources.push_back({.path = source, .shown = request_.source});
  }
  const std::string left_out = joined(found.left_out);
  if (!left_out.empty()) {
    log_.write(Level::kInfo, "left out of the sources", {{"paths", left_out}});
  }
  Shared made{.program = fs::path()};
  made.build.folders = std::move(found.folders);
  if (found.sources.empty()) {
    made.program = fail(Code::kInvalidArgument,
                        file_text(request_.source) +
                            (is_directory ? "has neither a CMakeLists.txt nor C++ source files "
                                            "(.cc, .cpp, .cxx)"
                                          : "is neither C++ source (.cc, .cpp, .cxx), nor a shared "
                                            "object (.so), nor a directory"));
    return made;
  }
  const Limits until = limits();
  Builder builder(compiler_, request_.include_dir, cache_, until, log_);
  if (request_.counts_lines) builder.count_lines();
  made.program = [&]() -> Result<fs::path> {
    auto objects = builder.compile(found.sources, target);
    if (!objects) return std::unexpected(objects.error());
    made.objects = *std::move(objects);
    for (const Object& object : made.objects) {
      if (request_.counts_lines)
        made.build.line_notes.push_back(line_notes_of(object.path).native());
    }
    const bool is_refused = std::ranges::any_of(
        made.objects, [&](const Object& o) { return refused_type(o.refusal, target).has_value(); });
    const auto missing = [&](AuthorsFunctions defined) {
      return std::unexpected(
          missing_target(request_.source, target, Registry(), std::move(defined)));
    };
    if (is_refused && !target.is_default) return missing(authors_functions(made.objects, target));
    std::vector<Object> all = made.objects;
    if (!request_.tests.empty()) {
      auto tests = test_objects(until, made.build);
      if (!tests) return std::unexpected(tests.error());
      all.insert(all.end(), tests->begin(), tests->end());
    }
    auto path = builder.link(all, request_.source);
    if (path) return path;
    auto defined = authors_functions(made.objects, target);
    if (defined.is_undefined && defined.of_the_target.empty()) return missing(std::move(defined));
    if (left_out.empty()) return path;
    return fail(path.error().code(),
                path.error().message() + "\nleft out of the sources: " + left_out);
  }();
  const Work& work = builder.work();
  if (made.program && work.commands > 0) cache_.trim(request_.cache_limit);
  made.build.commands += work.commands;
  made.build.cpu += work.cpu;
  made.build.precompiling_pays = work.precompiling_pays;
  made.build.diagnostics.insert(made.build.diagnostics.end(), work.diagnostics.begin(),
                                work.diagnostics.end());
  made.build.warnings.insert(made.build.warnings.end(), work.warnings.begin(), work.warnings.end());
  made.build.inputs.insert(made.build.inputs.end(), work.inputs.begin(), work.inputs.end());
  return made;
}

Result<Build> Workshop::prepare() {
  const Limits until = limits();
  Builder builder(compiler_, request_.include_dir, cache_, until, log_, request_.tests_header);
  if (auto made = builder.precompile(); !made) return std::unexpected(made.error());
  return Build{.commands = builder.work().commands, .elapsed = {}, .cpu = builder.work().cpu};
}

Shared make_somewhere(LoadRequest& request, std::optional<Workshop>& workshop,
                      const fs::path& source, const Target& target, Log& log) {
  while (true) {
    workshop.reset();
    auto ready = Workshop::open(request, log);
    if (!ready) return {.program = std::unexpected(ready.error())};
    Shared made = workshop.emplace(std::move(*ready)).make(source, target);
    if (made.program || !workshop->cache().is_full(made.program.error())) return made;
    const fs::path full = workshop->cache().directory();
    const auto at = std::ranges::find(request.cache_dirs, full);
    if (at == request.cache_dirs.end() || at + 1 == request.cache_dirs.end()) {
      made.program = fail(
          Code::kResourceExhausted,
          file_text(request.source) + "cannot be compiled: no space is left in " + full.native() +
              ", which holds the compiled functions; free some, or set XDG_CACHE_HOME or "
              "TMPDIR to a folder with space\n" +
              made.program.error().message());
      return made;
    }
    log.write(Level::kWarning, "no space is left in the cache directory; another one is used",
              {{"directory", full.native()}, {"next", (at + 1)->native()}});
    request.cache_dirs.erase(request.cache_dirs.begin(), at + 1);
  }
}

}  // namespace ofn::loader
