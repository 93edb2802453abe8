// Checks a text as a manifest, reads it as components, and writes it as a scalar. Findings must be complete lines, and a
// scalar must be read as the text that was written.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/utf8.h"
#include "document/yaml.h"
#include "manifest/check.h"
#include "manifest/component.h"
#include "manifest/form.h"

namespace {

bool is_line(std::string_view text) {
  return !text.empty() && std::ranges::none_of(text, [](char c) { return c == '\n' || c == '\r'; });
}

// Returns false if the text is not YAML.
bool check_findings(std::string_view text) {
  const std::vector<std::string_view> ids = ofn::manifest::rule_ids();
  const ofn::manifest::Checked checked = ofn::manifest::check(text);
  for (const ofn::manifest::Finding& finding : checked.findings) {
    OFN_CHECK(std::ranges::find(ids, finding.rule) != ids.end());
    OFN_CHECK(finding.line > 0);
    OFN_CHECK(is_line(finding.found) && is_line(finding.change));
  }
  return checked.findings.empty() || checked.findings.front().rule != "not-yaml";
}

void check_components(std::string_view text) {
  std::vector<ofn::manifest::Component> components;
  std::vector<ofn::Problem> problems;
  ofn::manifest::read_components("fuzz.yaml", text, components, problems);
  for (const ofn::manifest::Component& component : components) {
    const std::string spec = ofn::manifest::spec_text(component, {.is_trigger = true});
    OFN_CHECK(ofn::document::parse_yaml(spec).has_value());
  }
}

void check_scalar(std::string_view text) {
  constexpr std::size_t kLong = 100'000;
  if (!ofn::is_utf8(text) || text.size() > kLong) return;
  const auto read = ofn::document::parse_yaml("a: " + ofn::manifest::scalar(text) + "\n");
  OFN_CHECK(read.has_value() && read->size() == 1);
  const ofn::document::Node* value = read->front().root.find("a");
  OFN_CHECK(value != nullptr && value->text() == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  if (check_findings(text)) check_components(text);
  check_scalar(text);
  return 0;
}
