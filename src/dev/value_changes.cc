#include "dev/value_changes.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ofn::dev {

namespace {

using document::Node;

// A text is cut between characters: the largest place up to `size`.
std::size_t cut_of(const std::string& text, std::size_t size) {
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return size;
}

class Smaller {
 public:
  Smaller(const Node& value, const std::string& kept) : value_(value), kept_(kept) {}

  std::vector<Node> all() {
    look(value_, "");
    return std::move(all_);
  }

 private:
  bool leads_on(const std::string& pointer) const {
    return !kept_.empty() && (kept_ + "/").starts_with(pointer + "/");
  }
  void put(const std::string& pointer, Node instead) {
    if (!leads_on(pointer)) all_.push_back(replaced(value_, pointer, std::move(instead)));
  }

  void look(const Node& at, const std::string& pointer) {
    switch (at.kind()) {
      case Node::Kind::kObject:
      case Node::Kind::kList:
        return inside(at, pointer);
      case Node::Kind::kText:
        return text(at.text(), pointer);
      case Node::Kind::kNumber:
        return number(at.text(), pointer);
      case Node::Kind::kBool:
        if (at.text() == "true") put(pointer, Node::scalar(Node::Kind::kBool, "false"));
        return;
      case Node::Kind::kNull:
        return;
    }
  }

  void inside(const Node& at, const std::string& pointer) {
    const bool is_list = at.is(Node::Kind::kList);
    std::size_t index = 0;
    for (const Node& child : at.children()) {
      const std::string name = is_list ? std::to_string(index) : child.key();
      ++index;
      if (name.empty() || name.find('/') != std::string::npos)
        continue;  // no pointer without escapes
      const std::string below = pointer + "/" + name;
      // Items before a kept one keep its index.
      if (!leads_on(below) && !(is_list && leads_on(pointer)))
        all_.push_back(replaced(value_, below, std::nullopt));
      look(child, below);
    }
  }

  void text(const std::string& text, const std::string& pointer) {
    if (text.empty()) return;
    put(pointer, Node(""));
    const std::size_t half = cut_of(text, text.size() / 2);
    const std::size_t last = cut_of(text, text.size() - 1);
    if (half > 0) put(pointer, Node(text.substr(0, half)));
    if (last > half) put(pointer, Node(text.substr(0, last)));
    if (std::ranges::any_of(text, [](char c) { return c != 'a'; }))
      put(pointer, Node(std::string(text.size(), 'a')));
  }

  void number(const std::string& text, const std::string& pointer) {
    if (text == "0") return;
    put(pointer, Node::number(0));
    if (text == "1") return;
    put(pointer, Node::number(1));
    std::int64_t whole = 0;
    const char* const end = text.data() + text.size();
    if (std::from_chars(text.data(), end, whole).ptr != end || (whole <= 3 && whole >= -3)) return;
    put(pointer, Node::number(whole / 2));
    put(pointer, Node::number(whole > 0 ? whole - 1 : whole + 1));
  }

  const Node& value_;
  const std::string& kept_;
  std::vector<Node> all_;
};

}  // namespace

Node replaced(const Node& value, std::string_view pointer, const std::optional<Node>& instead) {
  if (pointer.empty()) return instead.value_or(Node());
  pointer.remove_prefix(1);
  const std::string_view name = pointer.substr(0, pointer.find('/'));
  const std::string_view rest = pointer.substr(name.size());
  const bool is_list = value.is(Node::Kind::kList);
  std::vector<Node> children;
  bool is_found = false;
  std::size_t index = 0;
  for (const Node& child : value.children()) {
    const bool is_it = is_list ? std::to_string(index) == name : child.key() == name;
    ++index;
    is_found = is_found || is_it;
    if (is_it && rest.empty() && !instead) continue;
    Node copy = is_it ? replaced(child, rest, instead) : child;
    children.push_back(std::move(copy.with_key(child.key())));
  }
  if (!is_found && instead) {
    Node added = *instead;
    children.push_back(std::move(added.with_key(std::string(name))));
  }
  return is_list ? Node::list(std::move(children)) : Node::object_of(std::move(children));
}

std::vector<Node> smaller_values(const Node& value, const std::string& kept) {
  return Smaller(value, kept).all();
}

}  // namespace ofn::dev
