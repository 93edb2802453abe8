#include "cli/command_line.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::cli {
namespace {

std::expected<Command, std::string> parse(std::vector<std::string> arguments) {
  return parse_command_line(arguments);
}

TEST(CommandLine, NoArgumentsServe) {
  const auto command = parse({});
  ASSERT_TRUE(command);
  const auto& serve = std::get<ServeCommand>(*command);
  for (const FlagSpec& spec : flag_table())
    EXPECT_FALSE(serve.flags[spec.flag].has_value()) << spec.name;
}

TEST(CommandLine, EveryFlagOfTheTableIsParsedInBothForms) {
  for (const FlagSpec& spec : flag_table()) {
    const std::string name = "--" + std::string(spec.name);
    if (spec.is_switch()) {
      EXPECT_EQ(std::get<ServeCommand>(*parse({name})).flags[spec.flag], "true") << name;
      EXPECT_EQ(std::get<ServeCommand>(*parse({name + "=true"})).flags[spec.flag], "true") << name;
      EXPECT_EQ(std::get<ServeCommand>(*parse({name + "=false"})).flags[spec.flag], "false");
      EXPECT_EQ(std::get<ServeCommand>(*parse({name, name + "=false"})).flags[spec.flag], "false")
          << "the last one counts";
      continue;
    }
    EXPECT_EQ(std::get<ServeCommand>(*parse({name, "x y"})).flags[spec.flag], "x y") << name;
    EXPECT_EQ(std::get<ServeCommand>(*parse({name + "=a"})).flags[spec.flag], "a") << name;
    EXPECT_EQ(std::get<ServeCommand>(*parse({name, "a", name, "b"})).flags[spec.flag],
              spec.repeated == FlagSpec::Repeated::kAll ? "a,b" : "b")
        << name;
  }
}

TEST(CommandLine, ServingCommandsWaitForADebuggerIfAsked) {
  EXPECT_FALSE(std::get<ServeCommand>(*parse({})).waits_for_debugger);
  EXPECT_TRUE(std::get<ServeCommand>(*parse({"--wait-for-debugger"})).waits_for_debugger);
  EXPECT_TRUE(std::get<DevCommand>(*parse({"dev", "--wait-for-debugger"})).waits_for_debugger);
  EXPECT_FALSE(parse({"build", "-o", "x", "--wait-for-debugger"}));
}

TEST(CommandLine, EnvFilesAddUpInAllCommands) {
  struct Case {
    std::vector<std::string> arguments;
    std::optional<std::string> expected;
  };
  const Case cases[] = {
      {{}, std::nullopt},
      {{"--env-file", "a"}, "a"},
      {{"--env-file", "a,b"}, "a,b"},
      {{"--env-file=a", "--env-file", "b c,d"}, "a,b c,d"},
  };
  for (const Case& c : cases) {
    const auto with = [&](std::vector<std::string> before) {
      before.insert(before.end(), c.arguments.begin(), c.arguments.end());
      return *parse(before);
    };
    EXPECT_EQ(std::get<ServeCommand>(with({})).flags[Flag::kEnvFile], c.expected);
    EXPECT_EQ(std::get<BuildCommand>(with({"build", "-o", "x"})).flags[Flag::kEnvFile], c.expected);
    EXPECT_EQ(std::get<SidecarCommand>(with({"sidecar"})).flags[Flag::kEnvFile], c.expected);
  }
}

struct ErrorCase {
  std::vector<std::string> arguments;
  std::string expected;
};

TEST(CommandLine, ErrorsNameTheFlagAndTheNearest) {
  const ErrorCase cases[] = {
      {{"--taget", "x"}, "unknown flag --taget; did you mean --target?"},
      {{"--sorce=x"}, "unknown flag --sorce; did you mean --source?"},
      {{"--drain-timeot", "1"}, "unknown flag --drain-timeot; did you mean --drain-timeout?"},
      {{"--zzzzzzzzzzzzzzzz"}, "unknown flag --zzzzzzzzzzzzzzzz ("},
      {{"serve"}, "unknown command \"serve\" (functions-framework --help lists all)"},
      {{"biuld", "-o", "a.so"}, "unknown command \"biuld\"; did you mean build?"},
      {{"--debug", "dev"},
       "--debug has no effect on dev; write: functions-framework dev [OPTIONS]"},
      {{"build", "-o", "a.so", "a.cc"},
       "unexpected argument \"a.cc\"; see functions-framework build --help"},
      {{"--target"}, "--target"},
      {{"build", "--source", "a.cc"}, "--output"},
      {{"build", "--source", "a.cc", "-o", ""}, "--output: needs the name of a file"},
      {{"build", "-o", "a.so", "--port", "1"}, "unknown flag --port"},
      {{"sidecar", "--grpc-port", "http"}, "--grpc-port"},
      {{"sidecar", "--app-port", "70000"},
       "--app-port: expected a number from 0 to 65535, found \"70000\""},
      {{"sidecar", "--app-port", "1", "--app-protocol", "zzzz"},
       "--app-protocol: expected grpc or http, found \"zzzz\" ("},
      {{"sidecar", "--app-protocol", "htpp"}, "found \"htpp\"; did you mean http?"},
      {{"sidecar", "--debug=maybe"}, "--debug: is a switch; expected true or false"},
      {{"completion", "fsh"}, "SHELL: expected bash, zsh or fish, found \"fsh\"; did you mean"},
      {{"completion"}, "SHELL is required"},
      {{"sidecar", "--component", "x"}, "did you mean --components?"},
      {{"manifest"}, "expected one of --openfunction, --knative, --deployment"},
      {{"manifest", "--knative", "--dapr"}, "found 2 of them"},
      {{"manifest", "--knative", "--kustomize", "d"}, "found 2 of them"},
      {{"manifest", "--openfunction=v1"}, "expected v1beta1 or v1beta2, found \"v1\""},
      {{"manifest", "--knative"}, "--image is missing"},
      {{"manifest", "--knative", "--imge", "i"}, "did you mean --image?"},
      {{"manifest", "--knative", "--debug"}, "unknown flag --debug"},
      {{"manifest", "--dapr", "--max-replicas", "0"}, "--max-replicas"},
      {{"manifest", "--dapr", "a"},
       "unexpected argument \"a\"; see functions-framework manifest --help"},
      {{"manifest", "check"}, "FILE is required (functions-framework manifest check --help lists"},
      {{"manifest", "--knative", "--image", "x", "check", "a.yaml"},
       "manifest: --knative has no effect on check; write: functions-framework manifest check "
       "[OPTIONS] FILE…"},
      {{"manifest", "chek", "a.yaml"}, "unknown command \"chek\"; did you mean check?"},
      {{"manifest", "check", "--jsn", "a.yaml"}, "unknown flag --jsn; did you mean --json?"},
  };
  for (const auto& [arguments, expected] : cases) {
    const auto command = parse(arguments);
    ASSERT_FALSE(command) << expected;
    EXPECT_NE(command.error().find(expected), std::string::npos) << command.error();
  }
}

TEST(CommandLine, HelpGroupsFlagsWithDefaultsAndVariables) {
  const std::string text = std::get<ShowCommand>(*parse({"--help"})).text;
  for (const FlagSpec& spec : flag_table()) {
    EXPECT_NE(text.find("--" + std::string(spec.name)), std::string::npos) << spec.name;
    EXPECT_NE(text.find(spec.variable), std::string::npos) << spec.variable;
    EXPECT_NE(text.find(flag_group_title(spec.group)), std::string::npos);
  }
  EXPECT_NE(text.find("DAPR_GRPC_PORT"), std::string::npos);
  EXPECT_NE(text.find("Exit codes"), std::string::npos);
}

TEST(CommandLine, Subcommands) {
  const auto build =
      std::get<BuildCommand>(*parse({"build", "--source", "a.cc", "--target", "f", "-o", "a.so"}));
  EXPECT_EQ(build.flags[Flag::kSource], "a.cc");
  EXPECT_EQ(build.flags[Flag::kTarget], "f");
  EXPECT_EQ(build.output, "a.so");
  const auto image =
      std::get<ImageCommand>(*parse({"image", "--oci", "d", "--with", "a.so", "--label", "a=b=c",
                                     "--with", "b.so", "--ca", "--target", "f", "a.cc"}));
  EXPECT_EQ(image.flags[Flag::kSource], "a.cc");
  EXPECT_EQ(image.flags[Flag::kTarget], "f");
  EXPECT_EQ(image.layout, "d");
  EXPECT_EQ(image.tag, "latest");
  EXPECT_EQ(image.opened, (std::vector<std::string>{"a.so", "b.so"}));
  EXPECT_EQ(image.labels, (std::map<std::string, std::string>{{"a", "b=c"}}));
  EXPECT_TRUE(image.has_certificates);
  const auto sidecar =
      std::get<SidecarCommand>(*parse({"sidecar", "--components", "d", "--grpc-port", "0"}));
  EXPECT_EQ(sidecar.components, "d");
  EXPECT_EQ(sidecar.grpc_port, 0);
  EXPECT_EQ(sidecar.app_port, 0);
  const auto beside =
      std::get<SidecarCommand>(*parse({"sidecar", "--app-port", "7", "--app-protocol", "http"}));
  EXPECT_EQ(beside.app_port, 7);
  EXPECT_EQ(beside.app_protocol, AppProtocol::kHttp);
  EXPECT_EQ(std::get<SidecarCommand>(*parse({"sidecar"})).app_protocol, AppProtocol::kGrpc);
  EXPECT_TRUE(
      std::get<ShowCommand>(*parse({"--version"})).text.starts_with("functions-framework "));
  EXPECT_EQ(std::get<ShowCommand>(*parse({"--version"})).text.find("nghttp2"), std::string::npos);
  for (const std::vector<std::string>& both :
       {std::vector<std::string>{"--version", "--verbose"}, {"--verbose", "--version"}}) {
    const std::string text = std::get<ShowCommand>(*parse(both)).text;
    EXPECT_TRUE(text.starts_with("functions-framework "));
    EXPECT_NE(text.find("\n  nghttp2 "), std::string::npos) << text;
  }
  EXPECT_NE(parse({"--verbose"}).error().find("--version"), std::string::npos);
  EXPECT_NE(std::get<ShowCommand>(*parse({"sidecar", "--help"})).text.find("bindings.cron, "),
            std::string::npos);
  EXPECT_NE(std::get<ShowCommand>(*parse({"sidecar", "--help"})).text.find("--grpc-port"),
            std::string::npos);
}

TEST(CommandLine, Manifest) {
  const auto kind_of = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"manifest", "--image", "i"});
    return std::get<ManifestCommand>(*parse(arguments)).kind;
  };
  EXPECT_EQ(kind_of({"--openfunction"}), manifest::Kind::kOpenFunctionV1Beta2);
  EXPECT_EQ(kind_of({"--openfunction=v1beta1"}), manifest::Kind::kOpenFunctionV1Beta1);
  EXPECT_EQ(kind_of({"--keda"}), manifest::Kind::kKeda);
  const auto full = std::get<ManifestCommand>(
      *parse({"manifest", "--kustomize", "d", "--image", "i", "--name", "n", "--namespace", "s",
              "--hostname", "h", "--min-replicas", "1", "--max-replicas", "2", "--h2c", "--timeout",
              "5s"}));
  EXPECT_EQ(full.kustomize, "d");
  EXPECT_EQ(full.image, "i");
  EXPECT_EQ(full.name, "n");
  EXPECT_EQ(full.space, "s");
  EXPECT_EQ(full.host, "h");
  EXPECT_EQ(full.min_replicas, 1U);
  EXPECT_EQ(full.max_replicas, 2U);
  EXPECT_TRUE(full.h2c);
  EXPECT_EQ(full.flags[Flag::kTimeout], "5s");
  EXPECT_EQ(std::get<ManifestCheckCommand>(*parse({"manifest", "check", "a.yaml", "b.yaml"})).files,
            (std::vector<std::string>{"a.yaml", "b.yaml"}));
  EXPECT_NE(std::get<ShowCommand>(*parse({"manifest", "check", "--help"})).text.find("FILE"),
            std::string::npos);
}

}  // namespace
}  // namespace ofn::cli
