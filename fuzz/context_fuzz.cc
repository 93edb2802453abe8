// Reads what the environment may contain: two context documents, a sidecar endpoint and a flag's
// text, separated by NUL bytes (which no variable can contain). The result must keep the promises
// of context/function_context.h.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "context/parse_context.h"
#include "context/settings.h"
#include "context/sidecar_choice.h"
#include "context_checks.h"

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
