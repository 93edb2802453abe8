#include "cli/configuration.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temporary_directory.h"

namespace ofn::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigurationTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    return folder_.write(name, text);
  }

  TemporaryDirectory folder_;
};

TEST_F(ConfigurationTest, NothingIsGiven) {
  const auto configuration = resolve_configuration({}, {});
  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->context, FunctionContext());
  EXPECT_EQ(configuration->settings.port.value, 8080);
  EXPECT_THAT(configuration->files, IsEmpty());
  EXPECT_THAT(configuration->variables, IsEmpty());
  EXPECT_THAT(configuration->notes, IsEmpty());
}

TEST_F(ConfigurationTest, FilesAreReadAgainEachTime) {
  const std::string context = write("context.yaml", "name: first\n");
  const std::string variables =
      write("dev.env", "OFN_CONTEXT_FILE=" + context + "\nPORT=1\nOFN_TEST_ONLY=x\n");
  Flags flags;
  flags[Flag::kEnvFile] = variables;
  const Environment env = environment_of({{"PORT", "2"}});
  const auto first = resolve_configuration(flags, env);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->context.name, "first");
  EXPECT_EQ(first->settings.port.value, 2);
  EXPECT_THAT(first->files, ElementsAre(variables, context));
  EXPECT_EQ(first->env("OFN_TEST_ONLY"), "x");
  EXPECT_THAT(first->variables,
              ElementsAre(FileVariable{"OFN_CONTEXT_FILE", context, variables + ":1"},
                          FileVariable{"OFN_TEST_ONLY", "x", variables + ":3"}));
  EXPECT_EQ(std::getenv("OFN_TEST_ONLY"), nullptr) << "the process is unchanged";

  write("context.yaml", "name: second\n");
  write("dev.env", "OFN_CONTEXT_FILE=" + context + "\n");
  const auto second = resolve_configuration(flags, env);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->context.name, "second");
  EXPECT_EQ(second->env("OFN_TEST_ONLY"), std::nullopt);
}

// A watch of the files sees when the user corrects one.
TEST_F(ConfigurationTest, AnErrorNamesTheFilesToo) {
  const std::string good = write("good.env", "A=1\n");
  const std::string bad = write("bad.env", "A\n");
  const std::string context = write("context.json", "{");
  const std::string missing = path("missing");
  struct Case {
    std::string env_files;
    std::string context;
    std::string port;
    Exit code;
    std::vector<std::string> messages;
    std::vector<std::string> files;
  };
  const Case cases[] = {
      {bad + ',' + missing,
       context,
       "x",
       kExitUsage,
       {bad + ":1: expected", "there is no such"},
       {bad, missing}},
      {good, context, "x", kExitContext, {context + ":1 $: expected"}, {good, context}},
      {good, missing, "x", kExitContext, {"--context: expected a file"}, {good, missing}},
      {good,
       write("empty.yaml", "{}"),
       "x",
       kExitUsage,
       {"--port: expected"},
       {good, path("empty.yaml")}},
  };
  for (const Case& c : cases) {
    Flags flags;
    flags[Flag::kEnvFile] = c.env_files;
    flags[Flag::kContext] = c.context;
    flags[Flag::kPort] = c.port;
    const auto configuration = resolve_configuration(flags, {});
    ASSERT_FALSE(configuration);
    EXPECT_EQ(configuration.error().code, c.code);
    EXPECT_EQ(configuration.error().files, c.files);
    ASSERT_EQ(configuration.error().messages.size(), c.messages.size());
    for (std::size_t i = 0; i < c.messages.size(); ++i) {
      EXPECT_THAT(configuration.error().messages[i], HasSubstr(c.messages[i]));
    }
  }
}

TEST_F(ConfigurationTest, SubscriptionsSurviveAMove) {
  const Environment env = environment_of(
      {{"FUNC_CONTEXT",
        R"({"runtime":"Async","inputs":{"i":{"componentName":"c","componentType":"bindings.x"}}})"}});
  auto resolved = resolve_configuration({}, env);
  ASSERT_TRUE(resolved);
  const Configuration moved = *std::move(resolved);
  ASSERT_EQ(moved.subscriptions.inputs().size(), 1U);
  EXPECT_EQ(moved.subscriptions.inputs()[0].trigger, &moved.context.triggers[0]);
}

}  // namespace
}  // namespace ofn::cli
