#include "document/node.h"

#include <algorithm>
#include <system_error>

#include "base/check.h"

namespace ofn::document {

Node::Node(Kind kind, std::vector<Node> children) : kind_(kind) {
  if (!children.empty()) children_ = std::make_shared<std::vector<Node>>(std::move(children));
}

Node Node::scalar(Kind kind, std::string text) {
  Node node(std::move(text));
  node.kind_ = kind;
  return node;
}

Node Node::list(std::vector<Node> items) { return {Kind::kList, std::move(items)}; }

Node Node::object(std::initializer_list<Member> members) {
  std::vector<Node> children;
  children.reserve(members.size());
  for (const auto& [name, value] : members) {
    children.push_back(value);
    children.back().with_key(std::string(name));
  }
  return object_of(std::move(children));
}

Node Node::object_of(std::vector<Node> members) { return {Kind::kObject, std::move(members)}; }

std::span<const Node> Node::children() const noexcept {
  return children_ == nullptr ? std::span<const Node>() : std::span<const Node>(*children_);
}

const Node* Node::find(std::string_view name) const noexcept {
  if (!is(Kind::kObject)) return nullptr;
  for (const Node& member : children()) {
    if (member.key_ == name) return &member;
  }
  return nullptr;
}

const Node* Node::find_value(std::string_view name) const noexcept {
  const Node* member = find(name);
  return member == nullptr || member->is(Kind::kNull) ? nullptr : member;
}

std::string_view Node::find_text(std::string_view name) const noexcept {
  const Node* member = find(name);
  return member != nullptr && member->is(Kind::kText) ? std::string_view(member->text_)
                                                      : std::string_view();
}

double Node::real() const noexcept {
  OFN_CHECK(is(Kind::kNumber));
  double value = 0;
  const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
  // A parser refuses a number that is too large, so this one is too small.
  if (error == std::errc::result_out_of_range) return text_.starts_with('-') ? -0.0 : 0.0;
  return value;
}

std::vector<Node>& Node::own_children() {
  if (children_ == nullptr) {
    children_ = std::make_shared<std::vector<Node>>();
  } else if (children_.use_count() > 1) {
    children_ = std::make_shared<std::vector<Node>>(*children_);
  }
  return *children_;
}

void Node::set(std::string_view name, Node value) {
  OFN_CHECK(is(Kind::kObject));
  std::vector<Node>& members = own_children();
  value.with_key(std::string(name));
  const auto found = std::ranges::find(members, name, &Node::key_);
  if (found == members.end()) {
    members.push_back(std::move(value));
  } else {
    *found = std::move(value);
  }
}

void Node::add(Node item) {
  OFN_CHECK(is(Kind::kList));
  own_children().push_back(std::move(item));
}

}  // namespace ofn::document
