#include "dev/api_answers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/base64.h"
#include "base/nearest.h"
#include "document/json.h"

namespace ofn::dev {

namespace {

using document::Node;

int status_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return 400;
    case Code::kNotFound:
      return 404;
    case Code::kUnimplemented:
      return 405;
    case Code::kFailedPrecondition:
      return 409;
    case Code::kResourceExhausted:
      return 429;
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

}  // namespace

void answer(wire::ExchangePtr exchange, const Node& node, int status) {
  exchange->respond(
      Response(document::to_json(node) + "\n").status(status).content_type("application/json"));
}

void answer_error(wire::ExchangePtr exchange, const Error& error) {
  answer(std::move(exchange),
         Node::object({{"error", Node::object({{"code", std::string(code_name(error.code()))},
                                               {"message", error.message()}})}}),
         status_of(error.code()));
}

AskedMembers::AskedMembers(const Node& node) : node_(node) {
  if (!node.is(Node::Kind::kObject)) problem_ = "expected a JSON object";
}

void AskedMembers::complain(std::string problem) {
  if (!problem_) problem_ = std::move(problem);
}

const Node* AskedMembers::find(std::string_view name, Node::Kind kind, std::string_view expected) {
  read_.emplace_back(name);
  const Node* member = node_.find_value(name);
  if (member == nullptr || member->is(kind)) return member;
  complain(std::string(name) + ": expected " + std::string(expected));
  return nullptr;
}

std::optional<std::string> AskedMembers::text(std::string_view name) {
  const Node* member = find(name, Node::Kind::kText, "a string");
  return member == nullptr ? std::nullopt : std::optional(member->text());
}

std::optional<bool> AskedMembers::flag(std::string_view name) {
  const Node* member = find(name, Node::Kind::kBool, "true or false");
  return member == nullptr ? std::nullopt : std::optional(member->text() == "true");
}

std::optional<std::uint64_t> AskedMembers::number(std::string_view name) {
  constexpr double kMost = 1e12;
  const Node* member = find(name, Node::Kind::kNumber, "a number");
  if (member == nullptr) return std::nullopt;
  const double value = member->real();
  if (!(value >= 0 && value <= kMost) || std::floor(value) != value) {
    complain(std::string(name) + ": expected a whole number from 0");
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(value);
}

std::vector<std::pair<std::string, std::string>> AskedMembers::fields(std::string_view name) {
  std::vector<std::pair<std::string, std::string>> fields;
  const Node* list = find(name, Node::Kind::kList, R"(a list of {"name", "value"})");
  if (list == nullptr) return fields;
  for (const Node& item : list->items()) {
    const Node* field = item.find("name");
    const Node* value = item.find("value");
    if (field == nullptr || value == nullptr || !field->is(Node::Kind::kText) ||
        !value->is(Node::Kind::kText)) {
      complain(std::string(name) + R"(: expected a list of {"name", "value"})");
      break;
    }
    fields.emplace_back(field->text(), value->text());
  }
  return fields;
}

std::string AskedMembers::body() {
  auto body = text("body");
  const auto encoded = text("body_base64");
  if (!encoded) return std::move(body).value_or("");
  if (body) complain("body and body_base64: only one of them is expected");
  auto decoded = base64_decode(*encoded);
  if (!decoded) complain("body_base64: expected Base64");
  return std::move(decoded).value_or("");
}

std::vector<std::pair<std::string, std::string>> AskedMembers::texts(std::string_view name) {
  std::vector<std::pair<std::string, std::string>> texts;
  const Node* object = find(name, Node::Kind::kObject, "an object");
  if (object == nullptr) return texts;
  for (const Node& member : object->members()) {
    if (!member.is_scalar() && member.kind() != Node::Kind::kNull)
      complain(std::string(name) + "." + member.key() + ": expected a string, a number or a bool");
    texts.emplace_back(member.key(), member.kind() == Node::Kind::kNull ? "null" : member.text());
  }
  return texts;
}

std::optional<std::string> AskedMembers::problem() const {
  if (problem_) return problem_;
  for (const Node& member : node_.members()) {
    if (std::ranges::find(read_, member.key()) != read_.end()) continue;
    const std::string nearest = nearest_word(member.key(), read_);
    return "unknown member \"" + member.key() + "\"" +
           (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?");
  }
  return std::nullopt;
}

}  // namespace ofn::dev
