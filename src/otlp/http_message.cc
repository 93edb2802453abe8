#include "otlp/http_message.h"

#include "gzip/gzip.h"
#include "otlp/json_text.h"
#include "wire/grpc/codec.h"

namespace ofn::otlp {

std::string user_agent() { return "OTel-OTLP-Exporter-Cpp/" OFN_VERSION; }

HttpMessages::HttpMessages(Signal signal, const Target& target)
    : signal_(signal),
      protocol_(target.protocol),
      is_compressed_(target.compression == Compression::kGzip),
      fields_(target.headers) {
  const bool is_grpc = protocol_ == Protocol::kGrpc;
  const bool is_json = protocol_ == Protocol::kHttpJson;
  fields_.push_back({"content-type", is_grpc   ? "application/grpc"
                                     : is_json ? "application/json"
                                               : "application/x-protobuf"});
  fields_.push_back({"user-agent", user_agent()});
  if (is_grpc) fields_.push_back({"te", "trailers"});
  if (is_compressed_) fields_.push_back({is_grpc ? "grpc-encoding" : "content-encoding", "gzip"});
}

std::string HttpMessages::body(std::string_view request) const {
  std::string body =
      protocol_ == Protocol::kHttpJson ? to_otlp_json(signal_, request) : std::string(request);
  if (is_compressed_) body = gzip(body);
  if (protocol_ != Protocol::kGrpc) return body;
  std::string framed;
  wire::grpc::append_frame(
      framed, body,
      is_compressed_ ? wire::grpc::Packing::kCompressed : wire::grpc::Packing::kPlain);
  return framed;
}

}  // namespace ofn::otlp
