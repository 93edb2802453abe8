// The attributes of requests' spans. Those that many requests share are encoded once, and copied as long as they stay the same.
//
//   RequestAttributes attributes(rules.limits);
//   batch.add(head, rules.limits, [&](SpanFields& fields) { attributes.add(fields, record, span.is_first); });
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "invocation/observer.h"
#include "otlp/settings.h"
#include "tracing/span.h"

namespace ofn::tracing {

// Lifetime: the limits outlive it. Threads: one at a time.
class RequestAttributes {
 public:
  explicit RequestAttributes(const otlp::SpanLimits& limits) : limits_(limits) {}

  // Adds them all but the id of the call. `is_first`: see faas.coldstart.
  void add(SpanFields& fields, const CallRecord& record, bool is_first);

 private:
  // What the client says of itself and of the server.
  struct Client {
    std::string_view host;
    std::string_view agent;
  };
  static Client client_of(const CallStart& start);
  static void add_before_path(SpanFields& fields, const CallStart& start);
  static void add_behind_path(SpanFields& fields, const CallRecord& record, const Client& client,
                              bool is_first);
  bool is_kept(const CallRecord& record, const Client& client, bool is_first) const;
  void keep(const CallRecord& record, const Client& client, bool is_first);

  const otlp::SpanLimits& limits_;

  // The request whose attributes are kept. Its texts are copies, but for the route, which is the program's.
  const Function* function_ = nullptr;
  std::string_view route_;
  std::string method_;
  std::string host_;
  std::string agent_;
  std::uint16_t status_ = 0;
  HttpVersion version_ = HttpVersion::kNone;
  bool is_first_ = false;
  bool is_any_kept_ = false;
  // Its attributes, encoded.
  std::string before_path_;
  std::string behind_path_;
  std::size_t before_ = 0;  // how many there are
  std::size_t behind_ = 0;
};

}  // namespace ofn::tracing
