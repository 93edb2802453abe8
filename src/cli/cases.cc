#include "cli/cases.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "base/base64.h"
#include "base/joined.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "document/json.h"
#include "kit/json_differences.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;
using document::Node;

constexpr std::size_t kLongestName = 40;

std::optional<int> number_of(const Node& node, std::string_view name) {
  const Node* found = node.find(name);
  int number = 0;
  if (found == nullptr || !found->is(Node::Kind::kNumber)) return std::nullopt;
  const std::string& text = found->text();
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc())
    return std::nullopt;
  return number;
}

// Returns the pointers of an RFC 9457 body, as they are without the '#' of a URI.
std::vector<std::string> pointers_in(const Node& problem) {
  std::vector<std::string> pointers;
  const Node* errors = problem.find("errors");
  if (errors == nullptr) return pointers;
  for (const Node& error : errors->items()) {
    std::string_view pointer = error.find_text("pointer");
    if (pointer.starts_with('#')) pointer.remove_prefix(1);
    pointers.emplace_back(pointer);
  }
  return pointers;
}

std::string problem_of_pointer(const std::string& pointer, const CaseAnswer& answer) {
  const auto problem = document::json_value(answer.body);
  if (!problem) return "the body is not application/problem+json";
  const std::vector<std::string> named = pointers_in(*problem);
  if (pointer.empty() || std::ranges::find(named, pointer) != named.end()) return "";
  return "the answer must name the mistake at " + pointer +
         (named.empty() ? ", and names none" : ", and names " + joined(named));
}

std::string indented(const Node& node) { return document::to_indented_json(node) + "\n"; }

}  // namespace

std::string problem_of(const Expected& expected, const CaseAnswer& answer) {
  const std::string status = std::to_string(answer.status);
  const bool is_declared =
      std::ranges::find(expected.or_one_of, answer.status) != expected.or_one_of.end();
  if (expected.status && answer.status != *expected.status)
    return "answered " + status + ", and must answer " + std::to_string(*expected.status);
  if (expected.below && answer.status >= *expected.below && !is_declared)
    return "answered " + status + ", and must answer below " + std::to_string(*expected.below);
  if (expected.pointer) {
    if (auto problem = problem_of_pointer(*expected.pointer, answer); !problem.empty())
      return problem;
  }
  if (!expected.json) return "";
  const std::string differences =
      kit::json_differences(document::to_json(*expected.json), answer.body);
  return differences.empty() ? "" : "the body differs:\n" + differences;
}

Node node_of(const Case& one) {
  Node node = Node::object({{"method", one.method}, {"path", one.path}});
  if (!one.about.empty()) node.set("about", one.about);
  if (!one.found.empty()) node.set("found", one.found);
  if (!one.fields.empty()) {
    Node fields = Node::list();
    for (const auto& [name, value] : one.fields)
      fields.add(Node::object({{"name", name}, {"value", value}}));
    node.set("fields", std::move(fields));
  }
  if (auto json = document::json_value(one.body)) {
    node.set("json", *std::move(json));
  } else if (is_utf8(one.body)) {
    node.set("body", one.body);
  } else {
    node.set("body_base64", base64_encode(one.body));
  }
  Node expected = Node::object();
  const Expected& wanted = one.expected;
  if (wanted.status) expected.set("status", Node::number(*wanted.status));
  if (wanted.below) expected.set("below", Node::number(*wanted.below));
  if (!wanted.or_one_of.empty()) {
    Node list = Node::list();
    for (const int status : wanted.or_one_of) list.add(Node::number(status));
    expected.set("or_one_of", std::move(list));
  }
  if (wanted.pointer) expected.set("pointer", *wanted.pointer);
  if (wanted.json) expected.set("json", *wanted.json);
  node.set("expected", std::move(expected));
  return node;
}

Result<Case> case_of(const Node& node, std::string name) {
  Case one{.name = std::move(name)};
  if (!node.is(Node::Kind::kObject)) return fail(Code::kInvalidArgument, "it is not an object");
  one.method = node.find_text("method");
  one.path = node.find_text("path");
  if (one.method.empty()) return fail(Code::kInvalidArgument, "it has no \"method\"");
  if (!one.path.starts_with('/'))
    return fail(Code::kInvalidArgument, "its \"path\" does not begin with /");
  if (const Node* fields = node.find("fields")) {
    for (const Node& field : fields->items())
      one.fields.emplace_back(field.find_text("name"), field.find_text("value"));
  }
  if (const Node* json = node.find("json")) {
    one.body = document::to_json(*json);
  } else if (const std::string_view coded = node.find_text("body_base64"); !coded.empty()) {
    auto bytes = base64_decode(coded);
    if (!bytes) return fail(Code::kInvalidArgument, "its \"body_base64\" is not base64");
    one.body = *std::move(bytes);
  } else {
    one.body = node.find_text("body");
  }
  one.about = node.find_text("about");
  one.found = node.find_text("found");
  const Node* expected = node.find("expected");
  if (expected == nullptr || !expected->is(Node::Kind::kObject))
    return fail(Code::kInvalidArgument, "it has no object \"expected\"");
  one.expected.status = number_of(*expected, "status");
  one.expected.below = number_of(*expected, "below");
  if (const Node* list = expected->find("or_one_of")) {
    for (const Node& status : list->items())
      one.expected.or_one_of.push_back(static_cast<int>(status.real()));
  }
  if (const Node* pointer = expected->find("pointer")) one.expected.pointer = pointer->text();
  if (const Node* json = expected->find("json")) one.expected.json = *json;
  return one;
}

fs::path folder_of_cases(const fs::path& folder) { return folder / "testdata" / "cases"; }

Result<std::vector<Case>> read_cases(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json" && !entry.path().filename().native().starts_with('.'))
      files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Case> cases;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto node = document::json_value(text);
    auto one = node ? case_of(*node, file.stem().native())
                    : Result<Case>(fail(Code::kInvalidArgument, "it is not JSON"));
    if (!one) {
      return fail(Code::kInvalidArgument, file.native() + " is no case: " + one.error().message() +
                                              "; correct it, or remove it");
    }
    cases.push_back(*std::move(one));
  }
  return cases;
}

Result<void> save_case(const fs::path& folder, const Case& one) {
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path file = folder / (one.name + ".json");
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << indented(node_of(one));
  out.close();
  if (!out) return fail(Code::kPermissionDenied, "cannot write " + file.native());
  return {};
}

std::string name_of(const Case& one) {
  std::string name;
  for (const char c : one.path.substr(0, kLongestName)) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (is_plain) name += c;
    if (!is_plain && !name.empty() && !name.ends_with('-')) name += '-';
  }
  if (name.empty()) name = "root";
  if (!name.ends_with('-')) name += '-';
  return name + sha256_hex(one.method + " " + one.path + "\n" + one.body).substr(0, 8);
}

}  // namespace ofn::cli
