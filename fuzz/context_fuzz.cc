// Reads what the environment may contain: two context documents, a sidecar endpoint and a flag's
// text, separated by NUL bytes (which no variable can contain). The result must keep the promises
// of context/function_context.h.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "context/parse_context.h"
#include "context/settings.h"
#include "context/sidecar_choice.h"

namespace {

void check_names(const std::vector<std::string>& hooks) {
  OFN_CHECK(std::set<std::string>(hooks.begin(), hooks.end()).size() == hooks.size());
}

void check_context(const ofn::FunctionContext& context) {
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

void check_problems(const std::vector<ofn::Problem>& problems) {
  OFN_CHECK(!problems.empty());
  for (const ofn::Problem& problem : problems) {
    OFN_CHECK(!problem.source.empty() && !problem.expected.empty() && !problem.found.empty());
    OFN_CHECK(problem.text().find('\n') == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  std::string_view rest = input;
  std::array<std::string_view, 4> parts;
  for (std::string_view& part : parts) {
    part = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  }

  std::vector<ofn::Note> notes;
  const auto context = ofn::parse_context(parts[0], parts[1], notes);
  if (context) {
    check_context(*context);
  } else {
    check_problems(context.error());
  }

  for (const std::string_view file : {"a.json", "a.yaml", "a"}) {
    std::vector<ofn::Note> notes_of_file;
    const auto read = ofn::parse_context_file(file, parts[0], notes_of_file);
    if (read) {
      check_context(*read);
    } else {
      check_problems(read.error());
    }
  }

  ofn::EnvironmentMap env = {{"DAPR_GRPC_ENDPOINT", std::string(parts[2])}};
  for (const ofn::FlagSpec& spec : ofn::flag_table()) {
    env.emplace(spec.variable, std::string(parts[3]));
  }
  const ofn::FunctionContext declared = context.value_or(ofn::FunctionContext());
  const auto settings = ofn::resolve_settings({}, ofn::environment_of(env), declared, notes);
  if (settings) {
    OFN_CHECK(settings->concurrency > 0 && !settings->host.value.empty());
    OFN_CHECK(ofn::parse_endpoint(settings->sidecar.text(), 1).has_value());
    OFN_CHECK(!ofn::plan_local_sidecar(declared, *settings).reason.empty());
  } else {
    check_problems(settings.error());
  }
  return 0;
}
