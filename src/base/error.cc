#include "base/error.h"

namespace ofn {

std::string Error::text() const {
  std::string text = message_;
  const char* separator = " (";
  for (const auto& [key, value] : context_) {
    text += separator;
    text += key;
    text += '=';
    text += value;
    separator = ", ";
  }
  if (!context_.empty()) text += ')';
  return text;
}

}  // namespace ofn
