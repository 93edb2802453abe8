// The commands that ask a running loop of the developer over its local API (dev/local_api.h).
//
//   return requests({.id = "last"}, env);
//
// Each returns its exit code: kExitNoInstance if there is no loop to ask.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "context/environment.h"

namespace ofn::cli {

// functions-framework invoke [TARGET|PATH]
struct InvokeCommand {
  std::string target{};    // a function, or a path that begins with '/'; empty: the only function
  std::string instance{};  // its name, its process or its source; empty: the nearest one
  std::string url{};       // another server instead
  std::optional<std::string> data{};
  std::string file{};  // "-": standard input
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string method{};
  bool is_event = false;  // the data is wrapped in a CloudEvent
  std::vector<std::pair<std::string, std::string>> attributes{};
  std::string binding{};
  std::string topic{};
  std::string example{};
  std::string save{};
  std::size_t times = 1;
  std::size_t at_a_time = 1;
  bool captures = false;
  bool json = false;
};
int invoke(const InvokeCommand& command, const Environment& env);

// functions-framework requests [ID]
struct RequestsCommand {
  std::string id{};
  std::string instance{};
  std::vector<std::pair<std::string, std::string>> filters{};  // as the API names them
  bool follows = false;
  bool json = false;
};
int requests(const RequestsCommand& command, const Environment& env);

// functions-framework replay ID
struct ReplayCommand {
  std::string id{};
  std::string instance{};
  bool sends = false;  // to the outputs, instead of capturing
  bool json = false;
};
int replay(const ReplayCommand& command, const Environment& env);

// functions-framework wait --output NAME
struct WaitCommand {
  std::string output{};
  std::string instance{};
  std::vector<std::pair<std::string, std::string>> conditions{};
  long timeout_ms = 5000;
  long since_ms = 0;
  bool json = false;
};
int wait_for_output(const WaitCommand& command, const Environment& env);

// functions-framework logs
struct LogsCommand {
  std::string instance{};
  std::size_t lines = 1000;
  bool follows = false;
  bool json = false;
};
int logs(const LogsCommand& command, const Environment& env);

// functions-framework mcp
struct McpCommand {
  std::string instance{};
  std::vector<std::string> allowed{};  // "invoke", "test"
};
int serve_mcp(const McpCommand& command, const Environment& env);

}  // namespace ofn::cli
