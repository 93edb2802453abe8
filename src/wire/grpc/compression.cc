#include "wire/grpc/compression.h"

#include <utility>

#include "gzip/gzip.h"

namespace ofn::wire::grpc {

namespace {

std::unexpected<Status> refuse(Code code, std::string message) {
  return std::unexpected(Status{.code = code, .message = std::move(message)});
}

}  // namespace

std::expected<std::string, Status> decompress(std::string_view encoding, std::string_view bytes,
                                              std::size_t max_size) {
  // HTTP has other names for them, too.
  const bool is_known = encoding == "gzip" || encoding == "deflate";
  auto message = is_known ? ofn::decompress(encoding, bytes, max_size)
                          : std::unexpected(DecompressError::kUnknown);
  if (message) return *std::move(message);
  switch (message.error()) {
    case DecompressError::kUnknown:
      return refuse(Code::kUnimplemented, "messages compressed with " + percent_encode(encoding) +
                                              " are not supported; supported are " +
                                              std::string(kAcceptedEncodings));
    case DecompressError::kTooLarge:
      return refuse(Code::kResourceExhausted, "grpc: received message larger than max (" +
                                                  std::to_string(max_size) +
                                                  ") after it was decompressed");
    case DecompressError::kNoMemory:
      return refuse(Code::kResourceExhausted, "there is no memory to decompress the message");
    case DecompressError::kBroken:
      break;
  }
  return refuse(Code::kInternal,
                "the message is not what its encoding says: " + percent_encode(encoding));
}

}  // namespace ofn::wire::grpc
