// Encoded spans as text for people, and a destination that keeps what it gets.
//
//   SpansForTest spans(loop, {});
//   … spans.batch …
//   EXPECT_EQ(spans.text(), "SERVER GET /\n  trace 1, span 1\n");
//
// Ids are random: each is shown by the order in which it occurs first.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loop/loop.h"
#include "otlp/destination.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"
#include "tracing/span_batch.h"
#include "tracing/span_export.h"

namespace ofn::tracing {

// Protobuf's fields, read in turn.
class ProtobufReaderForTest {
 public:
  explicit ProtobufReaderForTest(std::string_view message) : rest_(message) {}

  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    field = static_cast<int>(tag >> 3U);
    number = 0;
    bytes = {};
    switch (tag & 7U) {
      case 0:
        number = varint();
        break;
      case 1:
        number = fixed(8);
        break;
      case 2: {
        const std::uint64_t size = varint();
        bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        break;
      }
      default:
        number = fixed(4);
    }
    return true;
  }
  int field = 0;
  std::uint64_t number = 0;
  std::string_view bytes;

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
  }
  std::uint64_t fixed(std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, rest_.data(), size);
    rest_.remove_prefix(size);
    return value;
  }
  std::string_view rest_;
};

class SpanTextForTest {
 public:
  // `request`: an ExportTraceServiceRequest.
  std::string text(std::string_view request) {
    std::string all;
    each(request, 1, [&](std::string_view resource_spans) {
      each(resource_spans, 2, [&](std::string_view scope_spans) {
        each(scope_spans, 2, [&](std::string_view span) { all += span_text(span); });
      });
    });
    return all;
  }

 private:
  template <class Do>
  static void each(std::string_view message, int field, Do act) {
    ProtobufReaderForTest in(message);
    while (in.next()) {
      if (in.field == field) act(in.bytes);
    }
  }

  std::string id(std::string_view bytes) {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (ids_[i] == bytes) return std::to_string(i + 1);
    }
    ids_.emplace_back(bytes);
    return std::to_string(ids_.size());
  }

  static std::string value_text(std::string_view value) {
    ProtobufReaderForTest in(value);
    in.next();
    if (in.field == 1) return "\"" + std::string(in.bytes) + "\"";
    if (in.field == 2) return in.number != 0 ? "true" : "false";
    return std::to_string(static_cast<std::int64_t>(in.number));
  }
  static std::string attribute_text(std::string_view attribute) {
    std::string text;
    ProtobufReaderForTest in(attribute);
    while (in.next()) text += in.field == 1 ? std::string(in.bytes) + " = " : value_text(in.bytes);
    return text;
  }
  static std::string event_text(std::string_view event) {
    std::string text;
    ProtobufReaderForTest in(event);
    while (in.next()) {
      if (in.field == 2) text += "  event " + std::string(in.bytes) + "\n";
      if (in.field == 3) text += "    " + attribute_text(in.bytes) + "\n";
    }
    return text;
  }

  std::string span_text(std::string_view span) {
    static constexpr std::array kKinds = {"?",      "INTERNAL", "SERVER",
                                          "CLIENT", "PRODUCER", "CONSUMER"};
    std::string name, kind, ids, rest;
    std::uint64_t began = 0;
    ProtobufReaderForTest in(span);
    while (in.next()) {
      if (in.field == 1) ids += "trace " + id(in.bytes);
      if (in.field == 2) ids += ", span " + id(in.bytes);
      if (in.field == 3) ids += ", state " + std::string(in.bytes);
      if (in.field == 4) ids += ", parent " + id(in.bytes);
      if (in.field == 5) name = in.bytes;
      if (in.field == 6) kind = kKinds.at(in.number);
      if (in.field == 7) began = in.number;
      if (in.field == 8) ids += ", " + std::to_string((in.number - began) / 1'000'000) + " ms";
      if (in.field == 9) rest += "  " + attribute_text(in.bytes) + "\n";
      if (in.field == 10) rest += "  " + std::to_string(in.number) + " attributes dropped\n";
      if (in.field == 11) rest += event_text(in.bytes);
      if (in.field == 13) {
        std::string link;
        ProtobufReaderForTest members(in.bytes);
        while (members.next()) {
          if (members.field == 1) link += "  link to trace " + id(members.bytes);
          if (members.field == 2) link += ", span " + id(members.bytes) + "\n";
        }
        rest += link;
      }
      if (in.field == 15) rest += "  status error\n";
      if (in.field == 16) ids += ", flags " + std::to_string(in.number);
    }
    return kind + " " + name + "\n  " + ids + "\n" + rest;
  }

  std::vector<std::string> ids_;
};

// Accepts every message at once, or none while it is held.
class KeptForTest final : public otlp::Destination {
 public:
  explicit KeptForTest(Loop& loop, std::vector<std::string>& messages)
      : loop_(loop), messages_(messages) {}
  std::size_t concurrency() const override { return 1; }
  void deliver(std::string_view message, Deadline,
               std::move_only_function<void(const otlp::Answer&)> done) override {
    messages_.emplace_back(message);
    if (held) return;
    loop_.post([done = std::move(done)]() mutable { done({}); });
  }
  void close(std::function<void()> closed) override { loop_.post(std::move(closed)); }
  std::string_view name() const override { return "test"; }
  bool held = false;

 private:
  Loop& loop_;
  std::vector<std::string>& messages_;
};

// A batch, and all behind it.
struct SpansForTest {
  explicit SpansForTest(Loop& on, const otlp::SpanBatches& settings = {})
      : loop(on),
        destination(new KeptForTest(on, messages)),
        exporting(on, std::unique_ptr<otlp::Destination>(destination),
                  {.max_queue_size = settings.max_queue_size}, log),
        batch(on, exporting, settings, 1) {}

  // Of all spans until now.
  std::string text() {
    batch.hand_over();
    testing::settle(loop);
    std::string all;
    for (const std::string& message : messages) all += reader.text(message);
    messages.clear();
    return all;
  }

  Loop& loop;
  testing::RecordingLog log;
  std::vector<std::string> messages;
  KeptForTest* destination;  // the SpanExport owns it
  SpanExport exporting;
  SpanBatch batch;
  SpanTextForTest reader;
};

}  // namespace ofn::tracing
