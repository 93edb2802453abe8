// Replaces a text wherever it occurs in another.
#pragma once

#include <string>
#include <string_view>

namespace ofn {

// Replaces each `what` in `text`, from left to right, by `by`, in which none is looked for. `what` is not empty.
inline void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace ofn
