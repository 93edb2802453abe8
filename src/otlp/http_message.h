// A request in the form in which HTTP carries it, also for gRPC by a client that knows only HTTP: a body, and the fields that
// describe it.
//
//   HttpMessages messages(Signal::kTraces, target);
//   post(messages.fields(), messages.body(request));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "otlp/settings.h"

namespace ofn::otlp {

// "OTel-OTLP-Exporter-Cpp/0.9.0".
std::string user_agent();

class HttpMessages {
 public:
  HttpMessages(Signal signal, const Target& target);

  // Content-Type, Content-Encoding (of gRPC: grpc-encoding), User-Agent and the fields of OTEL_EXPORTER_OTLP_HEADERS.
  const std::vector<Header>& fields() const { return fields_; }
  // The body for a request in protobuf: the request itself, its JSON form, or gRPC's frame; compressed if the target asks for it.
  std::string body(std::string_view request) const;

 private:
  Signal signal_;
  Protocol protocol_;
  bool is_compressed_;
  std::vector<Header> fields_;
};

}  // namespace ofn::otlp
