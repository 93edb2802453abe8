// The compressed bytes of a layer, made and read piece by piece, so that a layer of any size needs little memory.
//
//   const std::unique_ptr<Compressor> gzip = *Compressor::make(write);
//   gzip->add(tar);
//   gzip->end();
//   const std::unique_ptr<Decompressor> reader = *Decompressor::make(Compression::kGzip, read_tar);
//   reader->add(bytes);
//   reader->end();
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/error.h"

namespace ofn::image {

// Takes the next bytes. After an error it is not called again.
using Sink = std::function<Result<void>(std::string_view)>;

// Compresses with gzip (RFC 1952). Equal bytes give equal bytes, however they are cut.
class Compressor {
 public:
  // Errors: kResourceExhausted: there is no memory.
  static Result<std::unique_ptr<Compressor>> make(Sink sink);
  virtual ~Compressor() = default;
  virtual Result<void> add(std::string_view bytes) = 0;
  virtual Result<void> end() = 0;
};

enum class Compression { kNone, kGzip, kZstd };

// Errors: the sink's; kDataLoss, whose message continues "the layer x ".
class Decompressor {
 public:
  // Zstandard is read by the system's libzstd.so.1.
  // Errors: kResourceExhausted: there is no memory; kFailedPrecondition: that library is missing; the message is a sentence.
  static Result<std::unique_ptr<Decompressor>> make(Compression compression, Sink sink);
  virtual ~Decompressor() = default;
  virtual Result<void> add(std::string_view bytes) = 0;
  virtual Result<void> end() = 0;
};

}  // namespace ofn::image
