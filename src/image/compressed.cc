#include "image/compressed.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <zlib.h>

#include "os/module.h"

namespace ofn::image {

namespace {

constexpr std::size_t kPiece = std::size_t{64} * 1024;
// What zlib takes for "with gzip's head", beside the size of its window (zlib.h, inflateInit2).
constexpr int kGzipHead = 16;
constexpr int kMemoryLevel = 8;  // zlib's default

std::unexpected<Error> no_memory() {
  return fail(Code::kResourceExhausted, "there is no memory to compress or decompress a layer");
}
std::unexpected<Error> damaged() {
  return fail(Code::kDataLoss, "is not compressed as its media type says, or is damaged");
}
std::unexpected<Error> cut_short() { return fail(Code::kDataLoss, "is cut short"); }

// zlib's interface is not const; it does not write to its input.
void give(z_stream& stream, std::string_view bytes) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
}

class Gzip final : public Compressor {
 public:
  explicit Gzip(Sink sink)
      : sink_(std::move(sink)),
        ready_(deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipHead,
                            kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK) {}
  ~Gzip() override {
    if (ready_) deflateEnd(&stream_);
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  bool ready() const { return ready_; }

  Result<void> add(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, kPiece);
      bytes.remove_prefix(piece.size());
      give(stream_, piece);
      if (auto written = write(Z_NO_FLUSH); !written) return written;
    }
    return {};
  }

  Result<void> end() override {
    give(stream_, {});
    return write(Z_FINISH);
  }

 private:
  Result<void> write(int flush) {
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = out_.size();
      if (deflate(&stream_, flush) == Z_STREAM_ERROR) return no_memory();
      const std::string_view made(out_.data(), out_.size() - stream_.avail_out);
      if (made.empty()) break;
      if (auto taken = sink_(made); !taken) return taken;
    } while (stream_.avail_out == 0);
    return {};
  }

  Sink sink_;
  z_stream stream_{};
  std::array<char, kPiece> out_{};
  bool ready_;
};

class Gunzip final : public Decompressor {
 public:
  explicit Gunzip(Sink sink)
      : sink_(std::move(sink)), ready_(inflateInit2(&stream_, MAX_WBITS + kGzipHead) == Z_OK) {}
  ~Gunzip() override {
    if (ready_) inflateEnd(&stream_);
  }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  bool ready() const { return ready_; }

  Result<void> add(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, std::numeric_limits<uInt>::max());
      bytes.remove_prefix(piece.size());
      give(stream_, piece);
      if (auto read = read_piece(); !read) return read;
    }
    return {};
  }

  Result<void> end() override {
    if (!at_end_) return cut_short();
    return {};
  }

 private:
  Result<void> read_piece() {
    do {
      // gzip may have several members one after the other (RFC 1952, 2.2).
      if (std::exchange(at_end_, false) && inflateReset(&stream_) != Z_OK) return no_memory();
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = out_.size();
      const int result = inflate(&stream_, Z_NO_FLUSH);
      at_end_ = result == Z_STREAM_END;
      if (result == Z_MEM_ERROR) return no_memory();
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return damaged();
      const std::string_view made(out_.data(), out_.size() - stream_.avail_out);
      if (auto taken = sink_(made); !taken) return taken;
    } while (stream_.avail_in > 0 || (!at_end_ && stream_.avail_out == 0));
    return {};
  }

  Sink sink_;
  z_stream stream_{};
  std::array<char, kPiece> out_{};
  bool ready_;
  bool at_end_ = false;  // of a member
};

// The parts of zstd.h that have been stable since version 1.0.
struct ZstdInput {
  const void* bytes;
  std::size_t size;
  std::size_t position;
};
struct ZstdOutput {
  void* bytes;
  std::size_t size;
  std::size_t position;
};

class Unzstd final : public Decompressor {
 public:
  explicit Unzstd(Sink sink) : sink_(std::move(sink)) {}
  ~Unzstd() override {
    if (stream_ != nullptr) free_(stream_);
  }
  Unzstd(const Unzstd&) = delete;
  Unzstd& operator=(const Unzstd&) = delete;

  Result<void> open() {
    const auto library = os::Module::open({"libzstd.so.1"});
    if (!library || !library->bind("ZSTD_createDStream", create_) ||
        !library->bind("ZSTD_freeDStream", free_) ||
        !library->bind("ZSTD_decompressStream", decompress_) ||
        !library->bind("ZSTD_isError", is_error_)) {
      return fail(Code::kFailedPrecondition,
                  "the base has a layer that is compressed with Zstandard, and the library "
                  "libzstd.so.1 is missing; install the package libzstd1");
    }
    stream_ = create_();
    if (stream_ == nullptr) return no_memory();
    return {};
  }

  Result<void> add(std::string_view bytes) override {
    ZstdInput in{.bytes = bytes.data(), .size = bytes.size(), .position = 0};
    std::size_t made = 0;
    do {
      ZstdOutput out{.bytes = out_.data(), .size = out_.size(), .position = 0};
      left_ = decompress_(stream_, &out, &in);
      if (is_error_(left_) != 0) return damaged();
      made = out.position;
      if (auto taken = sink_({out_.data(), made}); !taken) return taken;
    } while (in.position < in.size || (left_ != 0 && made == out_.size()));
    return {};
  }

  Result<void> end() override {
    if (left_ != 0) return cut_short();
    return {};
  }

 private:
  Sink sink_;
  void* stream_ = nullptr;
  std::size_t left_ = 1;  // 0 at the end of a frame
  std::array<char, kPiece> out_{};
  void* (*create_)() = nullptr;
  std::size_t (*free_)(void*) = nullptr;
  std::size_t (*decompress_)(void*, ZstdOutput*, ZstdInput*) = nullptr;
  unsigned (*is_error_)(std::size_t) = nullptr;
};

class Plain final : public Decompressor {
 public:
  explicit Plain(Sink sink) : sink_(std::move(sink)) {}
  Result<void> add(std::string_view bytes) override { return sink_(bytes); }
  Result<void> end() override { return {}; }

 private:
  Sink sink_;
};

}  // namespace

Result<std::unique_ptr<Compressor>> Compressor::make(Sink sink) {
  auto gzip = std::make_unique<Gzip>(std::move(sink));
  if (!gzip->ready()) return no_memory();
  return gzip;
}

Result<std::unique_ptr<Decompressor>> Decompressor::make(Compression compression, Sink sink) {
  switch (compression) {
    case Compression::kGzip: {
      auto gunzip = std::make_unique<Gunzip>(std::move(sink));
      if (!gunzip->ready()) return no_memory();
      return gunzip;
    }
    case Compression::kZstd: {
      auto unzstd = std::make_unique<Unzstd>(std::move(sink));
      if (auto opened = unzstd->open(); !opened) return std::unexpected(opened.error());
      return unzstd;
    }
    case Compression::kNone:
      break;
  }
  return std::make_unique<Plain>(std::move(sink));
}

}  // namespace ofn::image
