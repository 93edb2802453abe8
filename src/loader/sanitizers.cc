// The runtimes of sanitizers: which libraries they are, and whether this process has them.
#include "loader/sanitizers.h"

#include <algorithm>
#include <array>
#include <dlfcn.h>
#include <system_error>

#include "loader/compiler.h"
#include "loader/flags.h"
#include "loader/loader.h"
#include "loader/process.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;

// A sanitizer, as the compiler's flag and the ABI note name it, its library, and a function that its
// runtime offers to programs (<sanitizer/asan_interface.h> and the headers beside it).
struct Sanitizer {
  std::string_view name;
  const char* library;
  const char* function;
};

constexpr std::array<Sanitizer, 4> kSanitizers = {{
    {"address", "libasan.so", "__asan_address_is_poisoned"},
    {"thread", "libtsan.so", "__tsan_acquire"},
    {"undefined", "libubsan.so", "__ubsan_handle_type_mismatch_v1"},
    {"leak", "liblsan.so", "__lsan_do_leak_check"},
}};

std::vector<std::string> names_of(std::string_view list) {
  std::vector<std::string> names;
  for (std::size_t begin = 0, end = 0; begin <= list.size(); begin = end + 1) {
    end = std::min(list.find(',', begin), list.size());
    names.emplace_back(list.substr(begin, end - begin));
  }
  return names;
}

const Sanitizer* find(std::string_view name) {
  const auto* const found = std::ranges::find(kSanitizers, name, &Sanitizer::name);
  return found == kSanitizers.end() ? nullptr : found;
}

Result<fs::path> library_of(const loader::Compiler& compiler, const Sanitizer& sanitizer,
                            const loader::Limits& limits) {
  const auto told = loader::run(
      {.arguments = {compiler.path, std::string("-print-file-name=") + sanitizer.library}}, limits);
  if (!told) return std::unexpected(told.error());
  const fs::path library = told->output.substr(0, told->output.find('\n'));
  std::error_code error;
  // A compiler that does not find the library prints its name without a folder.
  if (library.is_absolute() && fs::exists(library, error)) return fs::canonical(library, error);
  return fail(Code::kNotFound, std::string(compiler.path) + " has no " + sanitizer.library +
                                   ", the runtime of -fsanitize=" + std::string(sanitizer.name) +
                                   "; install it with the compiler (apt-get install g++)");
}

}  // namespace

Result<std::vector<fs::path>> sanitizer_runtimes(const LoadRequest& request) {
  std::vector<fs::path> libraries;
  if (request.sanitizers.empty()) return libraries;
  auto flags = loader::split_flags(request.cxxflags);
  if (!flags) return std::unexpected(flags.error());
  const auto compiler = loader::find_compiler(request, *flags);
  if (!compiler) return std::unexpected(compiler.error());
  const auto names = names_of(request.sanitizers);
  for (const std::string& name : names) {
    const Sanitizer* sanitizer = find(name);
    if (sanitizer == nullptr) {
      return fail(Code::kInvalidArgument,
                  "the sanitizer '" + name +
                      "' cannot be used for a program that is loaded; choose from address, "
                      "undefined, thread and leak, as in address,undefined");
    }
    const bool is_twice = std::ranges::count(names, name) > 1;
    const bool is_in_address = name == "leak" && std::ranges::find(names, "address") != names.end();
    const bool contradicts =
        name == "thread" && (std::ranges::find(names, "address") != names.end() ||
                             std::ranges::find(names, "leak") != names.end());
    if (is_twice || contradicts) {
      return fail(Code::kInvalidArgument,
                  is_twice ? "the sanitizer " + name + " is named twice"
                           : "the sanitizer thread cannot be used together with address or leak; "
                             "choose one of them");
    }
    if (!compiler->is_gcc) {
      return fail(Code::kInvalidArgument,
                  "sanitizers need g++, whose runtimes can be loaded before a program; " +
                      compiler->path +
                      " is another compiler; set OFN_CXX=g++, or compile without sanitizers");
    }
    if (is_in_address) continue;
    auto library =
        library_of(*compiler, *sanitizer, {.deadline = request.deadline, .stop = request.stop});
    if (!library) return std::unexpected(library.error());
    libraries.push_back(*std::move(library));
  }
  return libraries;
}

namespace loader {

bool process_has_sanitizer(std::string_view name) {
  const Sanitizer* sanitizer = find(name);
  return sanitizer != nullptr && ::dlsym(RTLD_DEFAULT, sanitizer->function) != nullptr;
}

std::string sanitizer_library(std::string_view name) {
  const Sanitizer* sanitizer = find(name);
  return sanitizer == nullptr ? "" : sanitizer->library;
}

}  // namespace loader
}  // namespace ofn
