// gzip and deflate, as HTTP names them (RFC 1952, RFC 1950): whole texts, and texts in pieces.
//
//   const std::string smaller = gzip(bytes, 6);
//   auto bytes = decompress("gzip", smaller, limit);
//   GzipPieces pieces(6);
//   send(pieces.add("first"));   // can be read before the rest has come
//   send(pieces.end());
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace ofn {

// zlib's level if nobody chooses one.
inline constexpr int kUsualLevel = -1;
// Returns an empty text if there is no memory, or the bytes are 4 GiB or more. Cost: about 20 ns for each byte; 270 KB meanwhile.
std::string gzip(std::string_view bytes, int level = kUsualLevel);

enum class DecompressError : std::uint8_t { kUnknown, kTooLarge, kBroken, kNoMemory };
// `encoding`: gzip, x-gzip or deflate, in any case. Makes at most `most` bytes and a few, however many the bytes stand for.
// Errors: kUnknown: another encoding; kTooLarge: more than `most`; kBroken: the bytes are not of the encoding, or end too early or too late.
std::expected<std::string, DecompressError> decompress(std::string_view encoding,
                                                       std::string_view bytes, std::size_t most);

// A text in pieces, each of which can be decompressed when it has arrived. Keeps 32 KiB.
// Lifetime: of one text. Threads: one at a time.
class GzipPieces {
 public:
  explicit GzipPieces(int level);
  GzipPieces(const GzipPieces&) = delete;
  GzipPieces& operator=(const GzipPieces&) = delete;
  ~GzipPieces();

  // Returns false if there is no memory for it; then nothing else may be called.
  bool ready() const noexcept;
  std::string add(std::string_view bytes);
  // Returns the last bytes. Call it once, last.
  std::string end();

 private:
  struct State;
  std::string run(std::string_view bytes, int flush);
  std::unique_ptr<State> state_;
};

}  // namespace ofn
