#include "kit/json_differences.h"

#include <cstddef>
#include <vector>

#include "document/json.h"

namespace ofn::kit {

namespace {

using document::Node;

constexpr std::size_t kMostDifferences = 20;
constexpr std::size_t kLongestValue = 200;

std::string shown(const Node& node) {
  std::string text = document::to_json(node);
  if (text.size() > kLongestValue) text = text.substr(0, kLongestValue) + "…";
  return text;
}

// Numbers without a fraction are compared as texts, because a double does not hold all of them.
bool are_equal_numbers(const Node& expected, const Node& actual) {
  return expected.text() == actual.text() || expected.real() == actual.real();
}

class Comparison {
 public:
  void compare(const Node& expected, const Node& actual, const std::string& path) {
    if (expected.kind() != actual.kind()) return differ(path, expected, actual);
    switch (expected.kind()) {
      case Node::Kind::kNull:
        return;
      case Node::Kind::kNumber:
        if (!are_equal_numbers(expected, actual)) differ(path, expected, actual);
        return;
      case Node::Kind::kBool:
      case Node::Kind::kText:
        if (expected.text() != actual.text()) differ(path, expected, actual);
        return;
      case Node::Kind::kList:
        return compare_lists(expected, actual, path);
      case Node::Kind::kObject:
        return compare_objects(expected, actual, path);
    }
  }

  std::string text() const {
    std::string text;
    for (const std::string& line : lines_) text += (text.empty() ? "  " : "\n  ") + line;
    if (left_out_ > 0) text += "\n  and " + std::to_string(left_out_) + " more";
    return text;
  }

 private:
  void compare_lists(const Node& expected, const Node& actual, const std::string& path) {
    const auto wanted = expected.items();
    const auto got = actual.items();
    for (std::size_t i = 0; i < wanted.size() || i < got.size(); ++i) {
      const std::string item = path + "[" + std::to_string(i) + "]";
      if (i >= got.size()) {
        tell(item + ": expected " + shown(wanted[i]) + ", got nothing");
      } else if (i >= wanted.size()) {
        tell(item + ": expected nothing, got " + shown(got[i]));
      } else {
        compare(wanted[i], got[i], item);
      }
    }
  }
  void compare_objects(const Node& expected, const Node& actual, const std::string& path) {
    for (const Node& member : expected.members()) {
      const Node* const other = actual.find(member.key());
      const std::string name = path + "." + member.key();
      if (other == nullptr) {
        tell(name + ": expected " + shown(member) + ", got nothing");
      } else {
        compare(member, *other, name);
      }
    }
    for (const Node& member : actual.members()) {
      if (expected.find(member.key()) == nullptr)
        tell(path + "." + member.key() + ": expected nothing, got " + shown(member));
    }
  }
  void differ(const std::string& path, const Node& expected, const Node& actual) {
    tell(path + ": expected " + shown(expected) + ", got " + shown(actual));
  }
  void tell(std::string line) {
    if (lines_.size() < kMostDifferences) {
      lines_.push_back(std::move(line));
    } else {
      ++left_out_;
    }
  }

  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
};

}  // namespace

std::string json_differences(std::string_view expected, std::string_view actual) {
  const auto wanted = document::parse_json(expected);
  if (!wanted) {
    return "  the expected text is not JSON: line " + std::to_string(wanted.error().line) +
           ", column " + std::to_string(wanted.error().column) + ": " + wanted.error().reason;
  }
  const auto got = document::parse_json(actual);
  if (!got) {
    std::string text(actual.substr(0, kLongestValue));
    return "  the body is not JSON: " + (text.empty() ? "it is empty" : text);
  }
  Comparison comparison;
  comparison.compare(wanted->root, got->root, "$");
  return comparison.text();
}

}  // namespace ofn::kit
