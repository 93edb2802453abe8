// What a check finds, and the table of its rules.
//
//   for (const Rule& rule : rules()) say(rule.id, rule.finds);
//   Findings findings;
//   findings.add("OFN1002", {&source, 12, 20}, "the port is \"http\"", "write a port from 1 to 65535");
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check/text.h"

namespace ofn::check {

enum class Severity : std::uint8_t {
  kError,    // the function does not start, or not everything of it works
  kWarning,  // probably a mistake
  kNote,     // worth a look
};
std::string_view severity_name(Severity severity);  // "error", "warning", "note"

// Ids are promised: an id never gets another meaning.
struct Rule {
  std::string_view id;    // "OFN1001"
  std::string_view name;  // "context-unreadable"
  Severity severity = Severity::kError;
  bool can_fix = false;    // some of its findings
  std::string_view finds;  // "a context that is neither JSON nor YAML"
};
// All rules in the order of their ids. docs/check.md has the same table.
std::span<const Rule> rules();
// The rule must exist.
const Rule& rule_of(std::string_view id);

// Replaces bytes of a file.
struct Edit {
  std::string file;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
  friend bool operator==(const Edit&, const Edit&) = default;
};

// A value.
struct Finding {
  std::string_view id;
  std::string detail;  // the rule of `manifest check`, "grace-too-short"; empty for other rules
  Severity severity = Severity::kError;
  Place place;
  std::string found;      // what is wrong: one sentence without a period, no secret
  std::string change;     // what to do, in the same form
  std::vector<Edit> fix;  // corrects it; empty if a person must decide
};

// Collects findings. Lifetime: a value; it keeps no text.
class Findings {
 public:
  // A text that is not a file cannot be fixed.
  void add(std::string_view id, const Spot& spot, std::string found, std::string change,
           std::string detail = {});
  // The same, with the text that replaces the spot and corrects the mistake; empty: there is none.
  void add_fixable(std::string_view id, const Spot& spot, std::string found, std::string change,
                   std::string replacement);

  // Returns the findings in the order of files, lines and ids, each once.
  std::vector<Finding> take() &&;

 private:
  std::vector<Finding> all_;
};

}  // namespace ofn::check
