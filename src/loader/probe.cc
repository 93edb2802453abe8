#include "loader/probe.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "loader/cache.h"
#include "loader/compiler.h"
#include "loader/flags.h"
#include "loader/process.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFunction =
    "#include <ofn/function.h>\n"
    "ofn::Response probe(const ofn::Request&) { return \"it works\"; }\n"
    "OFN_FUNCTION(probe)\n";
constexpr std::string_view kCxx23 =
    "#include <version>\n"
    "#if __cplusplus <= 202002L\n#error \"C++23 is not known\"\n#endif\n"
    "constexpr int probe() { if consteval { return 1; } return 0; }\n"
    "static_assert(probe() == 1);\n";
constexpr std::string_view kLibraries =
    "#if __has_include(<gtest/gtest.h>)\nofn_has_gtest\n#endif\n"
    "#if __has_include(<catch2/catch.hpp>) || "
    "__has_include(<catch2/catch_all.hpp>)\nofn_has_catch2\n#endif\n";

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

// The line that says what is wrong, without the place: "fatal error: ofn/function.h: No such file or directory".
std::string first_error(std::string_view output) {
  for (std::string_view rest = output; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t error = line.find("error: ");
    if (error != std::string_view::npos) return std::string(line.substr(error + 7));
  }
  return output.empty() ? "it says nothing" : first_line(output);
}

}  // namespace

Result<CompilerProbe> probe_compiler(const LoadRequest& request, const fs::path& folder) {
  auto flags = split_flags(request.cxxflags);
  if (!flags) return std::unexpected(flags.error());
  const auto compiler = find_compiler(request, *flags);
  if (!compiler) return std::unexpected(compiler.error());
  for (const auto& [name, text] :
       {std::pair{"function.cc", kFunction}, {"cxx23.cc", kCxx23}, {"libraries.cc", kLibraries}}) {
    if (auto written = write_atomically(folder / name, text); !written)
      return std::unexpected(written.error());
  }
  const auto command = [&](std::initializer_list<std::string> more) {
    Command made{.arguments = {compiler->path}};
    made.arguments.insert(made.arguments.end(), compiler->flags.begin(), compiler->flags.end());
    made.arguments.insert(made.arguments.end(), more);
    return made;
  };
  const auto file = [&folder](const char* name) { return (folder / name).native(); };
  Command link = command({"-shared", file("function.cc"), "-o", file("function.so")});
  link.arguments.insert(link.arguments.end(), compiler->link_flags.begin(),
                        compiler->link_flags.end());
  const std::array<Command, 4> commands = {
      Command{.arguments = {compiler->path, "--version"}}, std::move(link),
      command({"-std=c++23", "-fsyntax-only", file("cxx23.cc")}),
      command({"-E", "-P", file("libraries.cc")})};
  const auto done = run_all(commands, 2, {.deadline = request.deadline, .stop = request.stop});
  if (!done) return std::unexpected(done.error());
  const std::string& libraries = (*done)[3].output;
  CompilerProbe probe{.path = compiler->path,
                      .name = first_line((*done)[0].output),
                      .makes_functions = (*done)[1].ok(),
                      .knows_cxx23 = (*done)[2].ok(),
                      .failure = {},
                      .has_gtest = libraries.contains("ofn_has_gtest"),
                      .has_catch2 = libraries.contains("ofn_has_catch2"),
                      .linker = {}};
  if (!probe.makes_functions) probe.failure = first_error((*done)[1].output);
  for (const std::string& flag : compiler->link_flags) {
    if (flag.starts_with("-fuse-ld=")) probe.linker = flag.substr(9);
  }
  return probe;
}

}  // namespace ofn::loader
