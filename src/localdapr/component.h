// A component from its YAML document, with all values resolved.
#pragma once

#include <algorithm>
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
  // The same before {uuid} is replaced, which gives another value each time the file is read.
  std::vector<Header> written{};
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
  // Returns true if both are declared the same way, wherever their files declare them.
  bool is_same_as(const Component& other) const {
    const auto same = [](const Header& one, const Header& another) {
      return one.name == another.name && one.value == another.value;
    };
    return name == other.name && type == other.type && version == other.version &&
           ignore_errors == other.ignore_errors && std::ranges::equal(written, other.written, same);
  }
};

}  // namespace ofn::localdapr
