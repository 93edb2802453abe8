#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "check/report.h"
#include "document/json.h"

namespace ofn::check {

namespace {

using document::Node;

Node text_of(std::string_view text) { return Node::object({{"text", text}}); }

// A relative reference of RFC 3986: other bytes than those of a path are percent-encoded.
std::string uri_of(std::string_view file) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri;
  if (file.starts_with('/')) uri = "file://";
  for (const char c : file) {
    const auto byte = static_cast<unsigned char>(c);
    const bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/+@=").contains(c);
    if (stays) {
      uri += c;
    } else {
      uri += '%';
      uri += kHex[byte >> 4U];
      uri += kHex[byte & 0xFU];
    }
  }
  return uri;
}

Node region_of(const Place& place) {
  Node region = Node::object(
      {{"startLine", Node::number(place.line)}, {"startColumn", Node::number(place.column)}});
  if (place.size > 0) region.set("endColumn", Node::number(place.column + place.size));
  return region;
}

Node artifact_of(const Place& place) { return Node::object({{"uri", uri_of(place.file)}}); }

Node location_of(const Place& place) {
  if (!place.is_file) {
    return Node::object(
        {{"logicalLocations",
          Node::list({Node::object({{"name", place.file}, {"kind", "variable"}})})}});
  }
  return Node::object({{"physicalLocation", Node::object({{"artifactLocation", artifact_of(place)},
                                                          {"region", region_of(place)}})}});
}

Node fix_of(const Finding& finding) {
  const Node replacement = Node::object({{"deletedRegion", region_of(finding.place)},
                                         {"insertedContent", text_of(finding.fix.front().text)}});
  return Node::object(
      {{"description", text_of(finding.change)},
       {"artifactChanges",
        Node::list({Node::object({{"artifactLocation", artifact_of(finding.place)},
                                  {"replacements", Node::list({replacement})}})})}});
}

Node result_of(const Finding& finding) {
  const auto index = std::ranges::find(rules(), finding.id, &Rule::id) - rules().begin();
  const std::string id = finding.detail.empty() ? std::string(finding.id)
                                                : std::string(finding.id) + "/" + finding.detail;
  Node result = Node::object({{"ruleId", id},
                              {"ruleIndex", Node::number(index)},
                              {"level", severity_name(finding.severity)},
                              {"message", text_of(finding.found + ": " + finding.change)},
                              {"locations", Node::list({location_of(finding.place)})}});
  if (!finding.fix.empty()) result.set("fixes", Node::list({fix_of(finding)}));
  return result;
}

Node rule_node(const Rule& rule) {
  return Node::object(
      {{"id", rule.id},
       {"name", rule.name},
       {"shortDescription", text_of(rule.finds)},
       {"defaultConfiguration", Node::object({{"level", severity_name(rule.severity)}})}});
}

}  // namespace

std::string sarif(std::span<const Finding> findings, std::string_view version) {
  std::vector<Node> rule_nodes;
  for (const Rule& rule : rules()) rule_nodes.push_back(rule_node(rule));
  std::vector<Node> results;
  for (const Finding& finding : findings) results.push_back(result_of(finding));
  const Node driver = Node::object({{"name", "functions-framework"},
                                    {"version", version},
                                    {"rules", Node::list(std::move(rule_nodes))}});
  const Node run = Node::object({{"tool", Node::object({{"driver", driver}})},
                                 {"columnKind", "unicodeCodePoints"},
                                 {"results", Node::list(std::move(results))}});
  return document::to_indented_json(
             Node::object({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                           {"version", "2.1.0"},
                           {"runs", Node::list({run})}})) +
         "\n";
}

}  // namespace ofn::check
