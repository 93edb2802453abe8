// A stage whose calls make segments, and what they send.
#pragma once

#include <string>
#include <utility>

#include "invocation/stage_for_test.h"
#include "skywalking/segment_sidecar.h"
#include "skywalking/segment_tracer.h"
#include "skywalking/segments_for_test.h"
#include "tracing/spans_for_test.h"

namespace ofn::skywalking {

inline Settings settings_for_test() {
  return {.oap = {.host = "oap", .port = 11800, .unix_path = {}},
          .service = "pay",
          .instance = "pod-1",
          .tags = {{"func", "pay"}},
          .function = "pay",
          .space = "shop"};
}

inline FunctionContext declared_for_test() {
  FunctionContext context = context_with(Runtime::kKnative, both());
  context.outputs[0].component_type = "bindings.localstorage";
  context.outputs[1].component_type = "pubsub.redis";
  context.outputs.push_back(output("queue", ComponentKind::kBinding));
  context.outputs.back().component_type = "bindings.kafka";
  context.states = {{"cart", "fn-cart", "state.postgresql"}};
  return context;
}

struct Traced {
  explicit Traced(Settings settings = settings_for_test(), const otlp::Sampler& sampler = {},
                  FunctionContext context = declared_for_test())
      : stage(std::move(context)), rules(std::move(settings), sampler, Runtime::kKnative) {
    stage.environment.observer = &tracer;
    stage.environment.outputs = &outputs;
    stage.method = "GET";
    stage.target = "/users/7?token=secret";
  }

  std::string text() {
    spans.batch.hand_over();
    settle(stage.loop);
    std::string all;
    for (const std::string& message : spans.messages) all += reader.of(message);
    spans.messages.clear();
    return all;
  }
  Reference sent(std::size_t call) {
    return parse_sw8(stage.sidecar.calls().at(call).notation.at("sw8")).value_or(Reference{});
  }

  Stage stage;
  tracing::SpansForTest spans{stage.loop, {}, tracing::Whole::kYes};
  SegmentRules rules;
  OpenCalls calls;
  SegmentTracer tracer{stage.loop, rules, calls, spans.batch};
  SegmentSidecar sidecar{
      stage.loop, rules, calls, stage.context, {.sidecar = stage.sidecar, .stores = stage.stores}};
  Outputs outputs{stage.context, sidecar, stage.loop, stage.log};
  SegmentText reader;
};

}  // namespace ofn::skywalking
