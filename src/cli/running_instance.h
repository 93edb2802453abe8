// Which running loop of the developer a command is about.
//
//   auto found = running_instance("", env);
//   if (!found) return complain(found.error().text, found.error().code);
//   const dev::ApiClient client(found->socket);
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cli/command_line.h"
#include "context/environment.h"
#include "dev/api_client.h"
#include "dev/instances.h"
#include "document/node.h"

namespace ofn::cli {

struct NoInstance {
  std::string text{};
  Exit code = kExitNoInstance;
};

// `wanted`: a name, a process id, or a source; empty: the one that works on the current folder, or on the nearest folder above or
// below it, or else the only one. Errors say what to type; kExitUsage if several fit.
std::expected<dev::Instance, NoInstance> running_instance(const std::string& wanted,
                                                          const Environment& env);

// The API's answer as JSON. Errors: the text of the API's error, and the exit code that belongs to it.
std::expected<document::Node, NoInstance> ask(const dev::ApiClient& client, std::string_view method,
                                              std::string_view target,
                                              const std::string& body = {});
std::expected<document::Node, NoInstance> read_reply(const Result<dev::ApiReply>& reply);

}  // namespace ofn::cli
