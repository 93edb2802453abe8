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
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loop/loop.h"
#include "otlp/destination.h"
#include "otlp/protobuf_reader.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"
#include "tracing/span_batch.h"
#include "tracing/span_export.h"

namespace ofn::tracing {

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
  static void each(std::string_view message, std::uint32_t field, Do act) {
    otlp::ProtobufReader in(message);
    while (const auto found = in.next()) {
      if (found->number == field) act(found->bytes);
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
    const auto in = otlp::ProtobufReader(value).next();
    if (in->number == 1) return "\"" + std::string(in->bytes) + "\"";
    if (in->number == 2) return in->value != 0 ? "true" : "false";
    return std::to_string(static_cast<std::int64_t>(in->value));
  }
  static std::string attribute_text(std::string_view attribute) {
    std::string text;
    otlp::ProtobufReader in_fields(attribute);
    while (const auto in = in_fields.next())
      text += in->number == 1 ? std::string(in->bytes) + " = " : value_text(in->bytes);
    return text;
  }
  static std::string event_text(std::string_view event) {
    std::string text;
    otlp::ProtobufReader in_fields(event);
    while (const auto in = in_fields.next()) {
      if (in->number == 2) text += "  event " + std::string(in->bytes) + "\n";
      if (in->number == 3) text += "    " + attribute_text(in->bytes) + "\n";
    }
    return text;
  }

  std::string span_text(std::string_view span) {
    static constexpr std::array kKinds = {"?",      "INTERNAL", "SERVER",
                                          "CLIENT", "PRODUCER", "CONSUMER"};
    std::string name, kind, ids, rest;
    std::uint64_t began = 0;
    otlp::ProtobufReader in_fields(span);
    while (const auto in = in_fields.next()) {
      if (in->number == 1) ids += "trace " + id(in->bytes);
      if (in->number == 2) ids += ", span " + id(in->bytes);
      if (in->number == 3) ids += ", state " + std::string(in->bytes);
      if (in->number == 4) ids += ", parent " + id(in->bytes);
      if (in->number == 5) name = in->bytes;
      if (in->number == 6) kind = kKinds.at(in->value);
      if (in->number == 7) began = in->value;
      if (in->number == 8) ids += ", " + std::to_string((in->value - began) / 1'000'000) + " ms";
      if (in->number == 9) rest += "  " + attribute_text(in->bytes) + "\n";
      if (in->number == 10) rest += "  " + std::to_string(in->value) + " attributes dropped\n";
      if (in->number == 11) rest += event_text(in->bytes);
      if (in->number == 13) {
        std::string link;
        otlp::ProtobufReader members_fields(in->bytes);
        while (const auto members = members_fields.next()) {
          if (members->number == 1) link += "  link to trace " + id(members->bytes);
          if (members->number == 2) link += ", span " + id(members->bytes) + "\n";
        }
        rest += link;
      }
      if (in->number == 15) {
        rest += "  status error\n";
        otlp::ProtobufReader status(in->bytes);
        while (const auto part = status.next()) {
          if (part->number == 2) rest += "    \"" + std::string(part->bytes) + "\"\n";
        }
      }
      if (in->number == 16) ids += ", flags " + std::to_string(in->value);
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

// kYes: a message is what the batch had. kNo: it is OTLP's, with a head.
enum class Whole : std::uint8_t { kNo, kYes };

// A batch, and all behind it.
struct SpansForTest {
  explicit SpansForTest(Loop& on, const otlp::SpanBatches& settings = {}, Whole whole = Whole::kNo)
      : loop(on),
        destination(new KeptForTest(on, messages)),
        exporting(on, std::unique_ptr<otlp::Destination>(destination),
                  {.are_whole = whole == Whole::kYes, .max_queue_size = settings.max_queue_size},
                  log),
        batch(on, exporting, settings, 1) {}

  // Returns the text of all spans until now.
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
