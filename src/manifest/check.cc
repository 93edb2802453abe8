#include "manifest/check.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "document/problem.h"
#include "document/yaml.h"
#include "manifest/rules.h"

namespace ofn::manifest {

namespace {

using document::Node;

constexpr std::string_view kNotYaml = "not-yaml";
constexpr std::string_view kRepeatedKey = "repeated-key";

int line_of(const Error& error) {
  int line = 1;
  for (const auto& [key, value] : error.context()) {
    if (key == "line") std::from_chars(value.data(), value.data() + value.size(), line);
  }
  return line;
}

}  // namespace

Checked check(std::string_view text) {
  Checked checked;
  const auto trees = document::parse_yaml(text);
  if (!trees) {
    checked.findings.push_back({kNotYaml, line_of(trees.error()), trees.error().message(),
                                "correct the text, so that it is YAML"});
    return checked;
  }
  std::vector<const Node*> objects;
  std::vector<Workload> workloads;
  for (const document::Tree& tree : *trees) {
    if (!tree.root.is(Node::Kind::kObject)) continue;
    objects.push_back(&tree.root);
    for (const std::string& key : tree.duplicates) {
      checked.findings.push_back({kRepeatedKey, tree.root.line(),
                                  "the key " + quoted(key) + " occurs twice in one mapping",
                                  "remove one of the two; most readers use only the last one"});
    }
    if (auto workload = workload_of(tree.root)) workloads.push_back(*std::move(workload));
  }
  checked.objects = objects.size();
  for (const auto rules : {stopping_rules(), pod_rules()}) {
    for (const WorkloadRule& rule : rules) {
      Findings findings(rule.id, checked.findings);
      for (const Workload& workload : workloads) rule.run(workload, findings);
    }
  }
  for (const ObjectRule& rule : object_rules()) {
    Findings findings(rule.id, checked.findings);
    for (const Node* object : objects) rule.run(*object, findings);
  }
  for (const FileRule& rule : file_rules()) {
    Findings findings(rule.id, checked.findings);
    rule.run(objects, workloads, findings);
  }
  std::ranges::sort(checked.findings, {}, [](const Finding& finding) {
    return std::tie(finding.line, finding.rule, finding.found);
  });
  return checked;
}

std::vector<std::string_view> rule_ids() {
  std::vector<std::string_view> ids = {kNotYaml, kRepeatedKey};
  const auto append = [&ids](const auto& rules) {
    for (const auto& rule : rules) ids.push_back(rule.id);
  };
  append(stopping_rules());
  append(pod_rules());
  append(object_rules());
  append(file_rules());
  std::ranges::sort(ids);
  return ids;
}

}  // namespace ofn::manifest
