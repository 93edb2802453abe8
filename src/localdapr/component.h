// One component as its YAML declares it, with every value resolved.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

namespace ofn::localdapr {

// A value.
struct Component {
  std::string name;
  std::string type;     // "bindings.localstorage"
  std::string version;  // "v1"; may be empty
  std::vector<Header> properties;
  bool ignore_errors = false;  // spec.ignoreErrors: a component that cannot start is left out
  std::string file;
  int line = 0;  // of its document's first entry, from 1

  // Case does not count, as for daprd's components. Empty properties count as absent.
  std::optional<std::string_view> property(std::string_view key) const {
    for (const Header& entry : properties) {
      if (same_field_name(entry.name, key) && !entry.value.empty()) return entry.value;
    }
    return std::nullopt;
  }
};

}  // namespace ofn::localdapr
