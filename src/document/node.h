// The content of a JSON or YAML text, as a small tree of values.
//
//   Node event = Node::object({{"id", "7"}, {"count", Node::number(2)}});
//   event.set("topic", "orders");
//   to_json(event);                  // {"id":"7","count":2,"topic":"orders"}   (document/json.h)
//   event.find("count")->text();     // "2"
//
// The tree keeps what a general JSON value loses: a number's own text (a metadata value 1.10 stays "1.10"), the order of
// members, and the line on which each value stands.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ofn::document {

// How deep lists and objects may nest in a text that people write: a context, a component's file.
// Trees are this shallow so that code may walk them recursively. Application data may have
// kMaxDataDepth levels.
inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxDataDepth = 256;

// A value: copying, moving and destroying it includes its children. Copies share their children
// until one of them is changed, so a YAML alias costs nothing, however large its node is.
class Node {
 public:
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kText, kList, kObject };
  using Member = std::pair<std::string_view, Node>;

  Node() = default;  // null
  // Implicit, so that a tree can be written down as nested braces.
  Node(std::string text) : kind_(Kind::kText), text_(std::move(text)) {}
  Node(std::string_view text) : Node(std::string(text)) {}
  Node(const char* text) : Node(std::string(text)) {}

  // A bool or a number in its own text: "true", "1.10".
  static Node scalar(Kind kind, std::string text);
  template <class Number>
    requires std::is_arithmetic_v<Number>
  static Node number(Number value) {
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    return scalar(Kind::kNumber, std::string(std::begin(digits), end));
  }
  static Node list(std::vector<Node> items = {});
  // No key may occur twice.
  static Node object(std::initializer_list<Member> members = {});
  static Node object_of(std::vector<Node> members);  // each has its key()

  Kind kind() const noexcept { return kind_; }
  bool is(Kind kind) const noexcept { return kind_ == kind; }
  // Returns true if the node is a bool, a number or a text.
  bool is_scalar() const noexcept {
    return is(Kind::kBool) || is(Kind::kNumber) || is(Kind::kText);
  }
  bool has_children() const noexcept { return is(Kind::kList) || is(Kind::kObject); }
  // The name of a member of an object; empty for other nodes.
  const std::string& key() const noexcept { return key_; }
  // The text of a scalar; empty for other nodes. YAML's scalars are all texts.
  const std::string& text() const noexcept { return text_; }
  // The line in the text that was parsed, from 1, on which the node (or its key) begins; 0 for a node made by a program.
  int line() const noexcept { return line_; }
  // Items or members, in their order.
  std::span<const Node> children() const noexcept;
  // The children if the node is a list, or if it is an object; otherwise empty.
  std::span<const Node> items() const noexcept {
    return is(Kind::kList) ? children() : std::span<const Node>();
  }
  std::span<const Node> members() const noexcept {
    return is(Kind::kObject) ? children() : std::span<const Node>();
  }

  // Returns the member of that name; nullptr if there is none or if the node is not an object.
  const Node* find(std::string_view name) const noexcept;
  // The same, and nullptr for null, because some writers say "nothing" this way.
  const Node* find_value(std::string_view name) const noexcept;
  // The text of a member that is a text; empty otherwise.
  std::string_view find_text(std::string_view name) const noexcept;

  // Returns the number as a double; zero if it is too small for a double. The node must be a
  // number.
  double real() const noexcept;

  // Sets a member. A new member comes after the others. The node must be an object.
  void set(std::string_view name, Node value);
  // Appends an item. The node must be a list.
  void add(Node item);

  // For parsers.
  Node& with_key(std::string key) {
    key_ = std::move(key);
    return *this;
  }
  Node& with_line(int line) {
    line_ = line;
    return *this;
  }
  std::string take_text() && { return std::move(text_); }

 private:
  Node(Kind kind, std::vector<Node> children);
  std::vector<Node>& own_children();

  Kind kind_ = Kind::kNull;
  int line_ = 0;
  std::string key_;
  std::string text_;
  std::shared_ptr<std::vector<Node>> children_;  // shared by copies; null if there are none
};

}  // namespace ofn::document
