#include "function/function.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ofn {
namespace {

constexpr std::array<std::pair<Signature, std::string_view>, 5> kNames = {{
    {Signature::kHttp, "http"},
    {Signature::kCloudEvent, "cloudevent"},
    {Signature::kEvent, "event"},
    {Signature::kOpenFunction, "openfunction"},
    {Signature::kTyped, "typed"},
}};

}  // namespace

std::string_view signature_name(Signature signature) noexcept {
  const auto* it =
      std::ranges::find(kNames, signature, [](const auto& pair) { return pair.first; });
  return it == kNames.end() ? "unknown" : it->second;
}

std::optional<Signature> parse_signature(std::string_view name) noexcept {
  const auto* it = std::ranges::find(kNames, name, [](const auto& pair) { return pair.second; });
  return it == kNames.end() ? std::nullopt : std::optional(it->first);
}

std::optional<std::string> delivery_problem(const Function& function) {
  switch (function.signature) {
    case Signature::kHttp:
    case Signature::kCloudEvent:
    case Signature::kOpenFunction:
    case Signature::kTyped:
      return std::nullopt;
    case Signature::kEvent:
      break;
  }
  return "the function '" + function.name + "' has the signature type '" +
         std::string(signature_name(function.signature)) +
         "', which takes HTTP requests only; a Dapr input can trigger functions of the types "
         "openfunction (ofn::Out f(ofn::Context&, ofn::Bytes)), cloudevent, typed and http";
}

std::optional<std::string> signature_warning(const Function& function, Signature requested) {
  if (requested == Signature::kHttp || requested == function.signature) return std::nullopt;
  std::string warning = "the signature type '";
  warning += signature_name(requested);
  warning += "' was asked for, but the C++ type of the function '" + function.name + "' is '";
  warning += signature_name(function.signature);
  warning += "', which is used";
  return warning;
}

}  // namespace ofn
