#include "loader/loader.h"

#include <algorithm>
#include <dlfcn.h>
#include <system_error>
#include <utility>

#include "base/random.h"
#include "function/registry.h"
#include "loader/authors_functions.h"
#include "loader/build_check.h"
#include "loader/cache.h"
#include "loader/digest.h"
#include "loader/look.h"
#include "loader/project.h"
#include "loader/unit.h"
#include "loader/workshop.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;
using loader::AuthorsFunctions;
using loader::file_text;
using loader::Target;
using loader::Workshop;

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
                file_text(request.source) + "that is expected to define function doesn't exist");
  }
  return source;
}

bool is_shared_object(const fs::path& path) {
  const std::string name = path.filename().native();
  return name.ends_with(".so") || name.find(".so.") != std::string::npos;
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

// Returns the file beside a program of compile() that says which functions the objects have.
fs::path functions_file(const fs::path& program) { return program.native() + ".functions"; }

// Returns what is known of the author's functions beside the registrations.
AuthorsFunctions functions_of(const LoadRequest& request, const loader::Shared& shared,
                              const Target& target) {
  if (request.shown.empty()) return loader::authors_functions(shared.objects, target);
  const auto text = loader::read_file(functions_file(*shared.program));
  return loader::authors_functions_of(text.value_or(""));
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

// Puts a program under a new name into `folder`. The cache may remove its own name for it.
Result<fs::path> put_into(const fs::path& folder, const fs::path& program) {
  Random random;
  fs::path placed = folder / (uuid4(random) + ".so");
  std::error_code error;
  fs::create_hard_link(program, placed, error);
  if (!error) return placed;
  // The folder may be in another file system.
  if (auto written = write_output(program, placed); !written) {
    return std::unexpected(written.error());
  }
  return placed;
}

// Puts a copy of a program that its builder may write anew at any time into `folder`: writing into a loaded file would end its
// process. A program that looks for libraries beside itself is returned as it is, because they are not beside the copy.
Result<fs::path> copy_into(const fs::path& folder, const fs::path& program) {
  const auto text = loader::read_file(program);
  if (!text || text->contains("$ORIGIN") || text->contains("${ORIGIN}")) return program;
  Random random;
  fs::path placed = folder / (uuid4(random) + ".so");
  if (auto written = loader::write_atomically(placed, *text); !written) {
    return std::unexpected(written.error());
  }
  return placed;
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
  loader::Shared shared{.program = *source};
  shared.build.inputs = {source->native()};
  LoadRequest making = request;
  std::optional<Workshop> workshop;
  Target target{.name = request.target.value_or("function"), .is_default = !request.target};
  const auto valid = loader::target_of(request.target);
  if (valid) target = *valid;
  if (!is_shared_object(*source)) {
    if (!valid) return std::unexpected(valid.error());
    shared = loader::make_somewhere(making, workshop, *source, target, log);
    for (const CompilerWarning& warning : shared.build.warnings) {
      log.write(Level::kWarning, "the compiler warns",
                {{"source", warning.source}, {"text", warning.text}});
    }
    if (!shared.program) return std::unexpected(shared.program.error());
    shared.build.made = clock.system_now();
  }
  const std::string& shown = request.shown.empty() ? request.source : request.shown;
  const auto opened = open_program(shown, *shared.program,
                                   output != nullptr ? StartUp::kIsLeftOut : request.start_up);
  if (!opened) return std::unexpected(opened.error());
  const auto registry = Registry::of(*opened);
  if (!registry) return std::unexpected(in_file(shown, registry.error()));

  LoadedProgram program{.functions = {}, .plugins = {}, .program = *opened, .build = shared.build};
  if (auto added = add_plugins(*opened, program.plugins); !added) {
    return std::unexpected(in_file(shown, added.error()));
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
      return std::unexpected(loader::several_functions(shown, *registry));
    } else {
      log.write(Level::kInfo, "serving the only function that can be served",
                {{"function", program.functions.front().name}});
    }
  }
  if (program.functions.empty() && !is_of_plugins) {
    return std::unexpected(
        loader::missing_target(shown, target, *registry, functions_of(request, shared, target)));
  }
  if (output != nullptr) {
    if (auto written = write_output(*shared.program, *output); !written) {
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

Compilation compile(const LoadRequest& request, const fs::path& folder, Log& log) {
  const SystemClock clock;
  const SteadyTime start = clock.now();
  Compilation done{.program = existing_source(request)};
  if (!done.program) {
    done.build.inputs = loader::absolute_paths({request.source});
    return done;
  }
  const fs::path source = *done.program;
  done.build.inputs = {source.native()};
  if (is_shared_object(source)) {
    done.program = copy_into(folder, source);
    done.build.elapsed = clock.now() - start;
    return done;
  }
  const auto target = loader::target_of(request.target);
  if (!target) {
    done.program = std::unexpected(target.error());
    return done;
  }
  LoadRequest making = request;
  std::optional<Workshop> workshop;
  loader::Shared made = loader::make_somewhere(making, workshop, source, *target, log);
  done.program = std::move(made.program);
  // If nothing was read, there is no compiler or no cache.
  if (made.build.inputs.empty()) made.build.inputs = std::move(done.build.inputs);
  done.build = std::move(made.build);
  if (done.program) done.program = put_into(folder, *done.program);
  if (done.program) {
    const std::string functions = to_text(loader::authors_functions(made.objects, *target));
    if (auto written = loader::write_atomically(functions_file(*done.program), functions);
        !written) {
      done.program = std::unexpected(written.error());
    }
  }
  done.build.elapsed = clock.now() - start;
  return done;
}

bool may_join(const fs::path& file) {
  return !file.filename().native().starts_with('.') && loader::is_project_file(file);
}

Result<abi::Program> load_plugins(const std::string& file, StartUp start_up,
                                  std::vector<PluginType>& known) {
  std::error_code error;
  const fs::path path = fs::absolute(file, error);
  if (error || !fs::is_regular_file(path, error)) {
    return fail(Code::kNotFound,
                file_text(file) + "that is expected to hold plugins doesn't exist");
  }
  const auto program = open_program(file, path, start_up);
  if (!program) return program;
  const std::size_t before = known.size();
  if (auto added = add_plugins(*program, known); !added) {
    return std::unexpected(in_file(file, added.error()));
  }
  if (known.size() == before) {
    return fail(Code::kNotFound, file_text(file) +
                                     "is expected to hold plugins, but registers none; write "
                                     "OFN_PLUGIN(Class, \"name\", \"version\") beside one");
  }
  return program;
}

Result<TestMain*> load_tests(const fs::path& program, const std::string& shown) {
  const auto opened = open_program(shown, program, StartUp::kRuns);
  if (!opened) return std::unexpected(opened.error());
  void* const handle = ::dlopen(program.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  void* const symbol = handle == nullptr ? nullptr : ::dlsym(handle, "ofn_test_main");
  if (symbol == nullptr) return fail(Code::kNotFound, file_text(shown) + "has no tests");
  return reinterpret_cast<TestMain*>(symbol);  // NOLINT: what dlsym is for
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
