// Several texts in one.
//
//   joined(std::vector<std::string>{"a", "b"});   // "a, b"
//   joined(std::vector<std::string>{"a", "b"}, " and ", [](const std::string& each) { return "-" + each; });   // "-a and -b"
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ofn {

// `text`: returns the text of an item; a pointer to a member will do.
template <class Items, class Text = std::identity>
std::string joined(const Items& items, std::string_view between = ", ", Text text = {}) {
  std::string all;
  bool is_first = true;
  for (const auto& item : items) {
    if (!is_first) all += between;
    is_first = false;
    all += std::invoke(text, item);
  }
  return all;
}

}  // namespace ofn
