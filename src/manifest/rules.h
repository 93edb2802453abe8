// The rules of `manifest check`. A rule looks at one subject and reports what is wrong in it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "document/node.h"
#include "manifest/check.h"
#include "manifest/workload.h"

namespace ofn::manifest {

// Collects the findings of one rule.
class Findings {
 public:
  Findings(std::string_view rule, std::vector<Finding>& all) : rule_(rule), all_(all) {}
  void add(int line, std::string found, std::string change) {
    all_.push_back({rule_, line, std::move(found), std::move(change)});
  }

 private:
  std::string_view rule_;
  std::vector<Finding>& all_;
};

struct WorkloadRule {
  std::string_view id;
  void (*run)(const Workload&, Findings&);
};
struct ObjectRule {
  std::string_view id;
  void (*run)(const document::Node& object, Findings&);
};
// Sees all objects of a file, because they belong together.
struct FileRule {
  std::string_view id;
  void (*run)(std::span<const document::Node* const> objects, std::span<const Workload> workloads,
              Findings&);
};

std::span<const WorkloadRule> stopping_rules();
std::span<const WorkloadRule> pod_rules();
std::span<const ObjectRule> object_rules();
std::span<const FileRule> file_rules();

}  // namespace ofn::manifest
