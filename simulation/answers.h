// Reads the answers of a server over HTTP/1.1, as a careful client does: whole bodies and bodies in chunks.
//
//   AnswerReader answers;
//   answers.add(bytes);
//   while (const auto answer = answers.next()) take(answer->status, answer->body);
//   if (const Answer* part = answers.partial()) …   // the one that has begun and not ended
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ofn::simulation {

struct Answer {
  int status = 0;
  bool is_last = false;  // of its connection
  bool is_chunked = false;
  std::string body;
};

class AnswerReader {
 public:
  void add(std::string_view bytes) { in_ += bytes; }
  // Returns the next whole answer; nullopt if more bytes are needed, or the answer is malformed.
  std::optional<Answer> next();
  // Returns the answer whose head is there, but not its end; null if there is none.
  const Answer* partial() const { return stage_ == Stage::kHead ? nullptr : &now_; }
  bool is_malformed() const { return is_malformed_; }

 private:
  enum class Stage : std::uint8_t { kHead, kBody, kChunkEnd, kChunkSize, kTrailers };

  // Returns false if more bytes are needed.
  bool advance();
  void read_head(std::string_view head);
  // Takes a line, without its end. Returns nullopt if it has not arrived.
  std::optional<std::string_view> line();
  std::string_view rest() const { return std::string_view(in_).substr(at_); }

  std::string in_;
  std::size_t at_ = 0;  // of in_: what is before it has been read
  Answer now_;
  Stage stage_ = Stage::kHead;
  std::size_t left_ = 0;  // of the body, or of the chunk
  bool is_whole_ = false;
  bool is_malformed_ = false;
};

}  // namespace ofn::simulation
