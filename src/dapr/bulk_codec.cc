#include "dapr/bulk_codec.h"

#include <algorithm>
#include <charconv>
#include <dapr.pb.h>
#include <utility>

#include "base/utf8.h"
#include "dapr/message.h"

namespace ofn::dapr {
namespace {

namespace pb = ::dapr::proto::runtime::v1;

bool has(const std::vector<Header>& metadata, const Header& entry) {
  return std::ranges::any_of(metadata, [&](const Header& each) {
    return each.name == entry.name && each.value == entry.value;
  });
}

std::vector<Header> shared_metadata(std::span<const PublishCall> calls) {
  std::vector<Header> shared;
  for (const Header& entry : calls.front().metadata) {
    if (std::ranges::all_of(calls,
                            [&](const PublishCall& call) { return has(call.metadata, entry); }))
      shared.push_back(entry);
  }
  return shared;
}

}  // namespace

Result<std::string> encode_bulk(std::span<const PublishCall> calls) {
  pb::BulkPublishRequest message;
  if (calls.empty()) return serialize(message);
  const PublishCall& first = calls.front();
  if (auto bad =
          bad_text({{"the component's name", first.component}, {"the topic", first.topic}}, {})) {
    return std::unexpected(*std::move(bad));
  }
  message.set_pubsub_name(std::string(first.component));
  message.set_topic(std::string(first.topic));
  fill(*message.mutable_metadata(), shared_metadata(calls));
  for (std::size_t place = 0; place < calls.size(); ++place) {
    const PublishCall& call = calls[place];
    if (auto bad = bad_text({{"the content type", call.content_type}}, call.metadata)) {
      return std::unexpected(*std::move(bad));
    }
    pb::BulkPublishRequestEntry& entry = *message.add_entries();
    entry.set_entry_id(std::to_string(place));
    entry.set_event(std::string(call.data));
    entry.set_content_type(std::string(call.content_type));
    fill(*entry.mutable_metadata(), call.metadata);
  }
  return serialize(message);
}

Result<BulkPublished> decode_bulk_reply(std::string_view bytes) {
  auto message = parse<pb::BulkPublishResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  BulkPublished published;
  for (pb::BulkPublishResponseFailedEntry& entry : *message->mutable_failedentries()) {
    const std::string& id = entry.entry_id();
    std::size_t place = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), place);
    if (error != std::errc() || end != id.data() + id.size()) {
      return fail(Code::kInternal, "the sidecar names an entry that was not sent");
    }
    published.failures.push_back({.place = place, .error = std::move(*entry.mutable_error())});
  }
  return published;
}

Result<BulkPublishRequest> decode_bulk_request(std::string_view bytes) {
  auto message = parse<pb::BulkPublishRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  BulkPublishRequest request{.component = std::move(*message->mutable_pubsub_name()),
                             .topic = std::move(*message->mutable_topic())};
  const std::vector<Header> shared = take(*message->mutable_metadata());
  for (pb::BulkPublishRequestEntry& from : *message->mutable_entries()) {
    BulkPublishRequest::Entry& entry = request.entries.emplace_back();
    entry.id = std::move(*from.mutable_entry_id());
    entry.publish = {.component = request.component,
                     .topic = request.topic,
                     .data = std::move(*from.mutable_event()),
                     .content_type = std::move(*from.mutable_content_type()),
                     .metadata = take(*from.mutable_metadata())};
    for (const Header& one : shared) {
      if (std::ranges::find(entry.publish.metadata, one.name, &Header::name) ==
          entry.publish.metadata.end())
        entry.publish.metadata.push_back(one);
    }
  }
  return request;
}

std::string encode(const std::vector<BulkPublishFailure>& failures) {
  pb::BulkPublishResponse message;
  for (const BulkPublishFailure& failure : failures) {
    pb::BulkPublishResponseFailedEntry& entry = *message.add_failedentries();
    entry.set_entry_id(failure.id);
    if (is_utf8(failure.error)) entry.set_error(failure.error);
  }
  return message.SerializeAsString();
}

}  // namespace ofn::dapr
