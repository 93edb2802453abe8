#include "dev/example_value.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "document/json.h"

namespace ofn::dev {

namespace {

using document::Node;

constexpr int kDeepest = 8;                 // of optional things; a recursive type ends there
constexpr int kDeepestOfAll = 64;           // a schema that no value fits ends there
constexpr std::size_t kLongestText = 4096;  // a longer one is no example
constexpr std::size_t kMostItems = 100;

class Pattern {
 public:
  explicit Pattern(std::string_view text) : text_(text) {}

  std::optional<std::string> text() {
    auto made = alternatives();
    if (!made || at_ != text_.size()) return std::nullopt;
    return made;
  }

 private:
  bool ends() const { return at_ >= text_.size(); }

  // The first one that this understands; all must be read.
  std::optional<std::string> alternatives() {
    auto first = sequence();
    while (first && !ends() && text_[at_] == '|') {
      ++at_;
      if (!sequence()) return std::nullopt;
    }
    return first;
  }

  std::optional<std::string> sequence() {
    std::string made;
    while (!ends() && text_[at_] != '|' && text_[at_] != ')') {
      const auto part = one();
      if (!part) return std::nullopt;
      const auto times = repetitions();
      if (!times) return std::nullopt;
      for (std::size_t i = 0; i < *times && made.size() < kLongestText; ++i) made += *part;
    }
    return made;
  }

  std::optional<std::string> one() {
    const char c = text_[at_++];
    switch (c) {
      case '^':
      case '$':
        return std::string();
      case '.':
        return "a";
      case '(':
        return group();
      case '[':
        return one_of_class();
      case '\\':
        return escaped();
      case '*':
      case '+':
      case '?':
        return std::nullopt;
      default:
        return std::string(1, c);
    }
  }

  std::optional<std::string> group() {
    if (text_.substr(at_).starts_with("?:")) {
      at_ += 2;
    } else if (!ends() && text_[at_] == '?') {
      return std::nullopt;
    }
    auto made = alternatives();
    if (!made || ends() || text_[at_++] != ')') return std::nullopt;
    return made;
  }

  std::optional<std::string> escaped() {
    if (ends()) return std::nullopt;
    const char c = text_[at_++];
    if (c == 'd') return "1";
    if (c == 'w') return "a";
    if (c == 's') return " ";
    if (c == 'D' || c == 'S') return "a";
    if (c == 'W') return "-";
    if (c == 't') return "\t";
    if (c == 'n') return "\n";
    const bool is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_letter) return std::nullopt;
    return std::string(1, c);
  }

  // A printable character that the class has.
  std::optional<std::string> one_of_class() {
    const bool is_negated = !ends() && text_[at_] == '^';
    if (is_negated) ++at_;
    std::array<bool, 128> has{};
    std::string order;
    const auto add = [&](char from, char to) {
      for (int c = static_cast<unsigned char>(from); c <= static_cast<unsigned char>(to); ++c) {
        if (c >= 128) continue;
        has[static_cast<unsigned char>(c)] = true;
        order += static_cast<char>(c);
      }
    };
    for (bool is_first = true; !ends() && (text_[at_] != ']' || is_first); is_first = false) {
      char c = text_[at_++];
      if (c == '[' && !ends() && text_[at_] == ':') return std::nullopt;
      if (c == '\\') {
        const std::size_t place = at_;
        const auto made = escaped();
        if (!made) return std::nullopt;
        const char kind = text_[place];
        if (kind == 'd') add('0', '9');
        if (kind == 'w') {
          add('a', 'z');
          add('A', 'Z');
          add('0', '9');
          add('_', '_');
        }
        if (kind == 'd' || kind == 'w') continue;
        c = made->front();
      }
      if (text_.substr(at_).starts_with("-") && at_ + 1 < text_.size() && text_[at_ + 1] != ']') {
        ++at_;
        char to = text_[at_++];
        if (to == '\\' && !ends()) to = text_[at_++];
        add(c, to);
      } else {
        add(c, c);
      }
    }
    if (ends()) return std::nullopt;
    ++at_;  // ]
    if (!is_negated) {
      if (order.empty()) return std::nullopt;
      return std::string(1, order.front());
    }
    constexpr std::string_view kTried = "abcxyzABC012-_ !";
    for (const char c : kTried) {
      if (!has[static_cast<unsigned char>(c)]) return std::string(1, c);
    }
    return std::nullopt;
  }

  // Returns the fewest, but one rather than none if one is allowed.
  std::optional<std::size_t> repetitions() {
    std::size_t times = 1;
    if (ends()) return times;
    if (text_[at_] == '*' || text_[at_] == '+' || text_[at_] == '?') {
      ++at_;
    } else if (text_[at_] == '{') {
      const std::size_t end = text_.find('}', at_);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
      times = 0;
      std::size_t read = 0;
      for (; read < inside.size() && inside[read] >= '0' && inside[read] <= '9' && times < 10000;
           ++read)
        times = times * 10 + static_cast<std::size_t>(inside[read] - '0');
      if (read == 0 || (read < inside.size() && inside[read] != ',')) return std::nullopt;
      if (times == 0 && inside != "0" && inside != "0,0") times = 1;
      at_ = end + 1;
    } else {
      return times;
    }
    // Lazy and possessive forms match the same texts.
    if (!ends() && (text_[at_] == '?' || text_[at_] == '+')) ++at_;
    return times;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class Example {
 public:
  explicit Example(const Node& root) : root_(root) {}

  Node of(const Node& schema, int depth) const {
    if (depth > kDeepestOfAll) return {};
    if (const Node* fixed = schema.find("const")) return *fixed;
    if (const Node* words = schema.find("enum"); words != nullptr && !words->items().empty())
      return words->items().front();
    if (const Node* other = schema.find("$ref")) {
      const Node* found = referred(other->text());
      return found == nullptr ? Node() : of(*found, depth + 1);
    }
    for (const std::string_view name : {"anyOf", "oneOf"}) {
      const Node* choices = schema.find(name);
      if (choices == nullptr || choices->items().empty()) continue;
      // The value rather than nothing, unless that would never end.
      for (const Node& choice : choices->items()) {
        const bool is_null = choice.find_text("type") == "null";
        if (is_null == (depth >= kDeepest)) return of(choice, depth + 1);
      }
      return of(choices->items().front(), depth + 1);
    }
    const std::string_view type = schema.find_text("type");
    if (type == "object" || schema.find("properties") != nullptr) return object(schema, depth);
    if (type == "array") return array(schema, depth);
    if (type == "integer") return number(schema, true);
    if (type == "number") return number(schema, false);
    if (type == "boolean") return Node::scalar(Node::Kind::kBool, "true");
    if (type == "null") return {};
    if (type == "string") return text(schema);
    return Node::object();
  }

 private:
  const Node* referred(std::string_view name) const {
    if (!name.starts_with("#/")) return nullptr;
    const Node* at = &root_;
    name.remove_prefix(2);
    while (at != nullptr) {
      const std::size_t end = name.find('/');
      at = at->find(name.substr(0, end));
      if (end == std::string_view::npos) return at;
      name.remove_prefix(end + 1);
    }
    return nullptr;
  }

  Node object(const Node& schema, int depth) const {
    Node made = Node::object();
    const Node* required = schema.find("required");
    const auto is_required = [&](std::string_view name) {
      return required != nullptr && std::ranges::any_of(required->items(), [&](const Node& each) {
               return each.text() == name;
             });
    };
    if (const Node* properties = schema.find("properties")) {
      for (const Node& property : properties->members()) {
        if (depth < kDeepest || is_required(property.key()))
          made.set(property.key(), of(property, depth + 1));
      }
    }
    const Node* more = schema.find("additionalProperties");
    if (more == nullptr || !more->is(Node::Kind::kObject)) return made;
    const std::size_t least = schema_count(schema, "minProperties", depth < kDeepest ? 1 : 0);
    for (std::size_t i = 1; i <= std::min(least, kMostItems); ++i)
      made.set("key" + std::to_string(i), of(*more, depth + 1));
    return made;
  }

  Node array(const Node& schema, int depth) const {
    Node made = Node::list();
    if (const Node* items = schema.find("prefixItems")) {
      for (const Node& item : items->items()) made.add(of(item, depth + 1));
    }
    const Node* items = schema.find("items");
    if (items == nullptr || !items->is(Node::Kind::kObject)) return made;
    const std::size_t most = schema_count(schema, "maxItems", kMostItems);
    std::size_t count = schema_count(schema, "minItems", depth < kDeepest ? 1 : 0);
    count = std::min({std::max(count, std::size_t{depth < kDeepest ? 1U : 0U}), most, kMostItems});
    const bool is_set = schema.find("uniqueItems") != nullptr;
    while (made.items().size() < count) {
      Node item = of(*items, depth + 1);
      // A set's items differ.
      if (is_set) item = varied(std::move(item), *items, made.items().size());
      made.add(std::move(item));
    }
    return made;
  }

  static Node varied(Node item, const Node& schema, std::size_t place) {
    if (place == 0) return item;
    if (const Node* words = schema.find("enum"); words != nullptr && place < words->items().size())
      return words->items()[place];
    if (item.is(Node::Kind::kNumber)) return Node::number(item.real() + static_cast<double>(place));
    if (item.is(Node::Kind::kText)) return item.text() + std::to_string(place);
    return item;
  }

  static Node number(const Node& schema, bool is_integer) {
    const Node* least = schema.find("minimum");
    const Node* most = schema.find("maximum");
    const double low = schema_number(schema, "minimum", -std::numeric_limits<double>::infinity());
    const double high = schema_number(schema, "maximum", std::numeric_limits<double>::infinity());
    const double wished = is_integer ? 1 : 1.5;
    if (wished < low) return *least;
    if (wished > high) return *most;
    return Node::number(wished);
  }

  static Node text(const Node& schema) {
    const std::size_t least = std::min(schema_count(schema, "minLength", 0), kLongestText);
    const std::size_t most = schema_count(schema, "maxLength", kLongestText);
    if (const std::string_view pattern = schema.find_text("pattern"); !pattern.empty()) {
      if (auto made = matching_text(pattern)) return *std::move(made);
    }
    const std::string_view format = schema.find_text("format");
    if (format == "date-time") return "2026-01-31T12:00:00Z";
    if (format == "duration") return "PT1M30S";
    if (format == "date") return "2026-01-31";
    if (format == "uuid") return "123e4567-e89b-42d3-a456-426614174000";
    if (schema.find("contentEncoding") != nullptr) return "aGVsbG8=";
    std::string made = "text";
    while (made.size() < least) made += made.size() % 5 == 4 ? ' ' : 'x';
    if (made.size() > most) made.resize(most);
    return made;
  }

  const Node& root_;
};

}  // namespace

double schema_number(const Node& schema, std::string_view name, double otherwise) {
  const Node* member = schema.find(name);
  return member != nullptr && member->is(Node::Kind::kNumber) ? member->real() : otherwise;
}

std::size_t schema_count(const Node& schema, std::string_view name, std::size_t otherwise) {
  return static_cast<std::size_t>(
      std::min(schema_number(schema, name, static_cast<double>(otherwise)), 1e6));
}

std::optional<std::string> matching_text(std::string_view pattern) {
  return Pattern(pattern).text();
}

Node example_of(const Node& schema) { return Example(schema).of(schema, 0); }

}  // namespace ofn::dev
