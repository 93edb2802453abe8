// A file of variables. A text that is accepted is accepted again if each of its variables is
// written within double quotes, and has the same values.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "context/env_file.h"

namespace {

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    switch (c) {
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      case '"':
      case '\\':
        text += '\\';
        text += c;
        break;
      default:
        text += c;
    }
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<ofn::Note> notes;
  const auto variables = ofn::parse_env_file("f", input, notes);
  if (!variables) {
    OFN_CHECK(!variables.error().empty());
    for (const ofn::Problem& problem : variables.error()) {
      OFN_CHECK(problem.source.starts_with("f:") && !problem.expected.empty());
      OFN_CHECK(problem.text().find('\n') == std::string::npos);
    }
    return 0;
  }
  std::string again;
  for (const ofn::FileVariable& variable : *variables) {
    OFN_CHECK(!variable.name.empty() &&
              variable.name.find_first_of("= \t\"'") == std::string::npos);
    OFN_CHECK(variable.value.find('\0') == std::string::npos);
    again += variable.name + "=\"" + escaped(variable.value) + "\"\n";
  }
  const auto same = ofn::parse_env_file("f", again, notes);
  OFN_CHECK(same && same->size() == variables->size());
  for (std::size_t i = 0; i < same->size(); ++i) {
    OFN_CHECK((*same)[i].name == (*variables)[i].name);
    OFN_CHECK((*same)[i].value == (*variables)[i].value);
  }
  const ofn::Environment env = ofn::with_variables({}, ofn::lacking({}, *variables, notes));
  for (const ofn::FileVariable& variable : *variables) OFN_CHECK(env(variable.name).has_value());
  return 0;
}
