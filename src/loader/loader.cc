#include "loader/loader.h"

#include <algorithm>
#include <dlfcn.h>
#include <set>
#include <system_error>
#include <utility>

#include <ofn/signature.h>

#include "base/random.h"
#include "function/registry.h"
#include "loader/build_check.h"
#include "loader/cache.h"
#include "loader/compiler.h"
#include "loader/digest.h"
#include "loader/elf_file.h"
#include "loader/explain.h"
#include "loader/flags.h"
#include "loader/look.h"
#include "loader/project.h"
#include "loader/unit.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;
using loader::Builder;
using loader::Cache;
using loader::Object;
using loader::Target;

// A shared object before it is loaded, and the objects from which it was made, if any.
struct Shared {
  fs::path path;
  std::vector<Object> objects;
  Build build;
};

std::string file_text(std::string_view shown) { return "File " + std::string(shown) + " "; }
std::string file_text(const LoadRequest& request) { return file_text(request.source); }

using loader::as_written;
using loader::demangled;

constexpr std::string_view kUnnamed = "(anonymous namespace)::";

struct Defined {
  std::set<std::string> names;               // of all functions that the author could name
  std::vector<std::string> of_the_target;    // its overloads, with their parameters
  bool target_is_missing_elsewhere = false;  // it is called but not defined
  bool target_is_hidden = false;             // it is defined in an unnamed namespace
};

// Returns the functions that the author's files define, as far as the object files show them.
// Inline functions are left out, because they also come from headers.
Defined functions_of(std::span<const Object> objects, const std::string& target) {
  Defined defined;
  for (const Object& object : objects) {
    const auto elf = loader::ElfFile::open(object.path);
    if (!elf) continue;
    for (const auto& symbol : elf->function_symbols()) {
      const std::string text = as_written(demangled(symbol.name));
      const std::string name = text.substr(0, text.find('('));
      if (!symbol.is_defined) {
        defined.target_is_missing_elsewhere |= name == target && text != name;
        continue;
      }
      // Leaves out parts of functions ("f(int) [clone .cold]") and the compiler's own functions.
      const bool is_authors = !symbol.is_weak && symbol.name.starts_with("_Z") &&
                              text.find('[') == std::string::npos && !name.starts_with("_") &&
                              name.find_first_of("<~ ") == std::string::npos;
      const bool is_hidden = demangled(symbol.name).find(kUnnamed) != std::string::npos;
      if (name == target && is_hidden) defined.target_is_hidden = true;
      if (name == target && !symbol.is_weak && !is_hidden) defined.of_the_target.push_back(text);
      if (is_authors) defined.names.insert(name);
    }
  }
  return defined;
}

std::string joined(const auto& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Returns the reason why the program does not have the target.
// (several_error() is for a program without a named target that has several functions.)
Error target_error(const LoadRequest& request, const Target& target, const Registry& registry,
                   std::span<const Object> objects) {
  Defined defined = functions_of(objects, target.name);
  std::string type;
  bool is_ambiguous = false;
  for (const Object& object : objects) {
    if (type.empty()) type = loader::refused_type(object.refusal, target).value_or("");
    is_ambiguous |= object.refusal.find("is ambiguous") != std::string::npos;
  }
  if (is_ambiguous) {
    std::string overloads;
    for (const std::string& each : defined.of_the_target) overloads += "\n  " + each;
    return {Code::kInvalidArgument, file_text(request) + "has several functions named " +
                                        target.name + " that can be served" +
                                        (overloads.empty() ? "" : ":" + overloads) +
                                        "\nrename all but one, and choose by --target"};
  }
  if (type.empty()) type = joined(defined.of_the_target);
  if (!type.empty()) {
    return {Code::kInvalidArgument,
            file_text(request) + "defines " + target.name + ", but as " + type +
                ", which cannot be served; supported are" OFN_INTERNAL_FORMS};
  }
  std::string message =
      file_text(request) + "is expected to contain a function named " + target.name;
  for (const std::string& name : registry.names()) defined.names.insert(name);
  if (defined.target_is_missing_elsewhere) message += ", which it declares but does not define";
  message +=
      defined.names.empty() ? "; it contains none" : "; it contains: " + joined(defined.names);
  // An uncalled function in an unnamed namespace leaves no symbol in the object file.
  const bool may_be_hidden = std::ranges::any_of(objects, [&](const Object& object) {
    return loader::may_hide(loader::read_file(object.source.path).value_or(""), target);
  });
  if (defined.target_is_hidden || may_be_hidden) {
    message += "; a function in an unnamed namespace is found by OFN_FUNCTION(" + target.name +
               ") beside it";
  }
  return {Code::kNotFound, std::move(message)};
}

Error several_error(const LoadRequest& request, const Registry& registry) {
  std::string names;
  constexpr std::size_t kMost = 20;
  const auto functions = registry.functions();
  for (const Function& function : functions.first(std::min(functions.size(), kMost))) {
    names += "\n  " + function.name + " (" + std::string(signature_name(function.signature)) + ")";
  }
  if (functions.size() > kMost) {
    names += "\n  and " + std::to_string(functions.size() - kMost) + " more";
  }
  return {Code::kInvalidArgument, file_text(request) + "has " + std::to_string(functions.size()) +
                                      " functions that can be served:" + names +
                                      "\nchoose one by --target " + functions.front().name +
                                      ", or write OFN_FUNCTION(" + functions.front().name +
                                      ") beside each that is to be served"};
}

Result<fs::path> existing_source(const LoadRequest& request) {
  std::error_code error;
  fs::path source = fs::absolute(request.source, error);
  while (source.filename().empty() || source.filename() == ".") {  // "folder/", "folder/."
    if (!source.has_relative_path()) break;
    source = source.parent_path();
  }
  // Only the system knows the target of ".." behind a link. Without "..", names stay as the user
  // wrote them.
  const bool is_roundabout = std::ranges::find(source, fs::path("..")) != source.end();
  if (is_roundabout && fs::is_directory(source, error)) {
    source = fs::canonical(source, error);
  } else if (is_roundabout) {
    source = fs::canonical(source.parent_path(), error) / source.filename();
  } else {
    source = source.lexically_normal();  // "./"
  }
  if (request.source.empty() || error || !fs::exists(source, error)) {
    return fail(Code::kNotFound,
                file_text(request) + "that is expected to define function doesn't exist");
  }
  return source;
}

bool is_shared_object(const fs::path& path) {
  const std::string name = path.filename().native();
  return name.ends_with(".so") || name.find(".so.") != std::string::npos;
}

// Turns a source that must be compiled into a shared object.
class Workshop {
 public:
  static Result<Workshop> open(const LoadRequest& request, Log& log) {
    std::error_code error;
    if (!fs::is_regular_file(request.include_dir / "ofn" / "function.h", error)) {
      return fail(Code::kNotFound,
                  file_text(request) +
                      "has to be compiled, but the framework's headers are not in " +
                      request.include_dir.native() +
                      "; set OFN_INCLUDE_DIR to the folder that has ofn/function.h, "
                      "or ship a .so made by `functions-framework build`");
    }
    auto flags = loader::split_flags(request.cxxflags);
    if (!flags) return std::unexpected(flags.error());
    auto compiler = loader::find_compiler(request.compiler, *flags, request.include_dir);
    if (!compiler) return std::unexpected(compiler.error());
    auto cache = Cache::open(request.cache_dirs, log);
    if (!cache) return std::unexpected(cache.error());
    return Workshop(request, std::move(*compiler), std::move(*cache), log);
  }

  Result<Shared> make(const fs::path& source, const Target& target) {
    std::error_code error;
    const bool is_directory = fs::is_directory(source, error);
    if (is_directory && loader::is_cmake_project(source)) {
      log_.write(Level::kInfo, "building", {{"source", request_.source}});
      const auto flags = loader::split_flags(request_.cxxflags);
      if (!flags) return std::unexpected(flags.error());
      auto built = loader::build_cmake_project(source, request_.source, *flags, compiler_,
                                               request_.include_dir, cache_, limits());
      if (!built) return std::unexpected(built.error());
      cache_.trim(request_.cache_limit);
      built->inputs.insert(compiler_.flag_files.begin(), compiler_.flag_files.end());
      Build build;
      build.inputs = loader::absolute_paths(built->inputs);
      return Shared{.path = built->program, .objects = {}, .build = std::move(build)};
    }
    std::vector<loader::Source> sources;
    std::string left_out;
    if (is_directory) {
      auto found = loader::find_sources(source, request_.source);
      if (!found) return std::unexpected(found.error());
      sources = std::move(found->sources);
      left_out = joined(found->left_out);
      if (!left_out.empty()) {
        log_.write(Level::kInfo, "left out of the sources", {{"paths", left_out}});
      }
    } else if (loader::is_source_file(source)) {
      sources.push_back({.path = source, .shown = request_.source});
    }
    if (sources.empty()) {
      return fail(Code::kInvalidArgument,
                  file_text(request_) +
                      (is_directory ? "has neither a CMakeLists.txt nor C++ source files (.cc, "
                                      ".cpp, .cxx)"
                                    : "is neither C++ source (.cc, .cpp, .cxx), nor a shared "
                                      "object (.so), nor a directory"));
    }
    const loader::Limits until = limits();
    Builder builder(compiler_, request_.include_dir, cache_, until, log_);
    auto objects = builder.compile(sources, target);
    if (!objects) return std::unexpected(objects.error());
    const bool is_refused = std::ranges::any_of(*objects, [&](const Object& o) {
      return loader::refused_type(o.refusal, target).has_value();
    });
    if (is_refused && !target.is_default) {
      return std::unexpected(target_error(request_, target, Registry(), *objects));
    }
    auto path = builder.link(*objects, request_.source);
    if (!path) {
      const Defined defined = functions_of(*objects, target.name);
      if (defined.target_is_missing_elsewhere && defined.of_the_target.empty()) {
        return std::unexpected(target_error(request_, target, Registry(), *objects));
      }
      if (left_out.empty()) return std::unexpected(path.error());
      return fail(path.error().code(),
                  path.error().message() + "\nleft out of the sources: " + left_out);
    }
    const auto& work = builder.work();
    if (work.commands > 0) cache_.trim(request_.cache_limit);
    return Shared{.path = *path,
                  .objects = std::move(*objects),
                  .build = {.commands = work.commands,
                            .elapsed = {},
                            .cpu = work.cpu,
                            .precompiling_pays = work.precompiling_pays,
                            .inputs = loader::absolute_paths(work.inputs)}};
  }

  const Cache& cache() const { return cache_; }

  Result<Build> prepare() {
    const loader::Limits until = limits();
    Builder builder(compiler_, request_.include_dir, cache_, until, log_);
    if (auto made = builder.precompile(); !made) return std::unexpected(made.error());
    return Build{.commands = builder.work().commands, .elapsed = {}, .cpu = builder.work().cpu};
  }

 private:
  Workshop(const LoadRequest& request, loader::Compiler compiler, Cache cache, Log& log)
      : request_(request), compiler_(std::move(compiler)), cache_(std::move(cache)), log_(log) {}

  loader::Limits limits() const {
    return {.deadline = request_.deadline,
            .stop = request_.stop,
            .in_background = request_.in_background};
  }

  const LoadRequest& request_;
  loader::Compiler compiler_;
  Cache cache_;
  Log& log_;
};

// Makes the source in the first cache directory with enough space. The workshop may own a temporary
// cache, so it must live until everything is loaded. It refers to `request`.
Result<Shared> make_somewhere(LoadRequest& request, std::optional<Workshop>& workshop,
                              const fs::path& source, const Target& target, Log& log) {
  while (true) {
    workshop.reset();
    auto ready = Workshop::open(request, log);
    if (!ready) return std::unexpected(ready.error());
    auto made = workshop.emplace(std::move(*ready)).make(source, target);
    if (made || !workshop->cache().is_full(made.error())) return made;
    const fs::path full = workshop->cache().directory();
    const auto at = std::ranges::find(request.cache_dirs, full);
    if (at == request.cache_dirs.end() || at + 1 == request.cache_dirs.end()) {
      return fail(Code::kResourceExhausted,
                  file_text(request) + "cannot be compiled: no space is left in " + full.native() +
                      ", which holds the compiled functions; free some, or set XDG_CACHE_HOME or "
                      "TMPDIR to a folder with space\n" +
                      made.error().message());
    }
    log.write(Level::kWarning, "no space is left in the cache directory; another one is used",
              {{"directory", full.native()}, {"next", (at + 1)->native()}});
    request.cache_dirs.erase(request.cache_dirs.begin(), at + 1);
  }
}

// Loads a shared object and gets its registrations. Checks it before any of its code runs.
Result<abi::Program> open_program(const std::string& shown, const fs::path& path,
                                  StartUp start_up) {
  if (auto checked = loader::check_program(path, shown); !checked) {
    return std::unexpected(checked.error());
  }
  // The handle is never closed, because types, callbacks and thread locals of the program may be in
  // use anywhere.
  void* handle = nullptr;
  if (start_up == StartUp::kIsLeftOut) {
    const auto looked = loader::look_at(path);
    if (!looked) {
      return fail(looked.error().code(),
                  file_text(shown) + "cannot be loaded: " + looked.error().message());
    }
    handle = *looked;
  } else {
    handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (handle == nullptr) {
    return fail(Code::kFailedPrecondition, file_text(shown) + "cannot be loaded: " + ::dlerror());
  }
  void* symbol = ::dlsym(handle, abi::kProgramSymbol);
  if (symbol == nullptr) {
    return fail(Code::kFailedPrecondition, file_text(shown) + "does not export " +
                                               abi::kProgramSymbol +
                                               "; link it without a version script that hides it");
  }
  abi::Program program;
  reinterpret_cast<abi::ProgramFunction*>(symbol)(&program);  // NOLINT: what dlsym is for
  return program;
}

Error in_file(const std::string& shown, const Error& error) {
  return {error.code(), file_text(shown) + error.message()};
}

// Runs before compiling, so that no file of the author is overwritten.
Result<void> check_output(const fs::path& source, const fs::path& output) {
  std::error_code error;
  std::string reason;
  if (output.filename().empty() || fs::is_directory(output, error)) {
    reason = "it is a directory";
  } else if (fs::equivalent(output, source, error)) {
    reason = "it is the source";
  } else if (loader::is_source_file(output) && fs::exists(output, error)) {
    reason = "it is a C++ source file";
  }
  if (reason.empty()) return {};
  return fail(Code::kInvalidArgument,
              "cannot write " + output.native() + ": " + reason + "; name the .so file to make");
}

Result<void> write_output(const fs::path& made, const fs::path& output) {
  Random random;
  fs::path part = output;
  part += "." + uuid4(random);
  std::error_code error;
  fs::copy_file(made, part, error);
  if (!error) fs::rename(part, output, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(part, ignored);
  return fail(Code::kPermissionDenied, "cannot write " + output.native() + ": " + error.message());
}

Result<LoadedProgram> load_into(const LoadRequest& request, const fs::path* output, Log& log) {
  const SystemClock clock;
  const SteadyTime start = clock.now();
  const auto source = existing_source(request);
  if (!source) return std::unexpected(source.error());
  if (output != nullptr) {
    if (auto checked = check_output(*source, *output); !checked) {
      return std::unexpected(checked.error());
    }
  }
  Target target{.name = request.target.value_or("function"), .is_default = !request.target};

  Shared shared{.path = *source, .objects = {}, .build = {}};
  shared.build.inputs = {source->native()};
  LoadRequest making = request;
  std::optional<Workshop> workshop;
  if (!is_shared_object(*source)) {
    auto valid = loader::target_of(request.target);
    if (!valid) return std::unexpected(valid.error());
    target = std::move(*valid);
    auto made = make_somewhere(making, workshop, *source, target, log);
    if (!made) return std::unexpected(made.error());
    shared = std::move(*made);
  }
  const auto opened = open_program(request.source, shared.path,
                                   output != nullptr ? StartUp::kIsLeftOut : request.start_up);
  if (!opened) return std::unexpected(opened.error());
  const auto registry = Registry::of(*opened);
  if (!registry) return std::unexpected(in_file(request.source, registry.error()));

  LoadedProgram program{.functions = {}, .plugins = {}, .build = shared.build};
  if (auto added = add_plugins(*opened, program.plugins); !added) {
    return std::unexpected(in_file(request.source, added.error()));
  }
  if (const Function* function = registry->find(target.name); function && !target.is_default) {
    program.functions.push_back(*function);
  } else if (target.is_default) {
    program.functions.assign(registry->functions().begin(), registry->functions().end());
  }
  const bool is_of_plugins = output != nullptr && target.is_default && !program.plugins.empty();
  if (target.is_default && registry->is_found()) {
    if (is_of_plugins) {
      program.functions.clear();
    } else if (program.functions.size() > 1) {
      return std::unexpected(several_error(request, *registry));
    } else {
      log.write(Level::kInfo, "serving the only function that can be served",
                {{"function", program.functions.front().name}});
    }
  }
  if (program.functions.empty() && !is_of_plugins) {
    return std::unexpected(target_error(request, target, *registry, shared.objects));
  }
  if (output != nullptr) {
    if (auto written = write_output(shared.path, *output); !written) {
      return std::unexpected(written.error());
    }
  }
  program.build.elapsed = clock.now() - start;
  return program;
}

}  // namespace

Result<LoadedProgram> load(const LoadRequest& request, Log& log) {
  return load_into(request, nullptr, log);
}

Result<LoadedProgram> build_shared(const LoadRequest& request, const fs::path& output, Log& log) {
  return load_into(request, &output, log);
}

Result<void> load_plugins(const std::string& file, StartUp start_up,
                          std::vector<PluginType>& known) {
  std::error_code error;
  const fs::path path = fs::absolute(file, error);
  if (error || !fs::is_regular_file(path, error)) {
    return fail(Code::kNotFound,
                file_text(file) + "that is expected to hold plugins doesn't exist");
  }
  const auto program = open_program(file, path, start_up);
  if (!program) return std::unexpected(program.error());
  const std::size_t before = known.size();
  if (auto added = add_plugins(*program, known); !added) {
    return std::unexpected(in_file(file, added.error()));
  }
  if (known.size() == before) {
    return fail(Code::kNotFound, file_text(file) +
                                     "is expected to hold plugins, but registers none; write "
                                     "OFN_PLUGIN(Class, \"name\", \"version\") beside one");
  }
  return {};
}

Result<Build> prepare(const LoadRequest& request, Log& log) {
  const SystemClock clock;
  const SteadyTime start = clock.now();
  auto workshop = Workshop::open(request, log);
  if (!workshop) return std::unexpected(workshop.error());
  auto build = workshop->prepare();
  if (build) build->elapsed = clock.now() - start;
  return build;
}

fs::path find_include_dir(std::string_view wanted, const fs::path& executable) {
  const fs::path directory =
      wanted.empty() ? executable.parent_path().parent_path() / "include" : fs::path(wanted);
  std::error_code error;
  return fs::absolute(directory, error).lexically_normal();
}

std::vector<fs::path> default_cache_dirs(std::string_view home, std::string_view xdg,
                                         std::string_view tmp) {
  return loader::default_cache_dirs(home, xdg, tmp);
}

}  // namespace ofn
