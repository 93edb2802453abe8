#include "document/reader.h"

#include <algorithm>
#include <utility>

namespace ofn::document {
namespace {

using Kind = Node::Kind;

bool is_plain(std::string_view key) {
  return !key.empty() && key.size() <= 80 && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

}  // namespace

std::string path_to(std::string_view parent, std::string_view key) {
  std::string path(parent);
  if (!is_plain(key)) return path + '[' + quoted(key) + ']';
  if (!path.empty()) path += '.';
  return path + std::string(key);
}

std::string path_to(std::string_view parent, std::size_t index) {
  return std::string(parent) + '[' + std::to_string(index) + ']';
}

std::string describe(const Node* node, const Words& words, Reveal reveal) {
  if (node == nullptr) return "nothing";
  const bool show = reveal == Reveal::kValue;
  switch (node->kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return show ? node->text() : "true or false";
    case Kind::kNumber:
      return show ? "the number " + node->text().substr(0, 40) : "a number";
    case Kind::kText:
      return show ? quoted(node->text()) : std::string(words.text);
    case Kind::kList:
      return std::string(words.list);
    case Kind::kObject:
      return std::string(words.object);
  }
  return "nothing";
}

Reader::Reader(const Node& node, std::string path, Report& report)
    : node_(&node), path_(std::move(path)), report_(&report) {
  if (node.is(Kind::kObject)) return;
  static const Node empty_object = Node::object();
  report.problem(path_, std::string(report.words.object),
                 describe(&node, report.words, Reveal::kHidden), node.line());
  node_ = &empty_object;
  ok_ = false;
}

int Reader::line(std::string_view name) const {
  const Node* node = node_->find(name);
  return node == nullptr ? node_->line() : node->line();
}

const Node* Reader::member(std::string_view name) {
  known(name);
  return node_->find_value(name);
}

void Reader::wrong(std::string_view name, std::string expected, std::string found) {
  report_->problem(path(name), std::move(expected), std::move(found), line(name));
  ok_ = false;
}

void Reader::wrong(std::string_view name, std::string_view expected, const Node* found,
                   Reveal reveal) {
  wrong(name, std::string(expected), describe(found, report_->words, reveal));
}

std::string Reader::text(std::string_view name, Reveal reveal) {
  const Node* node = member(name);
  if (node == nullptr) return {};
  if (node->is_scalar()) return node->text();
  wrong(name, report_->words.text, node, reveal);
  return {};
}

std::string Reader::required_text(std::string_view name, std::string_view expected) {
  const Node* node = member(name);
  std::string found = text(name);
  if (node == nullptr || (node->is_scalar() && found.empty())) wrong(name, expected, nullptr);
  return found;
}

std::map<std::string, std::string> Reader::texts(std::string_view name) {
  std::map<std::string, std::string> result;
  for (const Node& child : children_of(name, Kind::kObject)) {
    if (child.is_scalar()) {
      result.emplace(child.key(), child.text());
    } else if (!child.is(Kind::kNull)) {
      report_->problem(path_to(path(name), child.key()), std::string(report_->words.text),
                       describe(&child, report_->words, Reveal::kHidden), child.line());
      ok_ = false;
    }
  }
  return result;
}

std::vector<std::string> Reader::list(std::string_view name) {
  std::vector<std::string> result;
  std::size_t index = 0;
  for (const Node& child : children_of(name, Kind::kList)) {
    const std::size_t at = index++;
    if (child.is_scalar()) {
      if (!child.text().empty()) result.push_back(child.text());
    } else if (!child.is(Kind::kNull)) {
      report_->problem(path_to(path(name), at), std::string(report_->words.text),
                       describe(&child, report_->words), child.line());
      ok_ = false;
    }
  }
  return result;
}

std::optional<Reader> Reader::object(std::string_view name) {
  const Node* node = member(name);
  if (node == nullptr) return std::nullopt;
  Reader nested(*node, path(name), *report_);
  if (!nested.ok()) ok_ = false;
  return nested;
}

std::optional<Reader> Reader::required_object(std::string_view name) {
  std::optional<Reader> nested = object(name);
  if (!nested) wrong(name, report_->words.object, nullptr);
  if (nested && !nested->ok()) return std::nullopt;
  return nested;
}

std::span<const Node> Reader::children_of(std::string_view name, Kind kind) {
  const Node* node = member(name);
  if (node == nullptr) return {};
  if (node->is(kind)) return node->children();
  wrong(name, kind == Kind::kList ? report_->words.list : report_->words.object, node,
        Reveal::kHidden);
  return {};
}

std::vector<const Node*> Reader::unknown() const {
  std::vector<const Node*> members;
  for (const Node& child : node_->children()) {
    if (std::ranges::find(known_, child.key()) == known_.end()) members.push_back(&child);
  }
  return members;
}

void Reader::note_unknown() {
  for (const Node* child : unknown()) {
    report_->note(Level::kDebug, path(child->key()), kUnknownMember);
  }
}

}  // namespace ofn::document
