#include "cli/generated_cases.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/random.h"
#include "dev/schema_values.h"
#include "dev/value_changes.h"
#include "document/json.h"

namespace ofn::cli {

namespace {

using document::Node;

constexpr std::array<std::string_view, 8> kMethods = {"get",   "put",     "post", "delete",
                                                      "patch", "options", "head", "trace"};

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

std::vector<int> declared_failures(const Node& operation) {
  std::vector<int> statuses;
  const Node* responses = operation.find("responses");
  if (responses == nullptr) return statuses;
  for (const Node& response : responses->members()) {
    int status = 0;
    const std::string& key = response.key();
    if (std::from_chars(key.data(), key.data() + key.size(), status).ec == std::errc() &&
        status >= 500)
      statuses.push_back(status);
  }
  return statuses;
}

// Returns true if the place stands for any number of parts (typed/openapi.h).
bool is_rest(const Node* parameters, std::string_view name) {
  return parameters != nullptr && std::ranges::any_of(parameters->items(), [&](const Node& each) {
           return each.find_text("name") == name && !each.find_text("description").empty();
         });
}

// Fills the places of a path; those for the rest of a path get nothing.
std::string filled(std::string_view path, const Node* parameters, Random& random) {
  static constexpr std::array kParts = {
      "7", "0", "abc", "a%20b", "-1", "%C3%A9", "99999999999999999999"};
  std::string made;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] != '{') {
      made += path[at];
      continue;
    }
    const std::size_t end = std::min(path.find('}', at), path.size() - 1);
    if (!is_rest(parameters, path.substr(at + 1, end - at - 1)))
      made += kParts[random() % kParts.size()];
    at = end;
  }
  return made;
}

}  // namespace

GeneratedCases::GeneratedCases(Node openapi, std::uint64_t seed)
    : openapi_(std::move(openapi)), seed_(seed) {
  const Node* paths = openapi_.find("paths");
  if (paths == nullptr) return;
  for (const Node& path : paths->members()) {
    const Node* parameters = path.find("parameters");
    for (const std::string_view method : kMethods) {
      const Node* operation = path.find(method);
      const Node* at = operation;
      for (const std::string_view name : {"requestBody", "content", "application/json", "schema"}) {
        if (at != nullptr) at = at->find(name);
      }
      if (at == nullptr) continue;
      operations_.push_back({.method = upper(method),
                             .path = path.key(),
                             .parameters = parameters == nullptr ? Node() : *parameters,
                             .schema = *at,
                             .failures = declared_failures(*operation)});
    }
  }
}

Case GeneratedCases::at(std::size_t number) const {
  const Operation& operation = operations_[number % operations_.size()];
  // Any odd number spreads the seeds; this one is 2^64 divided by the golden ratio.
  Random random(seed_ + 0x9E3779B97F4A7C15ULL * (number + 1));
  dev::SchemaValues values(openapi_, random);
  Case made{.name = "case " + std::to_string(number + 1),
            .method = operation.method,
            .path = filled(operation.path, &operation.parameters, random),
            .fields = {{"content-type", "application/json"}, {"accept", "application/json"}}};
  const bool is_wrong = number / operations_.size() % 2 == 1;
  if (is_wrong && random() % 32 == 0) {
    static constexpr std::array kBroken = {"", "{", "[1,", "{\"a\":1,}", "nul", "\"\xC3\"", "1 2"};
    made.body = kBroken[random() % kBroken.size()];
    made.about = "not JSON";
    made.expected = {.status = 400, .pointer = ""};
    return made;
  }
  if (is_wrong) {
    if (auto mistaken = values.mistaken(operation.schema)) {
      made.body = document::to_json(mistaken->value);
      made.about =
          (mistaken->pointer.empty() ? "the body" : mistaken->pointer) + ": " + mistaken->what;
      made.expected = {.status = 400, .pointer = mistaken->pointer};
      return made;
    }
  }
  made.body = document::to_json(values.valid(operation.schema));
  made.expected = {.below = 500, .or_one_of = operation.failures};
  return made;
}

std::vector<Case> smaller_cases(const Case& one) {
  std::vector<Case> all;
  const auto value = document::json_value(one.body);
  if (!value) return all;
  for (const Node& smaller : dev::smaller_values(*value, one.expected.pointer.value_or(""))) {
    Case next = one;
    next.body = document::to_json(smaller);
    if (next.body != one.body) all.push_back(std::move(next));
  }
  return all;
}

}  // namespace ofn::cli
