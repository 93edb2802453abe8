#include "wire/grpc/compression.h"

#include <algorithm>
#include <limits>
#include <zlib.h>

namespace ofn::wire::grpc {

namespace {

// What zlib takes for "with gzip's head", beside the size of its window (zlib.h, inflateInit2).
constexpr int kGzipHead = 16;
// How much is made at a time; doubled with what there is already.
constexpr std::size_t kFirstPiece = std::size_t{16} * 1024;

std::unexpected<Status> refuse(Code code, std::string message) {
  return std::unexpected(Status{.code = code, .message = std::move(message)});
}

enum class Format { kZlib, kGzip };

// zlib's state, ended with it.
class Inflater {
 public:
  explicit Inflater(Format format)
      : gzip_(format == Format::kGzip),
        ready_(inflateInit2(&stream_, MAX_WBITS + (gzip_ ? kGzipHead : 0)) == Z_OK) {}
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }

  bool ready() const { return ready_; }

  // Appends up to `most` bytes to `out`. Z_OK: there is more; Z_STREAM_END: that was all; else the bytes are wrong.
  int more(std::string_view& in, std::string& out, std::size_t most) {
    // zlib's interface is not const; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    int result = Z_OK;
    const std::size_t before = out.size();
    out.resize_and_overwrite(before + most, [&](char* bytes, std::size_t) {
      stream_.next_out = reinterpret_cast<Bytef*>(bytes + before);
      stream_.avail_out = static_cast<uInt>(most);
      result = inflate(&stream_, Z_NO_FLUSH);
      return before + most - stream_.avail_out;
    });
    in.remove_prefix(in.size() - stream_.avail_in);
    // gzip may have several members one after the other (RFC 1952 §2.2).
    if (result == Z_STREAM_END && gzip_ && !in.empty())
      result = inflateReset(&stream_) == Z_OK ? Z_OK : Z_MEM_ERROR;
    // No progress is possible: the input is at its end, and the stream is not.
    if (result == Z_OK && in.empty() && stream_.avail_out > 0) return Z_BUF_ERROR;
    return result;
  }

 private:
  z_stream stream_{};
  bool gzip_;
  bool ready_;
};

}  // namespace

std::expected<std::string, Status> decompress(std::string_view encoding, std::string_view bytes,
                                              std::size_t max_size) {
  if (encoding != "gzip" && encoding != "deflate")
    return refuse(Code::kUnimplemented, "messages compressed with " + percent_encode(encoding) +
                                            " are not supported; supported are " +
                                            std::string(kAcceptedEncodings));
  if (bytes.size() > std::numeric_limits<uInt>::max())
    return refuse(Code::kResourceExhausted, "the compressed message is too large");
  Inflater inflater(encoding == "gzip" ? Format::kGzip : Format::kZlib);
  if (!inflater.ready())
    return refuse(Code::kResourceExhausted, "there is no memory to decompress the message");
  std::string message;
  for (;;) {
    // One byte beyond the limit tells that it is passed.
    const std::size_t room = max_size + 1 - message.size();
    const std::size_t piece = std::min(room, std::max(kFirstPiece, message.size()));
    const int result = inflater.more(bytes, message, piece);
    if (message.size() > max_size)
      return refuse(Code::kResourceExhausted, "grpc: received message larger than max (" +
                                                  std::to_string(max_size) +
                                                  ") after it was decompressed");
    if (result == Z_STREAM_END && bytes.empty()) return message;
    if (result == Z_MEM_ERROR)
      return refuse(Code::kResourceExhausted, "there is no memory to decompress the message");
    if (result != Z_OK)
      return refuse(Code::kInternal,
                    "the message is not what its encoding says: " + percent_encode(encoding));
  }
}

std::string gzip(std::string_view bytes) {
  constexpr int kMemoryLevel = 8;  // zlib's default
  std::string out;
  z_stream stream{};
  if (bytes.size() > std::numeric_limits<uInt>::max() ||
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipHead, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return out;
  }
  const std::size_t bound = deflateBound(&stream, static_cast<uLong>(bytes.size()));
  // zlib's interface is not const; it does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  out.resize_and_overwrite(bound, [&](char* place, std::size_t size) {
    stream.next_out = reinterpret_cast<Bytef*>(place);
    stream.avail_out = static_cast<uInt>(size);
    // The place has room for everything, so one call is enough.
    return deflate(&stream, Z_FINISH) == Z_STREAM_END ? size - stream.avail_out : 0;
  });
  deflateEnd(&stream);
  return out;
}

}  // namespace ofn::wire::grpc
