// Dapr's messages as plain values: the one place that turns them into bytes and back. Protobuf
// stays behind this header.
//
//   Result<std::string> bytes = encode(BindingCall{.component = "files", .operation = "create"});
//   Result<BindingRequest> request = decode_binding_request(*bytes);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/error.h"
#include "output/sidecar.h"

namespace ofn::dapr {

// The methods in use, as HTTP/2 paths.
inline constexpr std::string_view kInvokeBinding = "/dapr.proto.runtime.v1.Dapr/InvokeBinding";
inline constexpr std::string_view kPublishEvent = "/dapr.proto.runtime.v1.Dapr/PublishEvent";
inline constexpr std::string_view kGetMetadata = "/dapr.proto.runtime.v1.Dapr/GetMetadata";

// A call to a sidecar, with its own memory: the server's side of BindingCall and PublishCall.
struct BindingRequest {
  std::string component;
  std::string operation;
  std::string data;
  std::vector<Header> metadata;
};
struct PublishRequest {
  std::string component;
  std::string topic;
  std::string data;
  std::string content_type;
  std::vector<Header> metadata;
};

// The metadata of a sidecar.
struct SidecarInfo {
  struct Component {
    std::string name;
    std::string type;
    std::string version;
    std::vector<std::string> capabilities;
  };
  struct Topic {
    std::string component;
    std::string topic;
  };
  // The app that it calls, as far as it tells.
  struct App {
    int port = 0;  // 0: none
    std::string protocol{};
  };
  std::string id;  // the app id
  std::string runtime_version;
  std::vector<Component> components;
  std::vector<Topic> subscriptions{};  // the topics that it reads for its app
  std::optional<App> app{};            // nullopt: it does not tell
};

// Errors: kInvalidArgument when a text is not UTF-8 (naming it) or the message is too large for
// protobuf (2 GiB). If metadata has a name twice, the last value counts. `data` may be any bytes.
Result<std::string> encode(const BindingCall& call);
Result<std::string> encode(const PublishCall& call);
// A reply's metadata that is not UTF-8 is left out: it comes from foreign systems' headers.
std::string encode(const SidecarReply& reply);
std::string encode(const SidecarInfo& info);
// The encoding of a message without fields: PublishEvent's answer, GetMetadata's question.
inline std::string encode_empty() { return {}; }

// Errors: kInternal, in a gRPC server's words.
Result<BindingRequest> decode_binding_request(std::string_view bytes);
Result<PublishRequest> decode_publish_request(std::string_view bytes);
Result<SidecarReply> decode_binding_reply(std::string_view bytes);
Result<SidecarInfo> decode_sidecar_info(std::string_view bytes);
// Checks that the bytes are a message: for messages of which no field is read.
Result<void> decode_empty(std::string_view bytes);

}  // namespace ofn::dapr
