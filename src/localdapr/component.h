// A component from its YAML document, with all values resolved.
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
  // spec.ignoreErrors: the program starts without the component if it fails.
  bool ignore_errors = false;
  std::string file;
  int line = 0;  // of its document's first entry, from 1

  // Keys are compared without case, as in daprd. An empty property counts as missing.
  std::optional<std::string_view> property(std::string_view key) const {
    for (const Header& entry : properties) {
      if (same_field_name(entry.name, key) && !entry.value.empty()) return entry.value;
    }
    return std::nullopt;
  }
};

}  // namespace ofn::localdapr
