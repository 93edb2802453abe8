#include "cli/supervised.h"

#include <cstdlib>
#include <unistd.h>
#include <utility>
#include <vector>

#include "context/units.h"
#include "dev/event.h"
#include "dev/messages.h"
#include "document/json.h"
#include "document/node.h"
#include "document/problem.h"
#include "typed/type_schemas.h"

namespace ofn::cli {

namespace {

// Four parts. The last one may contain commas.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (parts.size() < 3) {
    const auto comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  parts.emplace_back(text);
  return parts;
}

std::string schema_of_argument(const Function& function) {
  if (function.typed == nullptr) return {};
  const abi::TypedEnd& argument = function.typed->argument;
  if (argument.type == nullptr && argument.media_type == nullptr) return {};
  TypeSchemas schemas("#/$defs/");
  document::Node schema = schemas.of(function.typed->argument);
  schema.set("$defs", std::move(schemas).definitions());
  return document::to_json(schema);
}

}  // namespace

Result<std::optional<Supervised>> Supervised::take(const Environment& env) {
  const auto text = non_empty(env, kVariable);
  if (!text) return std::nullopt;
  unsetenv(kVariable);
  const std::vector<std::string> parts = split(*text);
  const auto fd = parse_number(parts[0]);
  const auto build = parse_number(parts[1]);
  if (!fd || !build) {
    return fail(
        Code::kInvalidArgument,
        "OFN_SUPERVISOR: only `functions-framework dev` sets this variable, so unset it; found " +
            quoted(*text));
  }
  auto channel = dev::ControlChannel::inherit(static_cast<int>(*fd));
  if (!channel) return std::unexpected(std::move(channel).error().with("variable", kVariable));
  return Supervised(*std::move(channel), static_cast<unsigned>(*build), parts[2] == "v", parts[3]);
}

std::unique_ptr<Watch> Supervised::watch(Loop& loop, Orders orders) {
  orders_ = std::move(orders);
  return std::make_unique<Watch>(loop, channel_.fd(), [this](Watch::Seen) { obey(); });
}

void Supervised::obey() {
  for (;;) {
    // If the supervisor has ended, nothing is received, and the small process in between ends this one (os::Process).
    auto [message, ended] = channel_.receive();
    if (!message) return;
    if (message->kind == dev::MessageKind::kRelease) orders_.release();
    if (message->kind == dev::MessageKind::kDirect)
      orders_.direct(message->descriptor.release(), message->text);
    if (message->kind == dev::MessageKind::kConnection)
      orders_.adopt(message->descriptor.release(), std::move(message->text));
  }
}

void Supervised::say_serving(const Routes& routes) const {
  std::vector<dev::ServedFunction> functions;
  for (const Function& function : routes.functions()) {
    functions.push_back({.name = function.name,
                         .signature = std::string(signature_name(function.signature)),
                         .schema = schema_of_argument(function)});
  }
  const bool has_every_path = routes.sole() != nullptr && routes.sole()->routes.empty();
  for (const Routes::Route& route : routes.routes()) {
    if (!has_every_path) functions[route.function].routes.push_back(route.pattern.text());
  }
  if (channel_.send(dev::MessageKind::kServing, dev::encode(functions))) return;
  // Too large for a message. The supervisor can do without the schemas.
  for (dev::ServedFunction& function : functions) function.schema.clear();
  (void)channel_.send(dev::MessageKind::kServing, dev::encode(functions));
}

void Supervised::pass_on(int fd, std::string_view unread) const {
  (void)channel_.send(dev::MessageKind::kConnection, unread, fd);
  ::close(fd);
}

}  // namespace ofn::cli
