// Findings for people, as text, and for other programs, as JSON and SARIF.
//
//   say(findings_text(findings, checked, dev::Look()));
//
// Each finding begins like a compiler's message, "file:line:column: severity: …", so editors find the place.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "check/finding.h"
#include "dev/styled_text.h"

namespace ofn::check {

// How many texts of each kind were checked.
struct Checked {
  std::size_t contexts = 0;
  std::size_t components = 0;
  std::size_t env_files = 0;
  std::size_t sources = 0;
  std::size_t manifests = 0;
};

std::size_t count(std::span<const Finding> findings, Severity severity);

// A block for each finding, with its line, and a line that sums up. All texts of files are made safe for a terminal.
std::string findings_text(std::span<const Finding> findings, const Checked& checked,
                          dev::Look look);

// One object, indented; docs/check.md describes it.
std::string findings_json(std::span<const Finding> findings, const Checked& checked);

// `version`: of the program. Names of files are relative to the working folder, as they are.
// Spec: SARIF 2.1.0 (OASIS).
std::string sarif(std::span<const Finding> findings, std::string_view version);

}  // namespace ofn::check
