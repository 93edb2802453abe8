#include "context/object_reader.h"

#include <algorithm>
#include <utility>

#include "context/units.h"

namespace ofn {
namespace {

using Kind = JsonNode::Kind;

bool is_plain(std::string_view key) {
  return !key.empty() && key.size() <= 80 && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

bool is_scalar(const JsonNode& node) {
  return node.kind == Kind::kString || node.kind == Kind::kNumber || node.kind == Kind::kBool;
}

}  // namespace

std::string json_path(std::string_view parent, std::string_view key) {
  std::string path(parent);
  return is_plain(key) ? path + '.' + std::string(key) : path + '[' + quoted(key) + ']';
}

std::string json_path(std::string_view parent, std::size_t index) {
  return std::string(parent) + '[' + std::to_string(index) + ']';
}

std::string describe(const JsonNode* node, Reveal reveal) {
  if (node == nullptr) return "nothing";
  const bool show = reveal == Reveal::kValue;
  switch (node->kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return show ? node->text : "true or false";
    case Kind::kNumber:
      return show ? "the number " + node->text.substr(0, 40) : "a number";
    case Kind::kString:
      return show ? quoted(node->text) : "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "nothing";
}

ObjectReader::ObjectReader(const JsonNode& node, std::string path, Report& report)
    : node_(&node), path_(std::move(path)), report_(&report) {
  if (node.kind == Kind::kObject) return;
  static const JsonNode empty_object{.kind = Kind::kObject};
  report.problem(path_, "an object", describe(&node, Reveal::kHidden));
  node_ = &empty_object;
  ok_ = false;
}

const JsonNode* ObjectReader::member(std::string_view name) {
  known(name);
  return node_->find(name);
}

void ObjectReader::wrong(std::string_view name, std::string expected, std::string found) {
  report_->problem(path(name), std::move(expected), std::move(found));
  ok_ = false;
}

std::string ObjectReader::text(std::string_view name, Reveal reveal) {
  const JsonNode* node = member(name);
  if (node == nullptr) return {};
  if (is_scalar(*node)) return node->text;
  wrong(name, "a string", describe(node, reveal));
  return {};
}

std::optional<bool> ObjectReader::boolean(std::string_view name) {
  const JsonNode* node = member(name);
  if (node == nullptr || (node->kind == Kind::kString && node->text.empty())) return std::nullopt;
  const std::optional<bool> value = is_scalar(*node) ? parse_switch(node->text) : std::nullopt;
  if (!value) wrong(name, "true or false", describe(node));
  return value;
}

std::optional<std::uint16_t> ObjectReader::port(std::string_view name) {
  const JsonNode* node = member(name);
  if (node == nullptr) return std::nullopt;
  if (node->kind == Kind::kString || node->kind == Kind::kNumber) {
    std::string_view text = node->text;
    // Some writers know only one kind of number.
    if (node->kind == Kind::kNumber && text.ends_with(".0")) text.remove_suffix(2);
    if (text.empty() || text == "0") return std::nullopt;
    if (const auto port = parse_port(text)) return port;
  }
  wrong(name, "a port from 1 to 65535", describe(node));
  return std::nullopt;
}

std::map<std::string, std::string> ObjectReader::texts(std::string_view name) {
  std::map<std::string, std::string> result;
  const std::vector<JsonNode>* children = children_of(name, Kind::kObject);
  if (children == nullptr) return result;
  for (const JsonNode& child : *children) {
    if (is_scalar(child)) {
      result.emplace(child.key, child.text);
    } else if (child.kind != Kind::kNull) {
      report_->problem(json_path(path(name), child.key), "a string",
                       describe(&child, Reveal::kHidden));
      ok_ = false;
    }
  }
  return result;
}

std::vector<std::string> ObjectReader::list(std::string_view name) {
  std::vector<std::string> result;
  const std::vector<JsonNode>* children = children_of(name, Kind::kArray);
  if (children == nullptr) return result;
  std::size_t index = 0;
  for (const JsonNode& child : *children) {
    const std::size_t at = index++;
    if (is_scalar(child)) {
      if (!child.text.empty()) result.push_back(child.text);
    } else if (child.kind != Kind::kNull) {
      report_->problem(json_path(path(name), at), "a string", describe(&child));
      ok_ = false;
    }
  }
  return result;
}

std::optional<ObjectReader> ObjectReader::object(std::string_view name) {
  const JsonNode* node = member(name);
  if (node == nullptr) return std::nullopt;
  ObjectReader nested(*node, path(name), *report_);
  if (!nested.ok()) ok_ = false;
  return nested;
}

const std::vector<JsonNode>* ObjectReader::children_of(std::string_view name, Kind kind) {
  const JsonNode* node = member(name);
  if (node == nullptr) return nullptr;
  if (node->kind == kind) return &node->children;
  wrong(name, kind == Kind::kArray ? "an array" : "an object", describe(node, Reveal::kHidden));
  return nullptr;
}

void ObjectReader::note_unknown() {
  for (const JsonNode& child : node_->children) {
    if (std::find(known_.begin(), known_.end(), child.key) != known_.end()) continue;
    report_->note(Level::kDebug, path(child.key), "unknown member, ignored");
  }
}

}  // namespace ofn
