// Builds a tree from a parser's events, without recursion. The builder is private to this room.
//
//   TreeBuilder builder(kMaxDepth);
//   if (!builder.open(Node::Kind::kObject, 1)) return too_deep();
//   builder.key("port", 1);
//   if (!builder.add({Node("8080")})) return too_deep();
//   if (!builder.add(builder.close())) return too_deep();
//   Tree tree = std::move(builder).take();
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "document/node.h"

namespace ofn::document {

struct Tree {
  Node root;
  // Keys that occur twice in one object. The last one counts, as in Go and Python.
  std::vector<std::string> duplicates;
};

class TreeBuilder {
 public:
  explicit TreeBuilder(std::size_t max_depth) : max_depth_(max_depth) {}

  struct Finished {
    Node node;
    std::size_t height = 0;  // levels of lists and objects in it
  };

  // Sets the key of the next member.
  void key(std::string name, int line);
  // Adds a node to the innermost open list or object. Returns false if the tree would nest deeper than the limit.
  [[nodiscard]] bool add(Finished finished);
  // Begins a list or an object. Returns false if the tree would nest deeper than the limit.
  [[nodiscard]] bool open(Node::Kind kind, int line);
  // Ends the innermost open list or object and returns it.
  [[nodiscard]] Finished close();

  std::size_t depth() const { return open_.size(); }
  Tree take() && { return {std::move(root_), std::move(duplicates_)}; }

 private:
  struct Open {
    Node::Kind kind = Node::Kind::kList;
    int line = 0;
    std::vector<Node> children{};
    std::size_t height = 1;
    std::string key{};  // of the next member
    int key_line = 0;
  };

  void keep_last_of_duplicates(std::vector<Node>& members);

  const std::size_t max_depth_;
  std::vector<Open> open_;
  Node root_;
  std::vector<std::string> duplicates_;
};

}  // namespace ofn::document
