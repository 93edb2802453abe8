#include "function/function.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <ofn/field.h>

namespace ofn {

constinit const std::array<SignatureRow, 6> kSignatureRows = {{
    {.name = "unknown"},
    {.signature = Signature::kHttp,
     .name = "http",
     .reads = Reads::kRequest,
     .delivered_as = DeliveredAs::kRequest,
     .returns = Returns::kResponse},
    {.signature = Signature::kCloudEvent,
     .name = "cloudevent",
     .reads = Reads::kCloudEvents,
     .delivered_as = DeliveredAs::kCloudEvent,
     .returns = Returns::kCloudEvent},
    {.signature = Signature::kEvent,
     .name = "event",
     .reads = Reads::kBackgroundEvents,
     .delivered_as = DeliveredAs::kNothing,
     .returns = Returns::kNothing},
    {.signature = Signature::kOpenFunction,
     .name = "openfunction",
     .reads = Reads::kRequest,
     .delivered_as = DeliveredAs::kData,
     .returns = Returns::kOut},
    {.signature = Signature::kTyped,
     .name = "typed",
     .reads = Reads::kRequest,
     .delivered_as = DeliveredAs::kRequest,
     .returns = Returns::kResponse,
     .parses_argument = true},
}};

std::optional<Signature> parse_signature(std::string_view name) noexcept {
  const auto* const row =
      std::find_if(kSignatureRows.begin() + 1, kSignatureRows.end(),
                   [&](const SignatureRow& each) { return same_field_name(each.name, name); });
  return row == kSignatureRows.end() ? std::nullopt : std::optional(row->signature);
}

std::optional<std::string> delivery_problem(const Function& function) {
  if (row_of(function.signature).may_be_delivered()) return std::nullopt;
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
