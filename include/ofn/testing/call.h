// What a test gives a function: a request, an event, a message of a topic or of a binding. Authors include <ofn/testing.h>.
//
//   const ofn::testing::Call put{.method = "PUT", .target = "/users/7", .body = R"({"name":"Ann"})"};
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ofn/cloud_event.h>
#include <ofn/field.h>

namespace ofn::testing {

// A request.
struct Call {
  std::string method = "GET";
  std::string target = "/";
  std::vector<Header> fields{};
  std::string body{};
  // Instead of `body`: the body comes in these pieces, each when the function has taken the one before. A function with a Reader sees
  // them; any other gets the whole.
  std::vector<std::string> pieces{};
  // The client sends only the pieces, and then goes away without having sent all.
  bool breaks_off = false;
  // A slow reader: of an answer in pieces, the client takes as many bytes at once, and only when the function waits. 0: it takes all
  // at once. Of a call that start() begins, it takes them when the test calls Running::read(), until finish().
  std::size_t reads_at_once = 0;
  // The client goes away when it has got as many bytes of an answer in pieces. 0 is before the first.
  std::optional<std::size_t> leaves_after{};
};

// How an event goes over HTTP.
enum class EventMode { kBinary, kStructured };

// A message that a sidecar delivers.
struct Message {
  std::string data{};
  // "application/json", "text/plain"; empty: the type of a topic's event is text, and JSON if the data begins with { or [
  std::string content_type{};
  std::map<std::string, std::string> metadata{};  // of a binding; of a topic the broker's
  // A topic may deliver this whole event, instead of `data` and `content_type`.
  std::optional<CloudEvent> event{};
  // The route that gets the message, if the topic has several.
  std::string path{};
};

// How the functions of a test are served.
struct Options {
  // The function's context, JSON or YAML of either schema: its text, or a file with it. Neither: there is none.
  std::string context{};
  std::string context_file{};
  // Only this function, as by --target. Empty: all that the program registers.
  std::string target{};
  // The variables that OFN_TOKENS and the like read; the process's are not seen.
  std::map<std::string, std::string> variables{};
  std::chrono::nanoseconds timeout = std::chrono::seconds(60);  // of a call, as by --timeout
  // Answers to failures tell their reason, as by --debug.
  bool shows_details = false;
  // OFN_START runs before the first call, and OFN_STOP when the Program ends.
  bool runs_life_cycle = true;
  // Hooks that may be missing, as by --optional-hooks; "*" means all.
  std::vector<std::string> optional_hooks{};
};

}  // namespace ofn::testing
