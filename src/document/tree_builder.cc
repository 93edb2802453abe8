#include "document/tree_builder.h"

#include <algorithm>
#include <functional>
#include <ranges>
#include <set>
#include <utility>

namespace ofn::document {

void TreeBuilder::key(std::string name, int line) {
  open_.back().key = std::move(name);
  open_.back().key_line = line;
}

bool TreeBuilder::add(Finished finished) {
  if (open_.size() + finished.height > max_depth_) return false;
  if (open_.empty()) {
    root_ = std::move(finished.node);
    return true;
  }
  Open& parent = open_.back();
  parent.height = std::max(parent.height, finished.height + 1);
  if (parent.kind == Node::Kind::kObject) {
    finished.node.with_key(std::exchange(parent.key, std::string())).with_line(parent.key_line);
  }
  parent.children.push_back(std::move(finished.node));
  return true;
}

bool TreeBuilder::open(Node::Kind kind, int line) {
  if (open_.size() == max_depth_) return false;
  open_.push_back({.kind = kind, .line = line});
  return true;
}

TreeBuilder::Finished TreeBuilder::close() {
  Open ended = std::move(open_.back());
  open_.pop_back();
  const bool is_object = ended.kind == Node::Kind::kObject;
  if (is_object) keep_last_of_duplicates(ended.children);
  Node node = is_object ? Node::object_of(std::move(ended.children))
                        : Node::list(std::move(ended.children));
  node.with_line(ended.line);
  return {std::move(node), ended.height};
}

void TreeBuilder::keep_last_of_duplicates(std::vector<Node>& members) {
  std::set<std::string, std::less<>> seen;
  std::vector<Node> kept;
  kept.reserve(members.size());
  for (Node& member : std::views::reverse(members)) {
    if (seen.insert(member.key()).second) {
      kept.push_back(std::move(member));
    } else {
      duplicates_.push_back(member.key());
    }
  }
  std::ranges::reverse(kept);
  members = std::move(kept);
}

}  // namespace ofn::document
