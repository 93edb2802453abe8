#include "gzip/gzip.h"

#include <algorithm>
#include <limits>
#include <zlib.h>

#include <ofn/field.h>

namespace ofn {

namespace {

// What zlib takes for "with gzip's head", beside the size of its window (zlib.h, deflateInit2).
constexpr int kGzipHead = 16;
constexpr int kMemoryLevel = 8;  // zlib's default
// A text in pieces may last for hours: 2^(12+2) + 2^(5+9) bytes (zlib's zconf.h) instead of 2^(15+2) + 2^(8+9).
constexpr int kSmallWindow = 12;
constexpr int kSmallMemoryLevel = 5;
// How much is made at a time when bytes are decompressed; then as much as there is already.
constexpr std::size_t kFirstPiece = std::size_t{16} * 1024;

// zlib's interface is not const; it does not write to its input.
Bytef* input(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

struct Inflater {
  explicit Inflater(bool is_gzip)
      : ready(inflateInit2(&stream, MAX_WBITS + (is_gzip ? kGzipHead : 0)) == Z_OK) {}
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready) inflateEnd(&stream);
  }
  z_stream stream{};
  bool ready;
};

}  // namespace

std::string gzip(std::string_view bytes, int level) {
  std::string out;
  z_stream stream{};
  if (bytes.size() > std::numeric_limits<uInt>::max() ||
      deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + kGzipHead, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return out;
  }
  const std::size_t bound = deflateBound(&stream, static_cast<uLong>(bytes.size()));
  stream.next_in = input(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  out.resize_and_overwrite(bound, [&](char* place, std::size_t size) {
    stream.next_out = reinterpret_cast<Bytef*>(place);
    stream.avail_out = static_cast<uInt>(size);
    // The place has room for everything, so one call is enough.
    return deflate(&stream, Z_FINISH) == Z_STREAM_END ? size - stream.avail_out : 0;
  });
  deflateEnd(&stream);
  out.shrink_to_fit();
  return out;
}

std::expected<std::string, DecompressError> decompress(std::string_view encoding,
                                                       std::string_view bytes, std::size_t most) {
  const bool is_gzip = same_field_name(encoding, "gzip") || same_field_name(encoding, "x-gzip");
  if (!is_gzip && !same_field_name(encoding, "deflate"))
    return std::unexpected(DecompressError::kUnknown);
  if (bytes.size() > std::numeric_limits<uInt>::max())
    return std::unexpected(DecompressError::kTooLarge);
  Inflater inflater(is_gzip);
  if (!inflater.ready) return std::unexpected(DecompressError::kNoMemory);
  z_stream& stream = inflater.stream;
  stream.next_in = input(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  for (;;) {
    // One byte beyond the limit tells that it is passed.
    const std::size_t piece = std::min(most + 1 - text.size(), std::max(kFirstPiece, text.size()));
    int result = Z_OK;
    const std::size_t before = text.size();
    text.resize_and_overwrite(before + piece, [&](char* place, std::size_t) {
      stream.next_out = reinterpret_cast<Bytef*>(place + before);
      stream.avail_out = static_cast<uInt>(piece);
      result = inflate(&stream, Z_NO_FLUSH);
      return before + piece - stream.avail_out;
    });
    if (text.size() > most) return std::unexpected(DecompressError::kTooLarge);
    if (result == Z_MEM_ERROR) return std::unexpected(DecompressError::kNoMemory);
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return text;
      // gzip may have several members one after the other (RFC 1952 §2.2).
      if (!is_gzip || inflateReset(&stream) != Z_OK)
        return std::unexpected(DecompressError::kBroken);
      continue;
    }
    // Without progress the input is at its end, and the text is not.
    if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0))
      return std::unexpected(DecompressError::kBroken);
  }
}

struct GzipPieces::State {
  z_stream stream{};
};

GzipPieces::GzipPieces(int level) : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->stream, level, Z_DEFLATED, kSmallWindow + kGzipHead, kSmallMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    state_.reset();
}

GzipPieces::~GzipPieces() {
  if (state_ != nullptr) deflateEnd(&state_->stream);
}

bool GzipPieces::ready() const noexcept { return state_ != nullptr; }

std::string GzipPieces::add(std::string_view bytes) {
  return bytes.empty() ? std::string() : run(bytes, Z_SYNC_FLUSH);
}

std::string GzipPieces::end() { return run({}, Z_FINISH); }

std::string GzipPieces::run(std::string_view bytes, int flush) {
  z_stream& stream = state_->stream;
  std::string out;
  while (true) {
    const std::size_t most = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    stream.next_in = input(bytes);
    stream.avail_in = static_cast<uInt>(most);
    const int how = most == bytes.size() ? flush : Z_NO_FLUSH;
    do {
      const std::size_t before = out.size();
      const std::size_t piece = std::max(std::size_t{256}, std::size_t{stream.avail_in} / 4 + 64);
      out.resize_and_overwrite(before + piece, [&](char* place, std::size_t) {
        stream.next_out = reinterpret_cast<Bytef*>(place + before);
        stream.avail_out = static_cast<uInt>(piece);
        deflate(&stream, how);
        return before + piece - stream.avail_out;
      });
    } while (stream.avail_out == 0);
    bytes.remove_prefix(most);
    if (bytes.empty()) return out;
  }
}

}  // namespace ofn
