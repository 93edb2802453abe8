#include "middleware/accept_encoding.h"

#include <optional>
#include <string_view>

#include <ofn/negotiation.h>

namespace ofn {

bool prefers_gzip(std::span<const Field> fields) noexcept {
  std::optional<int> gzip;
  int identity = 0;
  int any = 0;
  for (const Field& field : fields) {
    if (!same_field_name(field.name, "accept-encoding")) continue;
    std::string_view rest = field.value;
    for (internal::Preference each; internal::take_preference(rest, each);) {
      if (same_field_name(each.value, "gzip") || same_field_name(each.value, "x-gzip")) {
        gzip = each.weight;
      } else if (same_field_name(each.value, "identity")) {
        identity = each.weight;
      } else if (each.value == "*") {
        any = each.weight;
      }
    }
  }
  const int weight = gzip.value_or(any);
  return weight > 0 && weight >= identity;
}

}  // namespace ofn
