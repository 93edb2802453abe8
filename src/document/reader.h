// Reads the members of an object of a tree into plain values. It accepts the forms that different
// writers use (null for an absent member, numbers as strings and the reverse) and reports every
// other mistake with its path and line.
//
//   Report report{.source = "FUNC_CONTEXT", .problems = problems, .notes = notes};
//   Reader object(node, "$.outputs.archive", report);
//   std::string topic = object.text("topic");   // "" if absent; a Problem if it is a list
//   object.note_unknown();                          // last: a debug note for each member that was not read
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "document/node.h"
#include "document/problem.h"

namespace ofn::document {

// The names of the kinds of nodes in the words of a format.
struct Words {
  std::string_view object;
  std::string_view list;
  std::string_view text;
};
inline constexpr Words kJsonWords{.object = "an object", .list = "an array", .text = "a string"};
inline constexpr Words kYamlWords{.object = "a mapping", .list = "a list", .text = "a text"};

// Collects the mistakes and notes of one source.
struct Report {
  std::string source;  // "FUNC_CONTEXT", "components/a.yaml"
  std::vector<Problem>& problems;
  std::vector<Note>& notes;
  Words words = kJsonWords;

  void problem(std::string path, std::string expected, std::string found, int line = 0) {
    problems.push_back({source, std::move(path), std::move(expected), std::move(found), line});
  }
  void note(Level level, std::string_view path, std::string_view text) {
    notes.push_back({level, source + ' ' + std::string(path) + ": " + std::string(text)});
  }
};

// "$.outputs" + "archive" → "$.outputs.archive". Keys that would be ambiguous are quoted:
// $.outputs["a b"]. An empty parent adds nothing: "spec".
std::string path_to(std::string_view parent, std::string_view key);
std::string path_to(std::string_view parent, std::size_t index);

// Returns "nothing", "an array", "the number 5", "\"text\"". kHidden names only the kind, for
// values that may be secret.
enum class Reveal { kValue, kHidden };
std::string describe(const Node* node, const Words& words, Reveal reveal = Reveal::kValue);

// How the note about a member that was not read ends.
inline constexpr std::string_view kUnknownMember = "unknown member, ignored";

// Lifetime: the node and the report outlive the reader.
class Reader {
 public:
  // A node that is not an object is reported and then read as an empty object.
  Reader(const Node& node, std::string path, Report& report);

  const std::string& path() const { return path_; }
  std::string path(std::string_view name) const { return path_to(path_, name); }
  int line() const { return node_->line(); }
  // Returns the line of a member, or of the object if it has no such member.
  int line(std::string_view name) const;
  // Returns false if a member that was read has the wrong kind, which has then been reported.
  bool ok() const { return ok_; }

  // Returns nullptr if the member is absent or null.
  const Node* member(std::string_view name);
  // A string, or a number or bool in its own text; "" if absent.
  std::string text(std::string_view name, Reveal reveal = Reveal::kValue);
  // The same, and a problem if it is absent or empty.
  std::string required_text(std::string_view name, std::string_view expected);
  // A map of texts; null members are left out. The values are never shown: they may be secret.
  std::map<std::string, std::string> texts(std::string_view name);
  // A list of texts; empty and null items are left out.
  std::vector<std::string> list(std::string_view name);
  // A nested object; nullopt if absent.
  std::optional<Reader> object(std::string_view name);
  // The same, but reports an absent member. Also returns nullopt for a node that is not an object.
  std::optional<Reader> required_object(std::string_view name);
  // Calls `use(key, reader)` for each nested object of an object or of a list; skips nulls. The key
  // of a list's item is empty.
  template <class Use>
  void each(std::string_view name, Node::Kind kind, Use use);

  // Reports a mistake in a member.
  void wrong(std::string_view name, std::string expected, std::string found);
  void wrong(std::string_view name, std::string_view expected, const Node* found,
             Reveal reveal = Reveal::kValue);

  void known(std::string_view name) { known_.push_back(name); }
  // Returns the members that were not read.
  std::vector<const Node*> unknown() const;
  void note_unknown();

 private:
  std::span<const Node> children_of(std::string_view name, Node::Kind kind);

  const Node* node_;
  std::string path_;
  Report* report_;
  std::vector<std::string_view> known_;
  bool ok_ = true;
};

template <class Use>
void Reader::each(std::string_view name, Node::Kind kind, Use use) {
  std::size_t index = 0;
  for (const Node& child : children_of(name, kind)) {
    const std::size_t at = index++;
    if (child.is(Node::Kind::kNull)) continue;
    const std::string here = path(name);
    use(child.key(),
        Reader(child, kind == Node::Kind::kList ? path_to(here, at) : path_to(here, child.key()),
               *report_));
  }
}

}  // namespace ofn::document
