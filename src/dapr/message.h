// Converts protobuf messages to and from bytes and plain values, for the codecs' .cc files. No
// other file includes it, so the codecs' headers stay free of protobuf.
#pragma once

#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/map.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <ofn/field.h>

#include "base/error.h"

namespace ofn::dapr {

using Map = google::protobuf::Map<std::string, std::string>;

inline constexpr std::size_t kMaxMessage = std::numeric_limits<int>::max();

struct Text {
  std::string_view what;
  std::string_view value;
};

// Returns kInvalidArgument for the first text that protobuf cannot carry; the message names it.
std::optional<Error> bad_text(std::initializer_list<Text> texts,
                              const std::vector<Header>& metadata);

// Returns kInvalidArgument if a message is larger than protobuf can carry.
std::optional<Error> too_large(std::size_t size);
Result<std::string> serialize(const google::protobuf::MessageLite& message);

// The silencer is needed because protobuf would write to stderr when a text is not UTF-8, even if
// the other program made the mistake. Errors: kInternal, with the message that a gRPC server would
// use.
template <class Message>
Result<Message> parse(std::string_view bytes) {
  const google::protobuf::LogSilencer quiet;
  Message message;
  if (bytes.size() > kMaxMessage ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail(
        Code::kInternal,
        "grpc: error unmarshalling: not a valid protobuf message, or a text in it is not UTF-8");
  }
  return message;
}

void fill(Map& map, const std::vector<Header>& metadata);
std::vector<Header> take(Map& map);

}  // namespace ofn::dapr
