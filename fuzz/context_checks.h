// The promises of context/function_context.h, for the targets that read contexts.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "context/function_context.h"
#include "document/problem.h"

inline void check_names(const std::vector<std::string>& hooks) {
  OFN_CHECK(std::set<std::string>(hooks.begin(), hooks.end()).size() == hooks.size());
}

inline void check_context(const ofn::FunctionContext& context) {
  for (const ofn::Output& output : context.outputs) {
    OFN_CHECK(!output.name.empty() && !output.component.empty() && !output.operation.empty());
    OFN_CHECK((output.kind == ofn::ComponentKind::kPubsub) == !output.topic.empty());
    OFN_CHECK(ofn::component_kind(output.component_type) == output.kind);
    OFN_CHECK(context.find_output(output.name) != nullptr);
    OFN_CHECK(output.alias.empty() || context.find_output(output.alias) != nullptr);
    OFN_CHECK(!output.label().empty());
  }
  for (const ofn::Trigger& trigger : context.triggers) {
    OFN_CHECK(!trigger.name.empty() && !trigger.component.empty());
    OFN_CHECK((trigger.kind == ofn::ComponentKind::kPubsub) == !trigger.topic.empty());
    OFN_CHECK(trigger.kind == ofn::ComponentKind::kPubsub
                  ? context.find_topic(trigger.component, trigger.topic) != nullptr
                  : context.find_binding(trigger.component) != nullptr);
  }
  OFN_CHECK(context.runtime != ofn::Runtime::kAsync || !context.triggers.empty() || context.http);
  OFN_CHECK(!context.port || *context.port != 0);
  check_names(context.pre_hooks);
  check_names(context.post_hooks);
}

inline void check_problems(const std::vector<ofn::Problem>& problems) {
  OFN_CHECK(!problems.empty());
  for (const ofn::Problem& problem : problems) {
    OFN_CHECK(!problem.source.empty() && !problem.expected.empty() && !problem.found.empty());
    OFN_CHECK(problem.text().find('\n') == std::string::npos);
  }
}
