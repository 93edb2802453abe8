#include "loader/build_check.h"

#include <array>
#include <string>

#include <ofn/abi.h>

#include "loader/elf_file.h"
#include "loader/sanitizers.h"

namespace ofn::loader {
namespace {

struct Property {
  std::string_view key;
  std::string_view title;
  std::string_view remedy;
};

// The properties that must be equal on both sides. The compiler may differ: GCC and Clang agree on
// everything that crosses the border (Itanium C++ ABI). If the program needs a newer libstdc++ than
// the machine has, the dynamic linker refuses it, because it resolves all symbols before it runs
// any code.
constexpr std::array<Property, 4> kEqual = {{
    {"ofn", "ABI number of the framework's headers",
     "compile it again with the headers of this framework"},
    {"library", "C++ standard library", "choose it with -stdlib="},
    {"string", "std::string", "set _GLIBCXX_USE_CXX11_ABI as the framework does"},
    {"debug", "_GLIBCXX_DEBUG containers", "set _GLIBCXX_DEBUG as the framework does"},
}};

// Returns the value of a "key=value" line; empty if there is none.
std::string_view value_of(std::string_view build, std::string_view key) {
  while (!build.empty()) {
    const auto end = build.find('\n');
    const std::string_view line = build.substr(0, end);
    build = end == std::string_view::npos ? std::string_view() : build.substr(end + 1);
    if (line.starts_with(key) && line.substr(key.size()).starts_with('=')) {
      return line.substr(key.size() + 1);
    }
  }
  return {};
}

std::string difference(const Property& property, std::string_view has, std::string_view wanted) {
  std::string text;
  text += property.title;
  text += ": '" + std::string(has.empty() ? "unknown" : has) + "', the framework has '";
  text += wanted;
  text += "'; ";
  text += property.remedy;
  return text;
}

}  // namespace

Result<void> check_build(std::string_view program, std::string_view framework,
                         const std::function<bool(std::string_view)>& process_has) {
  std::string differences;
  const auto differs = [&](const Property& property, std::string_view has,
                           std::string_view wanted) {
    differences += differences.empty() ? "" : "\n  ";
    differences += difference(property, has, wanted);
  };
  for (const Property& property : kEqual) {
    const std::string_view has = value_of(program, property.key);
    const std::string_view wanted = value_of(framework, property.key);
    if (has != wanted) differs(property, has, wanted);
  }
  // A sanitizer's runtime must be in the process from its start. Code without a sanitizer may join
  // such a process.
  const std::string_view has = value_of(program, "sanitizer");
  const std::string_view wanted = value_of(framework, "sanitizer");
  if (has != "none" && has != wanted && !process_has(has)) {
    const std::string library = sanitizer_library(has);
    const std::string remedy =
        "compile it without -fsanitize" +
        (library.empty()
             ? ""
             : ", or start the framework with LD_PRELOAD=$(g++ -print-file-name=" + library + ")");
    differs({"sanitizer", "sanitizer", remedy}, has, wanted);
  }
  if (differences.empty()) return {};
  return fail(Code::kFailedPrecondition,
              "was compiled with other settings than the framework (by " +
                  std::string(value_of(program, "compiler")) + ", the framework by " +
                  std::string(value_of(framework, "compiler")) + ")\n  " + differences);
}

Result<void> check_program(const std::filesystem::path& path, std::string_view source) {
  const std::string file = "File " + std::string(source) + " ";
  const auto elf = ElfFile::open(path);
  if (!elf) return fail(elf.error().code(), file + elf.error().message());
  if (!elf->is_shared_object()) {
    return fail(Code::kInvalidArgument, file + "is not a shared object; link it with -shared");
  }
  const auto notes = elf->notes(abi::kNoteName, abi::kNoteType);
  if (notes.empty()) {
    return fail(Code::kFailedPrecondition,
                file +
                    "is not a program of functions: it lacks the ABI note of <ofn/function.h>; "
                    "include that and register functions by OFN_FUNCTION, or make the file by "
                    "`functions-framework build`");
  }
  for (const std::string& note : notes) {
    if (auto checked = check_build(note, abi::kBuild, process_has_sanitizer); !checked) {
      return fail(checked.error().code(), file + checked.error().message());
    }
  }
  return {};
}

}  // namespace ofn::loader
