// The answers of the local API.
//
//   answer(std::move(exchange), document::Node::object({{"waited", "yes"}}));
//   answer_error(std::move(exchange), Error(Code::kNotFound, "no call has the id 1f"));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "document/node.h"
#include "wire/exchange.h"

namespace ofn::dev {

void answer(wire::ExchangePtr exchange, const document::Node& node, int status = 200);
// {"error":{"code":"NOT_FOUND","message":"…"}}, with the status that belongs to the code.
void answer_error(wire::ExchangePtr exchange, const Error& error);

// Reads the members of an object that a client has sent. Every member must be read, or its name is a mistake.
//
//   AskedMembers members(node);
//   const std::string path = members.text("path").value_or("/");
//   if (auto problem = members.problem()) say(*problem);
//
// Lifetime: the node's. Threads: one at a time.
class AskedMembers {
 public:
  explicit AskedMembers(const document::Node& node);

  std::optional<std::string> text(std::string_view name);
  std::optional<bool> flag(std::string_view name);
  std::optional<std::uint64_t> number(std::string_view name);
  // "fields": [{"name","value"}].
  std::vector<std::pair<std::string, std::string>> fields(std::string_view name);
  // "body", or "body_base64".
  std::string body();
  // {"name":"value"}; other scalars count as their text.
  std::vector<std::pair<std::string, std::string>> texts(std::string_view name);
  void complain(std::string problem);
  // The first mistake; also a member that nobody has read.
  std::optional<std::string> problem() const;

 private:
  const document::Node* find(std::string_view name, document::Node::Kind kind,
                             std::string_view expected);

  const document::Node& node_;
  std::vector<std::string> read_;
  std::optional<std::string> problem_;
};

}  // namespace ofn::dev
