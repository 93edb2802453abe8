// One segment: what SkyWalking calls all spans of one call in one program. As the protobuf message that is sent.
//
//   const std::size_t spans = write_segment(bytes, {.trace_id = trace, .segment_id = segment, .service = "pay"},
//                                           [&](SegmentWriter& out) { out.span({.operation = "pay"}, [](SpanFields&) {}); });
//
// Spec: apache/skywalking-data-collect-protocol, language-agent/Tracing.proto (SegmentObject, SpanObject, SegmentReference).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "otlp/attributes.h"
#include "otlp/protobuf_writer.h"
#include "skywalking/sw8.h"

namespace ofn::skywalking {

// The protocol's numbers.
enum class SpanType : std::uint8_t { kEntry = 0, kExit = 1, kLocal = 2 };
enum class Layer : std::uint8_t {
  kUnknown = 0,
  kDatabase = 1,
  kRpc = 2,
  kHttp = 3,
  kMq = 4,
  kFaas = 6
};

// OpenFunction's number among the components that SkyWalking knows.
inline constexpr std::uint64_t kOpenFunction = 5013;

// Borrows its texts.
struct SpanHead {
  std::int32_t id = 0;
  std::int32_t parent = -1;  // in the same segment
  SystemTime began{};
  SystemTime ended{};
  std::string_view operation{};
  std::string_view peer{};  // of an exit: whom it calls
  SpanType type = SpanType::kEntry;
  Layer layer = Layer::kUnknown;
  bool failed = false;
};

// Writes what a span has beside its head.
class SpanFields {
 public:
  explicit SpanFields(otlp::ProtobufWriter& out) : out_(out) {}

  void tag(std::string_view name, std::string_view value);
  void tag_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) tag(name, value);
  }
  // The span of another program from which this one comes.
  void reference(const Reference& caller);
  // An exception.
  void error(SystemTime at, std::string_view kind, std::string_view message,
             std::string_view stack);
  // Adds fields that were written before.
  void encoded(std::string_view bytes);

 private:
  otlp::ProtobufWriter& out_;
};

struct SegmentHead {
  std::string_view trace_id{};
  std::string_view segment_id{};
  std::string_view service{};
  std::string_view instance{};
  bool is_cut = false;  // it had more spans than are written
};

class SegmentWriter {
 public:
  explicit SegmentWriter(otlp::ProtobufWriter& out) : out_(out) {}

  // `fields` gets the SpanFields.
  template <std::invocable<SpanFields&> Write>
  void span(const SpanHead& head, Write fields) {
    out_.message(kSpans, [&] {
      write_head(head);
      SpanFields of(out_);
      fields(of);
    });
    ++spans_;
  }
  std::size_t spans() const { return spans_; }

 private:
  static constexpr std::uint32_t kSpans = 3;
  void write_head(const SpanHead& head);

  otlp::ProtobufWriter& out_;
  std::size_t spans_ = 0;
};

void write_segment_head(otlp::ProtobufWriter& out, const SegmentHead& head);

// Writes the segment as an item of a SegmentCollection: items one behind the other are the collection. Returns the number of its spans.
// Cost: allocates only when the text grows, or if a text is not UTF-8.
template <std::invocable<SegmentWriter&> Write>
std::size_t write_segment(std::string& bytes, const SegmentHead& head, Write spans) {
  constexpr std::uint32_t kSegments = 1;
  otlp::ProtobufWriter out(bytes);
  SegmentWriter segment(out);
  out.message(kSegments, [&] {
    write_segment_head(out, head);
    spans(segment);
  });
  return segment.spans();
}

}  // namespace ofn::skywalking
