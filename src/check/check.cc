#include "check/check.h"

#include <utility>

#include "check/facts.h"
#include "manifest/check.h"

namespace ofn::check {

void check_manifests(const Facts& facts, Findings& findings) {
  for (const Text& text : facts.project.manifests) {
    for (manifest::Finding& finding : manifest::check(text.content).findings) {
      findings.add("OFN5001", line_spot(text, static_cast<std::size_t>(finding.line)),
                   std::move(finding.found), std::move(finding.change), std::string(finding.rule));
    }
  }
}

std::vector<Finding> check(const Project& project) {
  Facts facts{.project = project};
  Findings findings;
  for (const Text& source : project.sources)
    facts.sources.push_back({&source, code_names(source.content)});
  check_env_files(facts, findings);
  check_contexts(facts, findings);
  check_components(facts, findings);
  check_connections(facts, findings);
  check_code(facts, findings);
  check_manifests(facts, findings);
  return std::move(findings).take();
}

}  // namespace ofn::check
