#include "embedded/template_files.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace ofn::embedded {
namespace {

struct NameCase {
  std::string_view project;
  std::string_view target;  // empty: the name is refused
};

TEST(TemplateFiles, NamesBecomeIdentifiers) {
  const std::string longest(63, 'a');
  const NameCase cases[] = {
      {"hello", "hello"},
      {"my-order", "my_order"},
      {"a-_b", "a_b"},
      {"Order7", "Order7"},
      {"new", "new_function"},
      {"main", "main_function"},
      {"co-await", "co_await_function"},
      {longest, longest},
      {"", ""},
      {"7up", ""},
      {"-a", ""},
      {"a-", ""},
      {"a_", ""},
      {"_a", ""},
      {"a__b", ""},
      {"a b", ""},
      {"a/b", ""},
      {"..", ""},
      {"caf\xc3\xa9", ""},
      {"a\n", ""},
  };
  for (const auto& [project, target] : cases) {
    const auto names = names_for(project);
    ASSERT_EQ(names.has_value(), !target.empty()) << project;
    if (names) {
      EXPECT_EQ(names->target, target);
    }
  }
  EXPECT_FALSE(names_for(longest + "a"));
}

TEST(TemplateFiles, EachTemplateIsWholeAndHasNoPlaceholder) {
  for (const Template& each : templates()) {
    std::set<std::string> paths;
    for (const EmbeddedFile& file :
         project_files(each.name, {"my-order", "order_function"}, "/opt/i")) {
      EXPECT_TRUE(paths.insert(file.path).second) << file.path;
      EXPECT_FALSE(file.text.empty()) << file.path;
      EXPECT_EQ(file.text.find("my_function"), std::string::npos) << file.path;
      for (std::size_t at = 0; (at = file.text.find('@', at)) != std::string::npos; ++at)
        EXPECT_EQ(file.text.substr(at, 7), "@every ")
            << file.path << ": " << file.text.substr(at, 20);
    }
    for (const char* path : {"function.cc", "function_test.cc", "dev.env", ".clangd", ".gitignore",
                             ".vscode/launch.json", ".devcontainer/Dockerfile", "AGENTS.md",
                             "README.md", "CMakeLists.txt"})
      EXPECT_TRUE(paths.contains(path)) << each.name << " " << path;
    EXPECT_EQ(paths.contains("func_context.json"), paths.contains("components/archive.yaml") ||
                                                       paths.contains("components/alarms.yaml"));
  }
}

TEST(TemplateFiles, AgentsFileIsShort) {
  for (const EmbeddedFile& file : project_files("http", {"a", "a"}, "")) {
    if (file.path == "AGENTS.md") {
      EXPECT_LE(std::ranges::count(file.text, '\n'), 40);
    }
  }
}

}  // namespace
}  // namespace ofn::embedded
