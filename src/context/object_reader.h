// Reads the members of a JSON object into plain values, forgiving what the platform varies (null
// for absent, numbers as strings and the reverse) and reporting the rest with its path. Private to
// this room.
//
//   ObjectReader object(node, "$.outputs.archive", report);
//   std::string topic = object.text("topic");   // "" when absent; a Problem when it is an array
//   object.note_unknown();                      // last: a debug note per member nobody asked for
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/json_tree.h"
#include "context/problem.h"

namespace ofn {

// Where the mistakes and remarks of one variable are collected.
struct Report {
  std::string variable;  // "FUNC_CONTEXT"
  std::vector<Problem>& problems;
  std::vector<Note>& notes;

  void problem(std::string path, std::string expected, std::string found) {
    problems.push_back({variable, std::move(path), std::move(expected), std::move(found)});
  }
  void note(Level level, std::string_view path, std::string_view text) {
    notes.push_back({level, variable + ' ' + std::string(path) + ": " + std::string(text)});
  }
};

// "$.outputs" + "archive" → "$.outputs.archive"; keys that would confuse are quoted:
// $.outputs["a b"].
std::string json_path(std::string_view parent, std::string_view key);
std::string json_path(std::string_view parent, std::size_t index);

// "nothing", "an array", "the number 5", "\"text\"". kHidden tells the kind only, for what may be
// secret.
enum class Reveal { kValue, kHidden };
std::string describe(const JsonNode* node, Reveal reveal = Reveal::kValue);

// Lifetime: the node and the report outlive the reader.
class ObjectReader {
 public:
  // `node` that is not an object is reported and then read as an empty one.
  ObjectReader(const JsonNode& node, std::string path, Report& report);

  const std::string& path() const { return path_; }
  std::string path(std::string_view name) const { return json_path(path_, name); }
  // False when a member that was asked for has the wrong kind (it has been reported).
  bool ok() const { return ok_; }

  // nullptr when absent or null.
  const JsonNode* member(std::string_view name);
  // A string, or a number or bool in its own text; "" when absent.
  std::string text(std::string_view name, Reveal reveal = Reveal::kValue);
  // true, false, or a string or number that says so.
  std::optional<bool> boolean(std::string_view name);
  // 1 to 65535; absent, "" and 0 (the Python sibling's default) are nullopt.
  std::optional<std::uint16_t> port(std::string_view name);
  // A map of texts; null members are left out. The values are never shown: they may be secret.
  std::map<std::string, std::string> texts(std::string_view name);
  // A list of texts; empty and null items are left out.
  std::vector<std::string> list(std::string_view name);
  // Nested; nullopt when absent.
  std::optional<ObjectReader> object(std::string_view name);
  // Nested objects of a map or of a list, with null ones left out. `use(key, reader)`; a list's key
  // is empty.
  template <class Use>
  void each(std::string_view name, JsonNode::Kind kind, Use use);

  void known(std::string_view name) { known_.push_back(name); }
  void note_unknown();

 private:
  void wrong(std::string_view name, std::string expected, std::string found);
  const std::vector<JsonNode>* children_of(std::string_view name, JsonNode::Kind kind);

  const JsonNode* node_;
  std::string path_;
  Report* report_;
  std::vector<std::string_view> known_;
  bool ok_ = true;
};

template <class Use>
void ObjectReader::each(std::string_view name, JsonNode::Kind kind, Use use) {
  const std::vector<JsonNode>* children = children_of(name, kind);
  if (children == nullptr) return;
  std::size_t index = 0;
  for (const JsonNode& child : *children) {
    const std::size_t at = index++;
    if (child.kind == JsonNode::Kind::kNull) continue;
    const std::string here = path(name);
    use(child.key, ObjectReader(child,
                                kind == JsonNode::Kind::kArray ? json_path(here, at)
                                                               : json_path(here, child.key),
                                *report_));
  }
}

}  // namespace ofn
