// Sends spans or metrics as the variables of OpenTelemetry say, and prints what became of them.
//
//   otlp_sender traces|metrics MESSAGES ITEMS
//
// Each message has so many items. The last line on standard error is "exported N rejected N failed N dropped N".
// BACKOFF in the environment is the pause before a message is sent again, in seconds.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "otlp/attributes.h"
#include "otlp/exporter.h"
#include "otlp/make_destination.h"
#include "otlp/protobuf_writer.h"
#include "otlp/request.h"
#include "otlp/resource.h"
#include "otlp/settings.h"
#include "otlp/text_destination.h"

namespace {

using namespace ofn;
using namespace ofn::otlp;
using namespace std::chrono_literals;

constexpr std::string_view kTraceId = "0123456789abcdef";
constexpr std::string_view kSpanId = "\xff\x01\x02\x03\x04\x05\x06\x07";

class ErrorLog final : public Log {
 public:
  bool enabled(Level) const noexcept override { return true; }
  void write(Level, std::string_view message, std::span<const LogField> fields) noexcept override {
    std::cerr << message;
    LogRoom room{};
    for (const LogField& field : fields)
      std::cerr << ' ' << field.name << '=' << written(field.value, room);
    std::cerr << '\n';
  }
};

std::string spans(std::size_t count) {
  constexpr std::array<std::string_view, 2> kTexts = {"a", "b"};
  std::string items;
  ProtobufWriter out(items);
  for (std::size_t i = 0; i < count; ++i) {
    out.message(kItem, [&] {
      out.bytes(1, kTraceId);
      out.bytes(2, kSpanId);
      out.bytes(3, "vendor=1");
      out.bytes(4, kSpanId);
      write_text(out, 5, "GET /users/{id}");
      out.varint(6, 2);
      out.fixed64(7, 1'700'000'000'000'000'000 + i);
      out.fixed64(8, 1'700'000'000'500'000'000 + i);
      write_attribute(out, 9, "http.request.method", "GET");
      write_attribute(out, 9, "http.response.status_code", 200);
      write_attribute(out, 9, "share", 0.5);
      write_attribute(out, 9, "faas.coldstart", true);
      write_attribute(out, 9, "texts", std::span(kTexts));
      write_attribute(out, 9, "broken", "\xff");
      out.message(11, [&] {
        out.fixed64(1, 1'700'000'000'100'000'000);
        out.bytes(2, "an event");
      });
      out.message(13, [&] {
        out.bytes(1, kTraceId);
        out.bytes(2, kSpanId);
      });
      out.message(15, [&] {
        out.bytes(2, "why");
        out.varint(3, 2);
      });
      out.fixed32(16, 257);
    });
  }
  return items;
}

std::string metrics(std::size_t count) {
  constexpr std::array<std::uint64_t, 3> kCounts = {1, 2, 3};
  constexpr std::array<double, 2> kBounds = {0.005, 0.01};
  std::string items;
  ProtobufWriter out(items);
  for (std::size_t i = 0; i < count; ++i) {
    out.message(kItem, [&] {
      out.bytes(1, "http.server.request.duration");
      out.bytes(3, "s");
      out.message(9, [&] {
        out.message(1, [&] {
          out.fixed64(2, 1'700'000'000'000'000'000);
          out.fixed64(3, 1'700'000'001'000'000'000);
          out.fixed64(4, 6);
          out.real(5, 0.05);
          out.packed_fixed64(6, kCounts);
          out.packed_real(7, kBounds);
          write_attribute(out, 9, "http.route", "/users/{id}");
        });
        out.varint(2, 2);
      });
    });
  }
  return items;
}

std::unique_ptr<Destination> destination_for(Loop& loop, Signal signal, const Settings& settings) {
  const bool is_traces = signal == Signal::kTraces;
  if (is_traces ? settings.traces.exporter == TracesExporter::kConsole
                : settings.metrics.exporter == MetricsExporter::kConsole) {
    return std::make_unique<TextDestination>(loop, signal, STDOUT_FILENO);
  }
  auto made =
      make_destination(loop, signal, is_traces ? settings.traces.target : settings.metrics.target);
  if (made) return *std::move(made);
  std::cerr << made.error().text() << '\n';
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const Signal signal = std::string_view(argv[1]) == "traces" ? Signal::kTraces : Signal::kMetrics;
  const std::size_t messages = std::stoul(argv[2]);
  const std::size_t items = std::stoul(argv[3]);
  const Environment env = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  std::vector<Note> notes;
  const Settings settings = read_settings(env, notes);
  const std::string resource = encode(read_resource(env, {.function_name = "sender"}, notes));
  for (const Note& note : notes) std::cerr << note.text << '\n';
  const SystemClock clock;
  Loop loop(clock);
  ErrorLog log;
  const Target& target =
      signal == Signal::kTraces ? settings.traces.target : settings.metrics.target;
  ExporterOptions options{.signal = argv[1], .timeout = target.timeout};
  if (const auto seconds = env("BACKOFF"))
    options.first_backoff = options.max_backoff = std::chrono::seconds(std::stoi(*seconds));
  Exporter exporter(loop, destination_for(loop, signal, settings), options, log);
  for (std::size_t i = 0; i < messages; ++i) {
    exporter.send(make_request({.resource = resource, .scope = "ofn", .scope_version = "1"},
                               signal == Signal::kTraces ? spans(items) : metrics(items)),
                  items);
  }
  bool over = false;
  exporter.flush(Deadline::in(60s, clock), [&](bool) { exporter.close([&] { over = true; }); });
  loop.run_until([&] { return over; });
  const ExportCounts counts = exporter.counts();
  std::cerr << "exported " << counts.exported << " rejected " << counts.rejected << " failed "
            << counts.failed << " dropped " << counts.dropped << '\n';
  return 0;
}
