#include "manifest/manifest.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "context/parse_context.h"
#include "context/settings.h"
#include "manifest/description_for_test.h"
#include "manifest/manifest_for_test.h"

namespace ofn::manifest {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kPodSpec = "spec.template.spec.";

// The program in the container reads the same context.
void check_context(const EnvironmentMap& variables, const Description& function) {
  std::vector<Note> notes;
  const auto found = variables.find("FUNC_CONTEXT_V1BETA2");
  ASSERT_NE(found, variables.end());
  const auto context = parse_context(std::nullopt, found->second, notes);
  ASSERT_TRUE(context.has_value()) << context.error().front().text();
  EXPECT_EQ(*context, function.context);
  for (const Note& note : notes) EXPECT_LT(note.level, Level::kWarning) << note.text;
}

TEST(Deployment, TheNumbersAgreeWithTheProgram) {
  const Description function = full_for_test();
  const ManifestForTest read(written(Kind::kDeployment, function));
  EXPECT_EQ(read.kinds(), "Deployment Service PodDisruptionBudget");
  const std::string pod(kPodSpec);
  const EnvironmentMap variables = read.variables("Deployment", pod + "containers.0.env");
  check_context(variables, function);
  const Settings settings = settings_by(variables, "KUBERNETES_SERVICE_HOST");
  EXPECT_EQ(settings.port.value, 8081);
  EXPECT_EQ(read.at("Deployment", pod + "containers.0.ports.0.containerPort"), "8081");
  EXPECT_EQ(settings.timeout, function.timeout);
  EXPECT_EQ(settings.concurrency, function.concurrency);
  EXPECT_EQ(settings.max_body_size, function.max_body_size);
  EXPECT_EQ(settings.metrics.port, 9464);
  EXPECT_EQ(settings.log_format, LogFormat::kGcp);
  EXPECT_EQ(settings.target.value, "app::greet");
  const auto needed = settings.drain_delay + settings.drain_timeout + 1s;
  EXPECT_EQ(needed, 28s);
  const std::string annotations = "spec.template.metadata.annotations/";
  const auto annotation = [&](const char* name) {
    return read.at("Deployment", annotations + name);
  };
  EXPECT_EQ(annotation("dapr.io/block-shutdown-duration"), "28s");
  EXPECT_EQ(annotation("dapr.io/graceful-shutdown-seconds"), "5");
  EXPECT_EQ(read.at("Deployment", pod + "terminationGracePeriodSeconds"), "40");  // 28 + 5 + 3
  EXPECT_EQ(annotation("dapr.io/max-body-size"), "20Mi");
  EXPECT_EQ(annotation("dapr.io/app-max-concurrency"), "50");
  EXPECT_EQ(annotation("dapr.io/app-port"), "8081");
  EXPECT_EQ(annotation("dapr.io/app-protocol"), "grpc");
  EXPECT_EQ(annotation("dapr.io/app-id"), "greeter");
  EXPECT_EQ(annotation("prometheus.io/port"), "9464");
  EXPECT_EQ(read.at("Deployment", "spec.replicas"), "2");
}

TEST(Deployment, WithoutDaprAndHttpHasOnlyWhatItNeeds) {
  Description function{.name = "plain", .image = "plain"};
  ManifestForTest read(written(Kind::kDeployment, function));
  EXPECT_EQ(read.kinds(), "Deployment Service");
  EXPECT_EQ(read.find("Deployment", "spec.template.metadata.annotations"), nullptr);
  EXPECT_EQ(read.at("Deployment", "spec.template.spec.terminationGracePeriodSeconds"), "40");
  EXPECT_EQ(read.find("Service", "spec.ports.0.appProtocol"), nullptr);
  function.context.runtime = Runtime::kAsync;
  function.context.triggers = {{.name = "t", .component = "t", .component_type = "bindings.cron"}};
  EXPECT_EQ(ManifestForTest(written(Kind::kDeployment, function)).kinds(), "Deployment");
}

TEST(Deployment, H2cIsSaidToProxies) {
  Description function{.name = "plain", .image = "plain"};
  function.h2c = true;
  const ManifestForTest read(written(Kind::kDeployment, function));
  EXPECT_EQ(read.at("Service", "spec.ports.0.appProtocol"), "kubernetes.io/h2c");
  const ManifestForTest knative(written(Kind::kKnative, function));
  EXPECT_EQ(knative.at("Service", "spec.template.spec.containers.0.ports.0.name"), "h2c");
}

TEST(Knative, TheNumbersAgreeWithTheProgram) {
  const Description function = full_for_test();
  const ManifestForTest read(written(Kind::kKnative, function));
  const std::string pod(kPodSpec);
  const EnvironmentMap variables = read.variables("Service", pod + "containers.0.env");
  check_context(variables, function);
  EXPECT_EQ(variables.contains("PORT"), false);
  const Settings settings = settings_by(variables, "K_SERVICE");
  EXPECT_EQ(settings.drain_delay, 0s);
  EXPECT_EQ(settings.timeout, 40s);
  EXPECT_EQ(read.at("Service", pod + "timeoutSeconds"), "40");
  EXPECT_EQ(read.at("Service", pod + "containerConcurrency"), "50");
  EXPECT_EQ(settings.concurrency, 50U);
  EXPECT_LE(settings.drain_timeout + 4s, settings.timeout);
  const std::string annotations = "spec.template.metadata.annotations/";
  EXPECT_EQ(read.at("Service", annotations + "autoscaling.knative.dev/min-scale"), "2");
  EXPECT_EQ(read.at("Service", annotations + "autoscaling.knative.dev/max-scale"), "5");
  EXPECT_EQ(read.at("Service", annotations + "dapr.io/block-shutdown-duration"), "32s");
  EXPECT_EQ(read.find("Service", pod + "containers.0.ports")->items().size(), 1U);
}

TEST(Knative, KeepsItsOwnLimits) {
  Description function{.name = "plain", .image = "plain"};
  function.timeout = 900s;
  const std::string text = written(Kind::kKnative, function);
  EXPECT_THAT(text, HasSubstr("max-revision-timeout-seconds"));
  EXPECT_EQ(ManifestForTest(text).at("Service", "spec.template.spec.containerConcurrency"), "0");
  function.context.runtime = Runtime::kAsync;
  const auto refused = manifest_of(Kind::kKnative, function);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), HasSubstr("--deployment"));
}

TEST(Dapr, EachComponentOfTheContextIsWritten) {
  Description function = full_for_test();
  function.components = {{.name = "tick",
                          .type = "bindings.cron",
                          .version = "v1",
                          .properties = {{.name = "schedule", .value = "@every 5s"}}}};
  const std::string text = written(Kind::kDapr, function);
  const ManifestForTest read(text);
  EXPECT_EQ(read.kinds(), "Component Component Component Component Component");
  EXPECT_THAT(text, HasSubstr("name: direction\n      value: \"input\"\n"));
  EXPECT_THAT(text, HasSubstr("# No file of --components describes this component"));
  EXPECT_THAT(text, HasSubstr("scopes:\n  - greeter\n"));
  const auto none = manifest_of(Kind::kDapr, Description{.name = "plain"});
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().message(), HasSubstr("--context"));
}

TEST(Manifests, AreTheSameEachTime) {
  for (const Kind kind : {Kind::kDeployment, Kind::kKnative, Kind::kDapr}) {
    EXPECT_EQ(written(kind, full_for_test()), written(kind, full_for_test()));
  }
}

TEST(Manifests, NameTheFunctionsOfTheProgram) {
  EXPECT_THAT(
      written(Kind::kDeployment, full_for_test()),
      HasSubstr("# Functions of the program:\n#   app::greet (openfunction): GET /greet/{name}\n"));
  EXPECT_THAT(written(Kind::kDeployment, {.name = "a", .image = "b"}),
              Not(HasSubstr("Functions of")));
}

}  // namespace
}  // namespace ofn::manifest
