// OpenFunction, KEDA, Compose and kustomize: each number is read back, and agrees with the program's.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"
#include "manifest/context_json.h"
#include "manifest/description_for_test.h"
#include "manifest/manifest.h"
#include "manifest/manifest_for_test.h"

namespace ofn::manifest {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

EnvironmentMap params_of(const ManifestForTest& read) {
  EnvironmentMap params;
  for (const document::Node& param : read.find("Function", "spec.serving.params")->members()) {
    params.emplace(param.key(), param.text());
  }
  return params;
}

TEST(OpenFunction, AFunctionWithDaprTriggersAgreesWithTheProgram) {
  const Description function = full_for_test();
  const ManifestForTest read(written(Kind::kOpenFunctionV1Beta2, function));
  const Settings settings = settings_by(params_of(read), "KUBERNETES_SERVICE_HOST");
  EXPECT_EQ(settings.timeout, function.timeout);
  EXPECT_EQ(settings.concurrency, function.concurrency);
  EXPECT_EQ(settings.max_body_size, function.max_body_size);
  EXPECT_EQ(settings.drain_delay + settings.drain_timeout + 1s, 28s);
  const std::string annotations = "spec.serving.annotations/";
  EXPECT_EQ(read.at("Function", annotations + "dapr.io/block-shutdown-duration"), "28s");
  EXPECT_EQ(read.at("Function", annotations + "dapr.io/max-body-size"), "20Mi");
  EXPECT_EQ(read.at("Function", annotations + "openfunction.io/dapr-service-mode"), "sidecar");
  EXPECT_EQ(read.at("Function", "spec.serving.template.terminationGracePeriodSeconds"), "40");
  EXPECT_EQ(read.at("Function", "spec.serving.template.containers.0.name"), "function");
  EXPECT_EQ(read.at("Function", "spec.serving.triggers.http.port"), "8080");  // the controller's
  EXPECT_EQ(read.at("Function", "spec.serving.triggers.dapr.0.inputName"), "orders");
  EXPECT_EQ(read.at("Function", "spec.serving.triggers.inputs.0.dapr.name"), "conf");
  EXPECT_EQ(read.at("Function", "spec.serving.outputs.0.dapr.outputName"), "archive");
  EXPECT_EQ(read.at("Function", "spec.serving.outputs.1.dapr.topic"), "greeted");
  EXPECT_EQ(read.at("Function", "spec.serving.scaleOptions.minReplicas"), "2");
  EXPECT_EQ(read.at("Function", "spec.serving.scaleOptions.maxReplicas"), "5");
  EXPECT_EQ(read.at("Function", "spec.serving.hooks.policy"), "Override");
}

TEST(OpenFunction, AFunctionOverHttpKeepsKnativesTimeout) {
  Description function = plain_for_test();
  function.port = 9000;
  function.timeout = 900s;
  function.concurrency = 70;
  const ManifestForTest read(written(Kind::kOpenFunctionV1Beta2, function));
  EXPECT_EQ(settings_by(params_of(read), "K_SERVICE").timeout, 300s);
  EXPECT_EQ(read.at("Function", "spec.serving.triggers.http.port"), "9000");
  EXPECT_EQ(
      read.at("Function",
              "spec.serving.scaleOptions.knative/autoscaling.knative.dev/container-concurrency"),
      "70");
  EXPECT_EQ(read.find("Function", "spec.serving.template.terminationGracePeriodSeconds"), nullptr);
  EXPECT_FALSE(params_of(read).contains("PORT"));
}

TEST(OpenFunction, V1Beta1SaysTheSameOrRefuses) {
  Description function = full_for_test();
  const auto refusal = [&function] {
    const auto text = manifest_of(Kind::kOpenFunctionV1Beta1, function);
    return text ? std::string() : text.error().message();
  };
  EXPECT_THAT(refusal(), HasSubstr("both HTTP and Dapr"));
  function.context.http.reset();
  EXPECT_THAT(refusal(), HasSubstr("inputs that the function fetches"));
  function.context.inputs.clear();
  EXPECT_THAT(refusal(), HasSubstr("no file of --components describes the component \"bus\""));
  function.components = {{.name = "bus", .type = "pubsub.redis", .version = "v1"},
                         {.name = "tick", .type = "bindings.cron", .version = "v1"},
                         {.name = "files", .type = "bindings.localstorage", .version = "v1"},
                         {.name = "carts", .type = "state.redis", .version = "v1"}};
  const ManifestForTest read(written(Kind::kOpenFunctionV1Beta1, function));
  EXPECT_EQ(read.at("Function", "spec.serving.runtime"), "async");
  EXPECT_EQ(read.at("Function", "spec.port"), "8080");
  EXPECT_EQ(read.at("Function", "spec.serving.inputs.0.component"), "bus");
  EXPECT_EQ(read.at("Function", "spec.serving.outputs.0.params.fileName"), "Grüße: \"1\".txt");
  EXPECT_EQ(read.at("Function", "spec.serving.states.carts.type"), "state.redis");
  EXPECT_THAT(read.at("Function", "metadata.annotations.plugins"), HasSubstr("pre:\n  - auth\n"));
}

TEST(Explained, IsTheContextForTheProgram) {
  Description function = full_for_test();
  function.components = {{.name = "bus", .type = "pubsub.redis", .version = "v1"}};
  std::vector<Note> notes;
  const std::string one = document::to_json(controllers_v1beta1(function));
  const std::string two = document::to_json(controllers_v1beta2(function));
  const auto context = parse_context(one, two, notes);
  ASSERT_TRUE(context.has_value()) << context.error().front().text();
  EXPECT_EQ(context->runtime, Runtime::kAsync);
  ASSERT_EQ(context->triggers.size(), 2U);
  EXPECT_EQ(context->find_topic("serving-xxxxx-pubsub-bus-yyyyy", "new")->name, "orders");
  ASSERT_EQ(context->outputs.size(), 2U);
  EXPECT_EQ(context->find_output("events")->topic, "greeted");
  EXPECT_EQ(context->find_output("archive")->metadata, function.context.outputs[0].metadata);
  EXPECT_EQ(context->pre_hooks, function.context.pre_hooks);
  EXPECT_EQ(context->tracing, function.context.tracing);
  for (const Note& note : notes) EXPECT_LT(note.level, Level::kWarning) << note.text;
}

TEST(Keda, TheNumbersAgreeWithTheProgram) {
  Description function = full_for_test();
  function.context.triggers.pop_back();  // cron, which KEDA cannot see
  function.min_replicas = 0;
  const std::string text = written(Kind::kKeda, function);
  const ManifestForTest read(text);
  EXPECT_EQ(read.kinds(), "Deployment Service InterceptorRoute ScaledObject");
  EXPECT_EQ(read.find("Deployment", "spec.replicas"), nullptr);
  EXPECT_EQ(read.at("InterceptorRoute", "spec.scalingMetric.concurrency.targetValue"), "50");
  const auto time_of = [&read](const std::string& name) {
    return parse_duration(read.at("InterceptorRoute", "spec.timeouts." + name)).value_or(0s);
  };
  EXPECT_GT(time_of("responseHeader"), function.timeout);
  EXPECT_EQ(time_of("request"), time_of("responseHeader") + time_of("readiness"));
  EXPECT_EQ(read.at("InterceptorRoute", "spec.target.service"),
            read.at("Service", "metadata.name"));
  EXPECT_EQ(read.at("InterceptorRoute", "spec.target.port"),
            read.at("Service", "spec.ports.0.port"));
  EXPECT_EQ(read.at("ScaledObject", "spec.scaleTargetRef.name"),
            read.at("Deployment", "metadata.name"));
  EXPECT_EQ(read.at("ScaledObject", "spec.minReplicaCount"), "0");
  EXPECT_EQ(read.at("ScaledObject", "spec.maxReplicaCount"), "5");
  EXPECT_EQ(read.at("ScaledObject", "spec.triggers.0.metadata.interceptorRoute"), "greeter");
  EXPECT_EQ(read.at("ScaledObject", "spec.triggers.1.type"), "redis-streams");
  EXPECT_EQ(read.at("ScaledObject", "spec.triggers.1.metadata.stream"), "new");
  EXPECT_THAT(text, HasSubstr("# To be added: the property redisHost of the component bus."));
}

TEST(Keda, OnePodStaysForTriggersThatItCannotSee) {
  Description function = full_for_test();
  function.min_replicas = 0;
  EXPECT_EQ(
      ManifestForTest(written(Kind::kKeda, function)).at("ScaledObject", "spec.minReplicaCount"),
      "1");
  function.context.http.reset();
  function.context.triggers = {
      {.name = "tick", .component = "tick", .component_type = "bindings.cron"}};
  const auto refused = manifest_of(Kind::kKeda, function);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), HasSubstr("use --deployment"));
}

TEST(Compose, TheNumbersAgreeWithTheProgram) {
  Description function = full_for_test();
  function.drain_delay_given = true;
  function.variables = {{"OFN_RETRY_CODES", "$NAME"}};
  function.components = {{.name = "bus",
                          .type = "pubsub.redis",
                          .version = "v1",
                          .properties = {{"redisHost", "localhost:6379"}}}};
  const std::string text = written(Kind::kCompose, function);
  const ManifestForTest read(text);
  EXPECT_EQ(read.at("", "services.function.environment.OFN_DRAIN_DELAY"), "7s");
  EXPECT_EQ(read.at("", "services.function.environment.OFN_DRAIN_TIMEOUT"), "20s");
  EXPECT_EQ(read.at("", "services.function.environment.OFN_RETRY_CODES"), "$$NAME");
  EXPECT_EQ(read.at("", "services.function.stop_grace_period"), "40s");
  EXPECT_EQ(read.at("", "services.daprd.stop_grace_period"), "40s");
  EXPECT_EQ(read.at("", "services.redis.network_mode"), "service:function");
  for (const auto argument :
       {"- --dapr-block-shutdown-duration=28s\n", "- --dapr-graceful-shutdown-seconds=5\n",
        "- --max-body-size=20Mi\n", "- --app-max-concurrency=50\n", "- --app-port=8081\n"}) {
    EXPECT_THAT(text, HasSubstr(argument));
  }
  EXPECT_EQ(ManifestForTest(written(Kind::kCompose, plain_for_test())).find("", "services.daprd"),
            nullptr);
}

TEST(Kustomize, OnlyTheBaseIsWrittenAnew) {
  std::string bases;
  std::string overlays;
  for (const File& file : kustomization_of(full_for_test()))
    (file.is_users ? overlays : bases) += file.path + " ";
  EXPECT_EQ(bases, "base/kustomization.yaml base/deployment.yaml base/components.yaml ");
  EXPECT_THAT(overlays, Not(HasSubstr("base/")));
  for (const File& file : kustomization_of(plain_for_test()))
    EXPECT_THAT(file.path, Not(HasSubstr("components")));
}

}  // namespace
}  // namespace ofn::manifest
