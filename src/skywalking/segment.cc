#include "skywalking/segment.h"

#include <chrono>

namespace ofn::skywalking {
namespace {

using otlp::ProtobufWriter;

// The fields of SegmentObject.
constexpr std::uint32_t kTraceId = 1;
constexpr std::uint32_t kSegmentId = 2;
constexpr std::uint32_t kService = 4;
constexpr std::uint32_t kInstance = 5;
constexpr std::uint32_t kIsSizeLimited = 6;
// The fields of SpanObject.
constexpr std::uint32_t kSpanId = 1;
constexpr std::uint32_t kParentSpanId = 2;
constexpr std::uint32_t kStart = 3;
constexpr std::uint32_t kEnd = 4;
constexpr std::uint32_t kRefs = 5;
constexpr std::uint32_t kOperation = 6;
constexpr std::uint32_t kPeer = 7;
constexpr std::uint32_t kType = 8;
constexpr std::uint32_t kLayer = 9;
constexpr std::uint32_t kComponent = 10;
constexpr std::uint32_t kIsError = 11;
constexpr std::uint32_t kTags = 12;
constexpr std::uint32_t kLogs = 13;
// The fields of SegmentReference. Its type is left at 0: the reference leads to another process.
constexpr std::uint32_t kRefTraceId = 2;
constexpr std::uint32_t kRefSegmentId = 3;
constexpr std::uint32_t kRefSpanId = 4;
constexpr std::uint32_t kRefService = 5;
constexpr std::uint32_t kRefInstance = 6;
constexpr std::uint32_t kRefEndpoint = 7;
constexpr std::uint32_t kRefAddress = 8;
// The fields of Log.
constexpr std::uint32_t kLogTime = 1;
constexpr std::uint32_t kLogData = 2;
// The fields of KeyStringValuePair.
constexpr std::uint32_t kKey = 1;
constexpr std::uint32_t kValue = 2;

std::uint64_t milliseconds(SystemTime at) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch());
  return static_cast<std::uint64_t>(since.count());
}

void write_pair(ProtobufWriter& out, std::uint32_t field, std::string_view key,
                std::string_view value) {
  out.message(field, [&] {
    otlp::write_text(out, kKey, key);
    otlp::write_text(out, kValue, value);
  });
}

}  // namespace

void SpanFields::tag(std::string_view name, std::string_view value) {
  write_pair(out_, kTags, name, value);
}

void SpanFields::reference(const Reference& caller) {
  out_.message(kRefs, [&] {
    out_.bytes(kRefTraceId, caller.trace_id);
    out_.bytes(kRefSegmentId, caller.segment_id);
    out_.varint(kRefSpanId, static_cast<std::uint64_t>(caller.span_id));
    out_.bytes(kRefService, caller.service);
    out_.bytes(kRefInstance, caller.instance);
    out_.bytes(kRefEndpoint, caller.endpoint);
    out_.bytes(kRefAddress, caller.address);
  });
}

void SpanFields::error(SystemTime at, std::string_view kind, std::string_view message,
                       std::string_view stack) {
  out_.message(kLogs, [&] {
    out_.varint(kLogTime, milliseconds(at));
    write_pair(out_, kLogData, "event", "error");
    for (const auto& [name, text] :
         {std::pair("error.kind", kind), {"message", message}, {"stack", stack}}) {
      if (!text.empty()) write_pair(out_, kLogData, name, text);
    }
  });
}

void SpanFields::encoded(std::string_view bytes) {
  out_.append(bytes.size(), [bytes](char* at) { return otlp::protobuf::put_bytes(at, bytes); });
}

void SegmentWriter::write_head(const SpanHead& head) {
  out_.varint(kSpanId, static_cast<std::uint64_t>(head.id));
  out_.varint(kParentSpanId, static_cast<std::uint64_t>(std::int64_t{head.parent}));
  out_.varint(kStart, milliseconds(head.began));
  out_.varint(kEnd, milliseconds(head.ended));
  otlp::write_text(out_, kOperation, head.operation);
  if (!head.peer.empty()) otlp::write_text(out_, kPeer, head.peer);
  out_.varint(kType, static_cast<std::uint64_t>(head.type));
  out_.varint(kLayer, static_cast<std::uint64_t>(head.layer));
  out_.varint(kComponent, kOpenFunction);
  if (head.failed) out_.boolean(kIsError, true);
}

void write_segment_head(ProtobufWriter& out, const SegmentHead& head) {
  otlp::write_text(out, kTraceId, head.trace_id);
  otlp::write_text(out, kSegmentId, head.segment_id);
  otlp::write_text(out, kService, head.service);
  otlp::write_text(out, kInstance, head.instance);
  if (head.is_cut) out.boolean(kIsSizeLimited, true);
}

}  // namespace ofn::skywalking
