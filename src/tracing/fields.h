// How a call's fields are read for its trace.
//
//   const std::string_view host = value_once(start.fields, "host");
#pragma once

#include <span>
#include <string_view>

#include <ofn/field.h>

#include "base/trimmed.h"

namespace ofn::tracing {

// The value of one field; a field that comes twice has none.
class Once {
 public:
  void add(const Field& field, std::string_view name) {
    if (!same_field_name(field.name, name)) return;
    value_ = seen_ ? std::string_view() : std::string_view(field.value);
    seen_ = true;
  }
  std::string_view value() const { return trimmed(value_); }

 private:
  std::string_view value_;
  bool seen_ = false;
};

inline std::string_view value_once(std::span<const Field> fields, std::string_view name) {
  Once once;
  for (const Field& field : fields) once.add(field, name);
  return once.value();
}

}  // namespace ofn::tracing
