// Messages of BulkPublishEventAlpha1, both ends; see codec.h. Only the .cc file includes protobuf.
//
//   Result<std::string> bytes = encode_bulk(calls);         // the client's end
//   Result<BulkPublished> failed = decode_bulk_reply(reply);
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dapr/codec.h"
#include "output/sidecar.h"

namespace ofn::dapr {

inline constexpr std::string_view kBulkPublish =
    "/dapr.proto.runtime.v1.Dapr/BulkPublishEventAlpha1";

// The client's end. All calls have the component and topic of the first. The id of an entry is its
// place. Metadata that all calls share is also that of the request, because daprd looks there for
// `rawPayload`. Errors: kInvalidArgument for a text that is not UTF-8.
Result<std::string> encode_bulk(std::span<const PublishCall> calls);
// A place may be one that was not sent. Errors: kInternal, also for an id that is not a place.
Result<BulkPublished> decode_bulk_reply(std::string_view bytes);

// The sidecar's end.
struct BulkPublishRequest {
  struct Entry {
    std::string id{};
    PublishRequest publish{};
  };
  std::string component{};
  std::string topic{};
  std::vector<Entry> entries{};
};
struct BulkPublishFailure {
  std::string id{};
  std::string error{};
};
// An entry has the request's metadata, and its own, which has precedence. Errors: kInternal.
Result<BulkPublishRequest> decode_bulk_request(std::string_view bytes);
// An error that is not UTF-8 is left out.
std::string encode(const std::vector<BulkPublishFailure>& failures);

}  // namespace ofn::dapr
