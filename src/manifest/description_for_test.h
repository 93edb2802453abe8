// The functions whose manifests the tests look at.
#pragma once

#include <chrono>
#include <cstddef>

#include "manifest/description.h"

namespace ofn::manifest {

// A function that has everything, with numbers that are no defaults.
inline Description full_for_test() {
  using namespace std::chrono_literals;
  Description function{.name = "greeter", .space = "shop", .image = "registry.example/greeter:1"};
  function.target = "app::greet";
  function.functions = {{"app::greet", "openfunction", {"GET /greet/{name}"}}};
  function.context.name = "greeter";
  function.context.version = "v1.2";
  function.context.runtime = Runtime::kAsync;
  function.context.port = 8081;
  function.context.http.emplace();
  function.context.http_pattern = "/greet/*";
  function.context.triggers = {
      {.name = "orders",
       .component = "bus",
       .kind = ComponentKind::kPubsub,
       .component_type = "pubsub.redis",
       .topic = "new"},
      {.name = "tick", .component = "tick", .component_type = "bindings.cron"}};
  function.context.outputs = {{.name = "archive",
                               .component = "files",
                               .component_type = "bindings.localstorage",
                               .metadata = {{"fileName", "Grüße: \"1\".txt"}}},
                              {.name = "events",
                               .component = "bus",
                               .kind = ComponentKind::kPubsub,
                               .component_type = "pubsub.redis",
                               .topic = "greeted"}};
  function.context.inputs = {{"config", "conf", "bindings.http", "", "get", {}}};
  function.context.states = {{"carts", "carts", "state.redis"}};
  function.context.pre_hooks = {"auth"};
  function.context.post_hooks = {"audit"};
  Tracing& tracing = function.context.tracing.emplace();
  tracing.enabled = true;
  tracing.provider = "opentelemetry";
  tracing.exporter.name = "otlp";
  tracing.exporter.endpoint = "otel:4317";
  tracing.tags = {{"layer", "faas"}};
  function.port = 8081;
  function.metrics_port = 9464;
  function.timeout = 40s;
  function.drain_delay = 7s;
  function.drain_timeout = 20s;
  function.concurrency = 50;
  function.max_body_size = std::size_t{20} << 20;
  function.min_replicas = 2;
  function.max_replicas = 5;
  function.variables = {{"OFN_LOG_FORMAT", "gcp"}};
  return function;
}

// A function over HTTP with the defaults.
inline Description plain_for_test() { return {.name = "plain", .space = "", .image = "plain"}; }

}  // namespace ofn::manifest
