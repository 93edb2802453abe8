// Finds what is wrong in manifests of functions: Deployment, Knative Service, OpenFunction Function,
// Service, Dapr Component, ScaledObject, HTTPScaledObject, and Compose files.
//
//   const Checked checked = check(text);
//   for (const Finding& finding : checked.findings) say(finding.line, finding.rule, finding.change);
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ofn::manifest {

struct Finding {
  std::string_view rule;  // its id: "grace-too-short"; docs/manifests.md lists them
  int line = 0;           // from 1
  std::string found;      // what is wrong
  std::string change;     // what to do
};

// The findings in the order of their lines. Objects of other kinds count as objects, and have no findings.
struct Checked {
  std::vector<Finding> findings;
  std::size_t objects = 0;
};

// Checks the documents of one file together: a Service belongs to the Deployment that it selects. The
// text may be anything; what is not YAML is a finding.
Checked check(std::string_view text);

// The ids of all rules, sorted.
std::vector<std::string_view> rule_ids();

}  // namespace ofn::manifest
