#include "dev/schema_values.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <regex>
#include <string_view>
#include <utility>

#include "dev/example_value.h"
#include "dev/value_changes.h"

namespace ofn::dev {

namespace {

using document::Node;

constexpr int kDeepest = 6;        // of optional things; a recursive type ends there
constexpr int kDeepestOfAll = 64;  // a schema that no value fits ends there
constexpr std::size_t kMostItems = 4;
constexpr std::size_t kMostText = 12;
constexpr std::size_t kLongestTried = 5000;  // a limit above it is not tried

Node bool_of(bool value) { return Node::scalar(Node::Kind::kBool, value ? "true" : "false"); }
Node number_of_text(std::string text) { return Node::scalar(Node::Kind::kNumber, std::move(text)); }

// A whole number of any size, as digits.
struct Whole {
  bool is_negative = false;
  std::string digits = "0";  // without leading zeros
};

bool is_whole(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Whole whole_of(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  return {.is_negative = is_negative && text != "0", .digits = std::string(text)};
}

std::string text_of(const Whole& whole) { return (whole.is_negative ? "-" : "") + whole.digits; }

bool is_shorter(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

bool is_less(const Whole& a, const Whole& b) {
  if (a.is_negative != b.is_negative) return a.is_negative;
  return a.is_negative ? is_shorter(b.digits, a.digits) : is_shorter(a.digits, b.digits);
}

std::string one_more(std::string digits) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] != '9') {
      ++digits[i];
      return digits;
    }
    digits[i] = '0';
  }
  return "1" + digits;
}

std::string one_fewer(std::string digits) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] != '0') {
      --digits[i];
      break;
    }
    digits[i] = '9';
  }
  return whole_of(digits).digits;
}

Whole above(const Whole& whole) {
  if (!whole.is_negative) return {.digits = one_more(whole.digits)};
  return whole_of("-" + one_fewer(whole.digits));
}

Whole below_of(const Whole& whole) {
  if (whole.is_negative || whole.digits == "0")
    return {.is_negative = true, .digits = one_more(whole.digits)};
  return {.digits = one_fewer(whole.digits)};
}

std::optional<Whole> limit_of(const Node& schema, std::string_view name) {
  const Node* limit = schema.find(name);
  if (limit == nullptr || !is_whole(limit->text())) return std::nullopt;
  return whole_of(limit->text());
}

bool is_required(const Node& schema, std::string_view name) {
  const Node* required = schema.find("required");
  return required != nullptr && std::ranges::any_of(required->items(), [&](const Node& each) {
           return each.text() == name;
         });
}

// The reader names no other key.
bool is_plain(std::string_view key) {
  return !key.empty() && key.size() <= 80 && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool matches(const std::string& text, std::string_view pattern) {
  try {
    return std::regex_search(text, std::regex(std::string(pattern)));
  } catch (const std::regex_error&) {
    return true;  // not known to differ
  }
}

// The alternative of a variant with the tag that the value has.
const Node* alternative_of(const Node& choices, const Node& value, std::string& tag) {
  for (const Node& choice : choices.items()) {
    const Node* properties = choice.find("properties");
    if (properties == nullptr) continue;
    for (const Node& property : properties->members()) {
      const Node* fixed = property.find("const");
      if (fixed == nullptr) continue;
      tag = property.key();
      if (value.find_text(tag) == fixed->text()) return &choice;
    }
  }
  return nullptr;
}

}  // namespace

std::size_t SchemaValues::below(std::size_t most) {
  return most == 0 ? 0 : static_cast<std::size_t>(random_() % most);
}

const Node& SchemaValues::resolved(const Node& schema) const {
  const Node* found = &schema;
  for (int i = 0; i < kDeepestOfAll; ++i) {
    const std::string_view name = found->find_text("$ref");
    if (!name.starts_with("#/")) break;
    const Node* at = &root_;
    for (std::string_view rest = name.substr(2); at != nullptr && !rest.empty();) {
      const std::string_view part = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      at = at->find(part);
    }
    if (at == nullptr) break;
    found = at;
  }
  return *found;
}

Node SchemaValues::valid(const Node& schema) { return made(schema, 0); }

Node SchemaValues::made(const Node& schema, int depth) {
  if (depth > kDeepestOfAll) return {};
  const Node& of = resolved(schema);
  if (const Node* fixed = of.find("const")) return *fixed;
  if (const Node* words = of.find("enum"); words != nullptr && !words->items().empty())
    return words->items()[below(words->items().size())];
  if (const Node* choices = of.find("anyOf")) {  // of an optional
    const auto items = choices->items();
    const bool is_none = depth >= kDeepest || one_in(4);
    const auto found = std::ranges::find_if(
        items, [&](const Node& choice) { return (choice.find_text("type") == "null") == is_none; });
    return found == items.end() ? Node() : made(*found, depth + 1);
  }
  if (const Node* choices = of.find("oneOf"); choices != nullptr && !choices->items().empty()) {
    // The first ends a recursion best, because authors write the simple ones first.
    const std::size_t count = choices->items().size();
    return made(choices->items()[depth >= kDeepest ? 0 : below(count)], depth + 1);
  }
  const std::string_view type = of.find_text("type");
  if (type == "object") return object(of, depth);
  if (type == "array") return array(of, depth);
  if (type == "integer") return integer(of);
  if (type == "number") return real(of);
  if (type == "boolean") return bool_of(one_in(2));
  if (type == "string") return text(of);
  if (type == "null") return {};
  return one_in(2) ? Node::object() : Node(random_text(0, kMostText));  // anything fits
}

Node SchemaValues::object(const Node& schema, int depth) {
  Node made_object = Node::object();
  if (const Node* properties = schema.find("properties")) {
    for (const Node& property : properties->members()) {
      const bool is_needed = is_required(schema, property.key());
      if (!is_needed && (depth >= kDeepest || one_in(3))) continue;
      made_object.set(property.key(), made(property, depth + 1));
    }
  }
  const Node* more = schema.find("additionalProperties");
  if (more == nullptr || !more->is(Node::Kind::kObject)) return made_object;
  const std::size_t least = schema_count(schema, "minProperties", 0);
  const std::size_t most = schema_count(schema, "maxProperties", least + kMostItems);
  const std::size_t count = depth >= kDeepest ? least : std::min(least + below(kMostItems), most);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = "key" + std::to_string(i);
    made_object.set(one_in(8) ? key + " é\"" : key, made(*more, depth + 1));
  }
  return made_object;
}

Node SchemaValues::array(const Node& schema, int depth) {
  Node list = Node::list();
  if (const Node* items = schema.find("prefixItems")) {
    for (const Node& item : items->items()) list.add(made(item, depth + 1));
    return list;
  }
  const Node* items = schema.find("items");
  if (items == nullptr) return list;
  const std::size_t least = schema_count(schema, "minItems", 0);
  const std::size_t most = schema_count(schema, "maxItems", least + kMostItems);
  std::size_t count = std::min(least + below(kMostItems), most);
  if (depth >= kDeepest) count = least;
  if (most <= 64 && one_in(6)) count = most;
  const bool is_set = schema.find("uniqueItems") != nullptr;
  for (std::size_t tries = 0; list.items().size() < count && tries < 20 * count + 20; ++tries) {
    Node item = made(*items, depth + 1);
    const bool is_known = is_set && std::ranges::any_of(list.items(), [&](const Node& other) {
                            return other.kind() == item.kind() && other.text() == item.text();
                          });
    if (!is_known) list.add(std::move(item));
  }
  return list;
}

Node SchemaValues::integer(const Node& schema) {
  const auto least = limit_of(schema, "minimum");
  const auto most = limit_of(schema, "maximum");
  std::vector<Whole> fitting;
  const auto add = [&](const Whole& whole) {
    if ((!least || !is_less(whole, *least)) && (!most || !is_less(*most, whole)))
      fitting.push_back(whole);
  };
  for (const char* each : {"0", "1", "-1", "2", "100", "65536", "9007199254740993"})
    add(whole_of(each));
  add(whole_of(std::to_string(random_() >> (1U + below(63)))));
  add(whole_of("-" + std::to_string(random_() >> (1U + below(63)))));
  if (least) {
    add(*least);
    add(above(*least));
  }
  if (most) {
    add(*most);
    add(below_of(*most));
  }
  if (fitting.empty()) return number_of_text("0");
  return number_of_text(text_of(fitting[below(fitting.size())]));
}

Node SchemaValues::real(const Node& schema) {
  const double least = schema_number(schema, "minimum", -std::numeric_limits<double>::max());
  const double most = schema_number(schema, "maximum", std::numeric_limits<double>::max());
  std::vector<double> fitting;
  for (const double each : {0.0, -0.0, 1.0, -1.5, 0.1, 1e-300, 1e15, -1e30, random_.unit(),
                            1000 * random_.unit(), least, most}) {
    if (each >= least && each <= most) fitting.push_back(each);
  }
  if (fitting.empty()) return Node::number(least);
  return Node::number(fitting[below(fitting.size())]);
}

std::string SchemaValues::random_text(std::size_t least, std::size_t most) {
  static constexpr std::array<const char*, 14> kOdd = {
      "\"", "\\",  "/", "<", "&", "%00", "\n", "\t", "é", "ß", "漢", "\xF0\x9D\x84\x9E",
      "'",  "\x7F"};
  const std::size_t count = least + below(std::min(most - least, kMostText) + 1);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const bool is_odd = one_in(6);
    const char* odd = kOdd[below(kOdd.size())];
    if (is_odd && std::string_view(odd) != "%00") {
      text += odd;
    } else {
      text += static_cast<char>(one_in(4) ? ' ' + static_cast<int>(below(95))
                                          : 'a' + static_cast<int>(below(26)));
    }
  }
  return text;
}

Node SchemaValues::text(const Node& schema) {
  if (const std::string_view pattern = schema.find_text("pattern"); !pattern.empty()) {
    if (pattern == "^-?[0-9]+$") return text_of(whole_of(integer(Node::object()).text()));
    if (auto fitting = matching_text(pattern)) return *std::move(fitting);
  }
  const std::string_view format = schema.find_text("format");
  if (format == "date-time") {
    static constexpr std::array kTimes = {"2026-01-31T12:00:00Z", "1970-01-01T00:00:00Z",
                                          "2024-02-29T23:59:59.999999999Z",
                                          "1999-12-31T23:59:59+14:00", "2100-07-01T00:00:00-00:01"};
    return kTimes[below(kTimes.size())];
  }
  if (format == "duration") {
    static constexpr std::array kDurations = {"PT0S", "PT1M30S", "P1D", "PT0.000000001S",
                                              "PT999999S"};
    return kDurations[below(kDurations.size())];
  }
  if (schema.find("contentEncoding") != nullptr) {
    static constexpr std::array kBytes = {"", "AA==", "aGVsbG8=", "/+7dzLuq", "AAAAAAAAAAAAAAAA"};
    return kBytes[below(kBytes.size())];
  }
  const std::size_t least = schema_count(schema, "minLength", 0);
  const std::size_t most = schema_count(schema, "maxLength", least + kMostText);
  if (most <= 1000 && one_in(6)) return std::string(most, 'x');
  return random_text(least, std::max(least, most));
}

std::optional<SchemaValues::Mistaken> SchemaValues::mistaken(const Node& schema) {
  const Node value = valid(schema);
  std::vector<Place> places;
  add_places(schema, value, "", places);
  if (places.empty()) return std::nullopt;
  const Place& place = places[below(places.size())];
  return Mistaken{.value = replaced(value, place.pointer, place.instead),
                  .pointer = place.pointer,
                  .what = place.what};
}

void SchemaValues::add_places(const Node& schema, const Node& value, const std::string& pointer,
                              std::vector<Place>& places) {
  const Node& of = resolved(schema);
  if (const Node* choices = of.find("anyOf")) {
    for (const Node& choice : choices->items()) {
      if (choice.find_text("type") == "null" || value.is(Node::Kind::kNull)) continue;
      add_places(choice, value, pointer, places);
    }
    return;
  }
  if (const Node* choices = of.find("oneOf")) {
    places.push_back({pointer, Node::number(7), "not an object"});
    std::string tag;
    const Node* alternative = alternative_of(*choices, value, tag);
    if (alternative == nullptr || !is_plain(tag)) return;
    places.push_back({pointer + "/" + tag, Node("no such word"), "an unknown tag"});
    add_object(*alternative, value, pointer, places);
    return;
  }
  if (of.find("const") != nullptr) return;
  const std::string_view type = of.find_text("type");
  if (type == "object") {
    places.push_back({pointer, Node::list(), "not an object"});
    add_object(of, value, pointer, places);
  } else if (type == "array") {
    places.push_back({pointer, Node("text"), "not an array"});
    add_array(of, value, pointer, places);
  } else if (type == "boolean") {
    places.push_back({pointer, Node("true"), "not a boolean"});
  } else if (type == "integer" || type == "number") {
    places.push_back({pointer, Node::object(), "not a number"});
    add_number(of, pointer, places);
  } else if (type == "string") {
    places.push_back({pointer, bool_of(true), "not a string"});
    add_text(of, value, pointer, places);
  }
}

void SchemaValues::add_object(const Node& schema, const Node& value, const std::string& pointer,
                              std::vector<Place>& places) {
  const Node* properties = schema.find("properties");
  const Node* more = schema.find("additionalProperties");
  if (properties != nullptr) {
    for (const Node& property : properties->members()) {
      const std::string& name = property.key();
      const Node* member = value.find(name);
      if (!is_plain(name) || member == nullptr) continue;
      const std::string inside = pointer + "/" + name;
      add_places(property, *member, inside, places);
      if (is_required(schema, name)) places.push_back({inside, std::nullopt, "missing"});
    }
    if (more != nullptr && more->text() == "false")
      places.push_back({pointer + "/unknown_member", Node::number(1), "an unknown member"});
    return;
  }
  if (more == nullptr || !more->is(Node::Kind::kObject)) return;
  for (const Node& member : value.members()) {
    if (is_plain(member.key())) add_places(*more, member, pointer + "/" + member.key(), places);
  }
  if (schema_count(schema, "minProperties", 0) > 0)
    places.push_back({pointer, Node::object(), "too few members"});
}

void SchemaValues::add_array(const Node& schema, const Node& value, const std::string& pointer,
                             std::vector<Place>& places) {
  const auto items = value.items();
  const Node* fixed = schema.find("prefixItems");
  const Node* each = schema.find("items");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Node* of = fixed != nullptr && i < fixed->items().size() ? &fixed->items()[i] : each;
    if (of != nullptr) add_places(*of, items[i], pointer + "/" + std::to_string(i), places);
  }
  const std::size_t least = schema_count(schema, "minItems", 0);
  const std::size_t most = schema_count(schema, "maxItems", kLongestTried);
  if (least > 0)
    places.push_back(
        {pointer,
         Node::list({items.begin(), items.begin() + static_cast<std::ptrdiff_t>(
                                                        std::min(items.size(), least - 1))}),
         "too few items"});
  if (most < kLongestTried && !items.empty() && schema.find("uniqueItems") == nullptr) {
    std::vector<Node> many(items.begin(), items.end());
    while (many.size() <= most) many.push_back(items.front());
    places.push_back({pointer, Node::list(std::move(many)), "too many items"});
  }
}

void SchemaValues::add_number(const Node& schema, const std::string& pointer,
                              std::vector<Place>& places) {
  if (schema.find_text("type") == "number") {
    places.push_back({pointer, number_of_text("1e999"), "too large for a double"});
    if (schema.find("minimum") != nullptr && schema_number(schema, "minimum", 0) > -1e300)
      places.push_back({pointer, number_of_text("-1e305"), "too small"});
    if (schema.find("maximum") != nullptr && schema_number(schema, "maximum", 0) < 1e300)
      places.push_back({pointer, number_of_text("1e305"), "too large"});
    return;
  }
  places.push_back({pointer, number_of_text("0.5"), "not a whole number"});
  if (const auto least = limit_of(schema, "minimum"))
    places.push_back({pointer, number_of_text(text_of(below_of(*least))), "too small"});
  if (const auto most = limit_of(schema, "maximum"))
    places.push_back({pointer, number_of_text(text_of(above(*most))), "too large"});
}

void SchemaValues::add_text(const Node& schema, const Node& value, const std::string& pointer,
                            std::vector<Place>& places) {
  if (schema.find("enum") != nullptr) {
    places.push_back({pointer, Node("no such word"), "an unknown word"});
    return;
  }
  if (!schema.find_text("format").empty()) {
    places.push_back({pointer, Node("yesterday"), "no " + std::string(schema.find_text("format"))});
    return;
  }
  if (schema.find("contentEncoding") != nullptr) {
    places.push_back({pointer, Node("*not base64*"), "not base64"});
    return;
  }
  const std::string_view pattern = schema.find_text("pattern");
  for (const char* each : {"", "~", "\x01", "UPPER lower 1"}) {
    if (!pattern.empty() && !matches(each, pattern))
      places.push_back({pointer, Node(each), "not as the pattern has it"});
  }
  const std::size_t least = schema_count(schema, "minLength", 0);
  const std::size_t most = schema_count(schema, "maxLength", kLongestTried);
  if (least > 0)
    places.push_back(
        {pointer, Node(value.text().empty() ? "" : std::string(least - 1, 'x')), "too short"});
  if (most < kLongestTried)
    places.push_back({pointer, Node(std::string(most + 1, 'x')), "too long"});
}

}  // namespace ofn::dev
