#include "manifest/check.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/description_for_test.h"
#include "manifest/manifest.h"

namespace ofn::manifest {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kDeployment = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: greeter
spec:
  selector:
    matchLabels: {app: greeter}
  template:
    metadata:
      labels: {app: greeter}
      annotations:
        dapr.io/enabled: "true"
        dapr.io/app-id: greeter
        dapr.io/app-port: "8080"
        dapr.io/app-protocol: grpc
        dapr.io/max-body-size: 10Mi
        dapr.io/block-shutdown-duration: "36s"
    spec:
      terminationGracePeriodSeconds: 45
      containers:
        - name: function
          image: greeter
          ports:
            - containerPort: 8080
          env:
            - name: FUNC_CONTEXT
              value: '{"name":"greeter","runtime":"Knative","outputs":{"a":{"componentName":"a","componentType":"bindings.http"}}}'
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
---
apiVersion: v1
kind: Service
metadata:
  name: greeter
spec:
  selector: {app: greeter}
  ports:
    - name: http
      port: 80
      targetPort: 8080
)";

constexpr std::string_view kKnative = R"(apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: greeter
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/min-scale: "1"
        autoscaling.knative.dev/max-scale: "5"
        dapr.io/app-protocol: grpc
    spec:
      timeoutSeconds: 300
      containerConcurrency: 100
      containers:
        - name: function
          image: greeter
          ports:
            - containerPort: 8080
          env:
            - name: OFN_TIMEOUT
              value: 300s
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
)";

constexpr std::string_view kFunction = R"(apiVersion: core.openfunction.io/v1beta2
kind: Function
metadata:
  name: greeter
spec:
  image: greeter
  serving:
    triggers:
      http:
        port: 8080
      dapr:
        - name: bus
          type: pubsub.redis
          topic: orders
    outputs:
      - dapr:
          name: files
          type: bindings.kafka
    bindings:
      files:
        type: bindings.kafka
        metadata:
          - name: direction
            value: output
    scaleOptions:
      minReplicas: 0
      maxReplicas: 10
    template:
      terminationGracePeriodSeconds: 40
      containers:
        - name: function
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
)";

constexpr std::string_view kOldFunction = R"(apiVersion: core.openfunction.io/v1beta1
kind: Function
metadata:
  name: greeter
spec:
  image: greeter
  port: 8080
  serving:
    runtime: knative
    outputs:
      - name: archive
        component: files
      - name: events
        component: bus
        topic: greeted
    bindings:
      files:
        type: bindings.localstorage
    pubsub:
      bus:
        type: pubsub.redis
    template:
      containers:
        - name: function
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
            runAsNonRoot: true
            seccompProfile: {type: RuntimeDefault}
)";

constexpr std::string_view kComponent = R"(apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: orders
spec:
  type: bindings.kafka
  version: v1
  metadata:
    - name: direction
      value: input
)";

constexpr std::string_view kScaledObject = R"(apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: greeter
spec:
  scaleTargetRef: {name: greeter}
  minReplicaCount: 0
  maxReplicaCount: 10
)";

constexpr std::string_view kCompose = R"(services:
  function:
    image: greeter
    environment:
      OFN_DRAIN_TIMEOUT: 30s
    stop_grace_period: 40s
)";

// The good manifest with one part replaced.
std::string changed(std::string_view manifest, std::string_view part, std::string_view by) {
  std::string text(manifest);
  const auto at = text.find(part);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no " << part;
    return text;
  }
  return text.replace(at, part.size(), by);
}

std::string text_of(const Checked& checked) {
  std::string text;
  for (const Finding& each : checked.findings) {
    text += std::to_string(each.line) + ": " + std::string(each.rule) + ": " + each.found + "; " +
            each.change + "\n";
  }
  return text;
}

TEST(Check, AGoodManifestHasNoFinding) {
  for (const auto good :
       {kDeployment, kKnative, kFunction, kOldFunction, kComponent, kScaledObject, kCompose}) {
    EXPECT_THAT(text_of(check(good)), IsEmpty()) << good;
  }
}

struct BadCase {
  std::string_view rule;
  std::string_view good;
  std::string_view part;
  std::string_view by;
  std::string_view found;   // part of the finding
  std::string_view change;  // part of what to do
  bool is_sole = true;      // no other rule finds anything
};

// One mistake each.
const BadCase kBad[] = {
    {"grace-too-short", kDeployment, "terminationGracePeriodSeconds: 45",
     "terminationGracePeriodSeconds: 40", "36 s block-shutdown-duration + 5 s",
     "terminationGracePeriodSeconds to 44"},
    {"grace-too-short", kFunction, "terminationGracePeriodSeconds: 40", "restartPolicy: Always",
     "killed after 30 s", "terminationGracePeriodSeconds to 39"},
    {"grace-too-short", kKnative, "timeoutSeconds: 300", "timeoutSeconds: 20", "killed after 20 s",
     "OFN_DRAIN_TIMEOUT to 16s", false},
    {"dapr-block-shutdown", kDeployment, "dapr.io/block-shutdown-duration: \"36s\"",
     "dapr.io/log-as-json: \"true\"", "at its signal", "dapr.io/block-shutdown-duration: \"36s\""},
    {"dapr-block-shutdown", kDeployment, "\"36s\"", "\"20s\"", "20 s after its signal", "\"36s\""},
    {"dapr-health-check", kDeployment, "dapr.io/app-protocol: grpc",
     "dapr.io/enable-app-health-check: \"true\"", "after 15 s instead of 36 s",
     "app-health-threshold: \"8\""},
    {"dapr-body-size", kDeployment, "dapr.io/max-body-size: 10Mi", "dapr.io/log-as-json: \"true\"",
     "4MiB", "dapr.io/max-body-size: 10Mi"},
    {"dapr-body-size", kDeployment, "10Mi", "9M", "9000000", "10Mi"},
    {"timeout-mismatch", kKnative, "value: 300s", "value: 301s", "may take 301 s",
     "timeoutSeconds to 301"},
    {"timeout-mismatch", kOldFunction, "    runtime: knative\n",
     "    runtime: knative\n    params:\n      OFN_TIMEOUT: 10m\n", "may take 600 s",
     "OFN_TIMEOUT to 300s"},
    {"concurrency-mismatch", kKnative, "containerConcurrency: 100", "containerConcurrency: 4000",
     "2048", "OFN_CONCURRENCY to 4000"},
    {"context-invalid", kDeployment, "bindings.http", "http", "componentType", "docs/context.md"},
    {"context-invalid", kDeployment, R"('{"name")", R"('"name")", "FUNC_CONTEXT",
     "docs/context.md"},
    {"context-member", kDeployment, R"("runtime":"Knative")",
     R"("runtime":"Knative","prePlugin":["a"])", "$.prePlugin", "write prePlugins"},
    {"context-member", kDeployment, R"("componentName":"a",)",
     R"("componentName":"a","opration":"get",)", "$.outputs.a.opration", "write operation"},
    {"setting-invalid", kKnative, "value: 300s", "value: 300x", "OFN_TIMEOUT", "docs/flags.md"},
    {"reserved-variable", kKnative, "name: OFN_TIMEOUT\n              value: 300s",
     "name: PORT\n              value: \"8080\"", "PORT", "containerPort"},
    {"port-mismatch", kDeployment,
     "          env:", "          env:\n            - {name: PORT, value: \"9000\"}", "9000 (PORT)",
     "containerPort to 9000", false},
    {"port-mismatch", kDeployment, "dapr.io/app-port: \"8080\"", "dapr.io/app-port: \"3000\"",
     "\"3000\"", "dapr.io/app-port: \"8080\""},
    {"port-mismatch", kDeployment, "          env:",
     "          readinessProbe: {httpGet: {path: /, port: 81}}\n          env:", "port 81", "8080"},
    {"knative-ports", kKnative, "            - containerPort: 8080",
     "            - containerPort: 8080\n            - containerPort: 9464", "2 ports",
     "annotation"},
    {"knative-port-name", kKnative, "            - containerPort: 8080",
     "            - {name: web, containerPort: 8080}", "\"web\"", "http1 or h2c"},
    {"h2c-unneeded", kKnative,
     "        dapr.io/app-protocol: grpc\n    spec:\n      timeoutSeconds: 300\n      "
     "containerConcurrency: 100\n      containers:\n        - name: function\n          image: "
     "greeter\n          ports:\n            - containerPort: 8080",
     "        dapr.io/enabled: \"true\"\n        dapr.io/max-body-size: 10Mi\n        "
     "dapr.io/block-shutdown-duration: 61s\n    spec:\n      timeoutSeconds: 300\n      "
     "containers:\n        - name: function\n          image: greeter\n          ports:\n          "
     "  - {name: h2c, containerPort: 8080}",
     "h2c", "remove the name"},
    {"runs-as-root", kDeployment, "runAsNonRoot: true", "runAsUser: 0", "runs as root", "65532"},
    {"runs-as-root", kFunction, "            runAsNonRoot: true\n", "", "may run as root",
     "runAsNonRoot"},
    {"not-restricted", kDeployment, "            capabilities: {drop: [ALL]}\n", "", "restricted",
     "capabilities.drop: [ALL]"},
    {"not-restricted", kKnative, "type: RuntimeDefault", "type: Unconfined", "restricted",
     "RuntimeDefault"},
    {"service-port", kDeployment, "targetPort: 8080", "targetPort: 8081", "\"8081\"", "targetPort"},
    {"h2c-missing", kDeployment, "    - name: http\n", "    - name: grpc\n", "\"grpc\"",
     "kubernetes.io/h2c"},
    {"component-missing", kFunction, "      - dapr:\n          name: files\n",
     "      - dapr:\n          operation: create\n", "output", "dapr.name"},
    {"component-missing", kFunction, "        - name: bus\n          type",
     "        - inputName: bus\n          type", "trigger", "dapr.name"},
    {"component-missing", kOldFunction, "      files:\n        type: bindings.localstorage",
     "      other:\n        type: bindings.localstorage", "drops the output", "v1beta2"},
    {"topic-missing", kFunction, "          topic: orders\n", "", "trigger of the pubsub \"bus\"",
     "topic"},
    {"topic-missing", kOldFunction, "        topic: greeted\n", "", "output of the pubsub \"bus\"",
     "topic"},
    {"container-name", kFunction, "        - name: function", "        - name: greeter",
     "named function", "`function`", false},
    {"template-ports", kFunction, "        - name: function\n",
     "        - name: function\n          ports: [{containerPort: 8080}]\n", "two", "remove ports"},
    {"async-port", kFunction, "port: 8080", "port: 9000", "9000", "8080"},
    {"replicas", kFunction, "minReplicas: 0", "minReplicas: 11", "11", "smaller"},
    {"replicas", kScaledObject, "minReplicaCount: 0", "minReplicaCount: -1", "negative", "0"},
    {"replicas", kKnative, "min-scale: \"1\"", "min-scale: \"6\"", "at least 6 and at most 5",
     "smaller"},
    {"deprecated-kind", kScaledObject, "kind: ScaledObject", "kind: HTTPScaledObject", "deprecated",
     "InterceptorRoute"},
    {"direction-missing", kComponent, "direction", "brokers", "\"orders\"", "direction"},
    {"direction-missing", kFunction, "direction", "brokers", "\"files\"", "direction"},
    {"component-incomplete", kComponent, "  type: bindings.kafka\n", "", "no type", "spec.type"},
    {"component-incomplete", kComponent, "  name: orders\n", "  labels: {}\n", "no name",
     "metadata.name"},
    {"compose-grace", kCompose, "    stop_grace_period: 40s\n", "", "10 s", "34s"},
    {"compose-grace", kCompose, "OFN_DRAIN_TIMEOUT: 30s\n    stop_grace_period: 40s",
     "FUNC_NAME: greeter", "10 s", "34s"},
    {"compose-grace", kCompose, "      OFN_DRAIN_TIMEOUT: 30s", "      - OFN_DRAIN_TIMEOUT=60s",
     "40 s", "64s"},
    {"not-yaml", kComponent, "spec:", "spec: [", "", "YAML"},
    {"repeated-key", kComponent, "  version: v1\n", "  version: v1\n  version: v2\n", "\"version\"",
     "remove"},
};

TEST(Check, EachMistakeIsFoundByItsRule) {
  for (const BadCase& each : kBad) {
    const std::string text = changed(each.good, each.part, each.by);
    SCOPED_TRACE(std::string(each.rule) + ": " + std::string(each.by));
    const Checked checked = check(text);
    if (each.is_sole) {
      EXPECT_EQ(checked.findings.size(), 1U) << text_of(checked);
    }
    const auto found = std::ranges::find_if(checked.findings, [&each](const Finding& finding) {
      return finding.rule == each.rule && finding.found.contains(each.found);
    });
    if (found == checked.findings.end()) {
      ADD_FAILURE() << text_of(checked);
      continue;
    }
    EXPECT_THAT(found->change, HasSubstr(each.change));
    EXPECT_GT(found->line, 0);
  }
}

TEST(Check, EachRuleHasAMistakeInTheTable) {
  std::set<std::string_view> cases;
  for (const BadCase& each : kBad) cases.insert(each.rule);
  const auto ids = rule_ids();
  EXPECT_EQ(std::set<std::string_view>(ids.begin(), ids.end()), cases);
}

TEST(Check, WhatIsAllowedHasNoFinding) {
  const std::pair<std::string_view, std::string> allowed[] = {
      {"Knative's 0 is no limit", changed(kKnative, "max-scale: \"5\"", "max-scale: \"0\"")},
      {"a binding of one direction", changed(kComponent, "bindings.kafka", "bindings.cron")},
      {"the port by its name",
       changed(changed(kDeployment, "- containerPort: 8080", "- {name: web, containerPort: 8080}"),
               "targetPort: 8080", "targetPort: web")},
      {"a pod that runs something else",
       "kind: Deployment\nspec: {template: {spec: {containers: [{name: redis}]}}}\n"},
      {"objects of other kinds", "kind: ConfigMap\ndata: {FUNC_CONTEXT: x}\n"},
      {"nothing", ""},
  };
  for (const auto& [name, text] : allowed) EXPECT_THAT(text_of(check(text)), IsEmpty()) << name;
}

TEST(Check, AnyTextIsChecked) {
  for (const auto text :
       {"[]", "a", "kind: Deployment", "kind: Function\napiVersion: core.openfunction.io/v1beta2",
        "kind: Function\napiVersion: core.openfunction.io/v1beta1\nspec: {serving: {outputs: [1, "
        "{}], inputs: {}}}",
        "kind: Component\nspec: []", "services: {a: {environment: [x]}}",
        "kind: ScaledObject\nspec: {}",
        "kind: Service\napiVersion: v1\nspec: {ports: [{}], selector: []}",
        "kind: Deployment\nspec: {template: {spec: {containers: [{name: function, ports: {}, env: "
        "[[]]}]}}}"}) {
    EXPECT_GE(check(text).objects + 1, 1U) << text;
  }
}

TEST(Check, ItsOwnManifestsAreGood) {
  for (const Description& function : {full_for_test(), plain_for_test()}) {
    for (const Kind kind : {Kind::kOpenFunctionV1Beta2, Kind::kOpenFunctionV1Beta1, Kind::kKnative,
                            Kind::kDeployment, Kind::kKeda, Kind::kDapr, Kind::kCompose}) {
      const auto text = manifest_of(kind, function);
      if (text) {
        EXPECT_THAT(text_of(check(*text)), IsEmpty()) << *text;
      }
    }
    for (const File& file : kustomization_of(function))
      EXPECT_THAT(text_of(check(file.text)), IsEmpty()) << file.path;
  }
}

}  // namespace
}  // namespace ofn::manifest
