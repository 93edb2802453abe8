// Dapr's messages as plain values: the only code that encodes and decodes them. Only the .cc file
// includes protobuf.
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

// A call to a sidecar with its own memory, for the server; the counterpart of BindingCall and
// PublishCall.
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
  // The app that the sidecar calls, if it says so.
  struct App {
    int port = 0;  // 0 if there is none
    std::string protocol{};
  };
  std::string id;  // the app id
  std::string runtime_version;
  std::vector<Component> components;
  std::vector<Topic> subscriptions{};  // the topics to which it subscribes for its app
  std::optional<App> app{};            // nullopt if it does not say
};

// Errors: kInvalidArgument if a text is not UTF-8 (the message names it) or the message is too
// large for protobuf (2 GiB). If metadata has a name twice, the last value counts. `data` may be
// any bytes.
Result<std::string> encode(const BindingCall& call);
Result<std::string> encode(const PublishCall& call);
// Metadata of a reply that is not UTF-8 is left out, because it comes from other systems' headers.
std::string encode(const SidecarReply& reply);
std::string encode(const SidecarInfo& info);
// The encoding of a message without fields, such as PublishEvent's answer and GetMetadata's
// request.
inline std::string encode_empty() { return {}; }

// Errors: kInternal, with the message that a gRPC server would use.
Result<BindingRequest> decode_binding_request(std::string_view bytes);
Result<PublishRequest> decode_publish_request(std::string_view bytes);
Result<SidecarReply> decode_binding_reply(std::string_view bytes);
Result<SidecarInfo> decode_sidecar_info(std::string_view bytes);
// Checks that the bytes are a message, for messages whose fields are not used.
Result<void> decode_empty(std::string_view bytes);

}  // namespace ofn::dapr
