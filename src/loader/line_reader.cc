// Which program reads the notes and the counts of a compiler's lines.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "loader/compiler.h"
#include "loader/flags.h"
#include "loader/loader.h"

namespace ofn {
namespace {

namespace fs = std::filesystem;

// gcov must be of the compiler's version: g++-12 has gcov-12.
std::string gcov_of(const std::string& compiler) {
  const std::size_t at = compiler.rfind("g++");
  if (at == std::string::npos) return "gcov";
  return compiler.substr(0, at) + "gcov" + compiler.substr(at + 3);
}

// The digits at the end of a name: "19" of "clang-19" and of "llvm-19".
std::string_view version_in(std::string_view name) {
  const std::size_t dash = name.rfind('-');
  const std::string_view digits =
      dash == std::string_view::npos ? std::string_view() : name.substr(dash + 1);
  const bool is_number = !digits.empty() && std::ranges::all_of(digits, [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  return is_number ? digits : std::string_view();
}

// The package of Debian that has LLVM's programs of the version of a compiler: /usr/lib/llvm-19/bin/clang, or /opt/llvm/bin/clang-19.
std::string llvm_package(const fs::path& compiler) {
  const std::string folder = compiler.parent_path().parent_path().filename().native();
  std::string_view version = version_in(folder);
  const std::string name = compiler.filename().native();
  if (version.empty()) version = version_in(name);
  return version.empty() ? "llvm" : "llvm-" + std::string(version);
}

}  // namespace

Result<LineReader> line_reader(const LoadRequest& request) {
  const auto flags = loader::split_flags(request.cxxflags);
  if (!flags) return std::unexpected(flags.error());
  const auto compiler = loader::find_compiler(request, *flags);
  if (!compiler) return std::unexpected(compiler.error());
  if (compiler->is_gcc) {
    return LineReader{.kind = LineReader::Kind::kGcc,
                      .command = {gcov_of(request.compiler), "--json-format", "--stdout"},
                      .package = "g++"};
  }
  // Clang's formats are its own. llvm-cov of the same version stands beside the compiler.
  std::error_code error;
  const fs::path real = fs::canonical(compiler->path, error);
  const fs::path reader = real.parent_path() / "llvm-cov";
  const std::string package = llvm_package(real);
  if (!fs::exists(reader, error)) {
    return fail(Code::kNotFound, "the lines of a program that " + compiler->path +
                                     " has compiled are counted by " + reader.native() +
                                     ", which is not installed: apt-get install " + package);
  }
  return LineReader{.kind = LineReader::Kind::kLlvm,
                    .command = {reader.native(), "gcov", "--intermediate-format"},
                    .package = package};
}

}  // namespace ofn
