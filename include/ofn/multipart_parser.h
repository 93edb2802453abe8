// Forms with files (multipart/form-data) in pieces of any size, each of which is forgotten when it has been read: with the pieces of
// an <ofn/reader.h>, an upload of any size.
//
//   std::size_t count(const ofn::Request& request, std::span<const std::string_view> pieces) {
//     std::size_t size = 0;
//     ofn::MultipartParser parser(request);
//     for (const std::string_view piece : pieces) {
//       for (const ofn::MultipartEvent& event : parser.feed(piece)) {
//         if (event.part != nullptr && event.part->name == "file") size += event.data.size();
//       }
//     }
//     parser.finish();
//     return size;
//   }
//
// A name, a file's name and a content type are data of the client's. They may have any bytes: never
// use a file's name as a path.
// Spec: RFC 7578, RFC 2046 §5.1; names as browsers escape them (WHATWG HTML, "multipart/form-data
// encoding algorithm").
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/failure.h>
#include <ofn/field.h>
#include <ofn/http_text.h>
#include <ofn/lazy.h>
#include <ofn/multipart_fields.h>
#include <ofn/request.h>
#include <ofn/url.h>

namespace ofn {

// More than this is a BadInput. The memory is the function's and does not count against
// --max-body-memory.
struct MultipartLimits {
  std::size_t parts = 1000;
  std::size_t header_bytes = 8192;  // of the header fields of one part
  std::size_t header_fields = 32;   // of one part
};

// What a part says about itself. The views are valid until the parser begins the next part.
struct PartHead {
  std::string_view name;
  std::optional<std::string_view> filename;  // nullopt: it is no file. "": no file was chosen
  std::string_view content_type;             // as sent; "text/plain" if it is missing (§4.4)
  std::span<const Field> headers;            // all, as sent
};

enum class MultipartStep : std::uint8_t { kPartBegins, kData, kPartEnds, kEnd };

struct MultipartEvent {
  MultipartStep step{};
  const PartHead* part = nullptr;  // null at kEnd
  std::string_view data{};         // at kData, some of the part's bytes; otherwise empty
};

// Reads a body piece by piece. It keeps the header fields of one part. Of the data it keeps nothing:
// each event's data is a part of the piece, or the few bytes at the end of the last piece that could
// have begun a delimiter.
//
// After feed(), take all events before the next feed(), with the loop above or by next() until it
// returns nullopt. In a task, the loop may await.
//
// Lifetime: a piece must live until its events have been taken, the data of an event until the
// next event is taken.
// Threads: one at a time.
// Errors: BadInput, with the number of the part and the byte of the body. Afterwards the parser
// throws it again at each call. std::logic_error if events of the last piece are left.
// Cost: one pass over the bytes, with memchr(); an allocation for some of the heads.
class MultipartParser {
 public:
  // Takes the boundary from the request's content type. Errors: BadInput.
  OFN_INTERNAL_LAZY explicit MultipartParser(const Request& request, MultipartLimits limits = {})
      : MultipartParser(request.header("content-type").value_or(std::string_view()), limits) {}
  OFN_INTERNAL_LAZY explicit MultipartParser(std::string_view content_type,
                                             MultipartLimits limits = {})
      : limits_(limits), delimiter_("\r\n--" + std::string(internal::boundary_of(content_type))) {}
  MultipartParser(const MultipartParser&) = delete;
  MultipartParser& operator=(const MultipartParser&) = delete;

  class Events;
  OFN_INTERNAL_LAZY Events feed(std::string_view piece);
  // A temporary text is gone before its events are taken.
  template <std::same_as<std::string> Temporary>
  Events feed(Temporary&& piece) = delete;
  // Returns the next event of the piece; nullopt if the next piece is needed.
  OFN_INTERNAL_LAZY std::optional<MultipartEvent> next();
  // Call it after the last piece. Errors: BadInput if the body is cut off.
  OFN_INTERNAL_LAZY void finish() {
    if (state_ == State::kFailed) fail(failure_);
    if (state_ != State::kEpilogue) {
      fail("the body is cut off: the last delimiter is missing");
    }
  }

 private:
  enum class State : std::uint8_t {
    kPreamble,   // before the first delimiter; ignored (RFC 2046 §5.1.1)
    kDelimiter,  // behind a delimiter
    kDash,       // behind a delimiter and a dash
    kPadding,    // in the blanks behind a delimiter
    kLineFeed,   // behind the carriage return of a delimiter's line
    kHead,
    kData,
    kPartEnd,
    kClosed,
    kEpilogue,  // after the last delimiter; ignored
    kFailed,
  };

  OFN_INTERNAL_LAZY std::string_view take(std::size_t size) noexcept {
    const std::string_view taken = piece_.substr(0, size);
    piece_.remove_prefix(taken.size());
    offset_ += taken.size();
    return taken;
  }
  OFN_INTERNAL_LAZY std::string_view take_data(State behind);
  OFN_INTERNAL_LAZY void read_delimiter_line();
  OFN_INTERNAL_LAZY bool take_head();
  OFN_INTERNAL_LAZY void read_head();
  OFN_INTERNAL_LAZY void read_disposition(std::string_view value);
  OFN_INTERNAL_LAZY void read_extended(std::string_view value);
  OFN_INTERNAL_LAZY [[noreturn]] void fail(std::string_view what) {
    if (state_ != State::kFailed) {
      state_ = State::kFailed;
      failure_ = "multipart/form-data, part " + std::to_string(part_count_) + ", byte " +
                 std::to_string(offset_) + ": " + std::string(what);
    }
    throw BadInput(failure_);
  }

  MultipartLimits limits_;
  std::string delimiter_;
  std::string_view piece_;
  std::uint64_t offset_ = 0;  // of the body, where piece_ begins
  std::size_t part_count_ = 0;
  // How many bytes of a delimiter the last piece ended with. They are not kept, because they are the
  // delimiter's. The first delimiter may come without its line break.
  std::size_t matched_ = 2;
  State state_ = State::kPreamble;
  std::string head_;
  std::vector<Field> fields_;
  std::string name_;
  std::string filename_;
  PartHead part_{};
  std::string failure_;
};

// The events of one piece: an input range.
class MultipartParser::Events {
 public:
  explicit Events(MultipartParser& parser) noexcept : parser_(&parser) {}

  class Iterator {
   public:
    OFN_INTERNAL_LAZY explicit Iterator(MultipartParser& parser)
        : parser_(&parser), event_(parser.next()) {}
    const MultipartEvent& operator*() const noexcept { return *event_; }
    OFN_INTERNAL_LAZY Iterator& operator++() {
      event_ = parser_->next();
      return *this;
    }
    bool operator==(std::default_sentinel_t /*end*/) const noexcept { return !event_; }

   private:
    MultipartParser* parser_;
    std::optional<MultipartEvent> event_;
  };
  OFN_INTERNAL_LAZY Iterator begin() const { return Iterator(*parser_); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  MultipartParser* parser_;
};

template <int>
MultipartParser::Events MultipartParser::feed(std::string_view piece) {
  if (state_ == State::kFailed) fail(failure_);
  if (!piece_.empty()) {
    throw std::logic_error("ofn: take all events of a piece before you feed the next one");
  }
  piece_ = piece;
  return Events(*this);
}

template <int>
std::optional<MultipartEvent> MultipartParser::next() {
  while (true) {
    switch (state_) {
      case State::kPreamble:
        take_data(State::kDelimiter);
        if (state_ == State::kPreamble && piece_.empty()) return std::nullopt;
        break;
      case State::kData: {
        const std::string_view data = take_data(State::kPartEnd);
        if (!data.empty()) return MultipartEvent{MultipartStep::kData, &part_, data};
        if (state_ == State::kData) return std::nullopt;
        break;
      }
      case State::kPartEnd:
        state_ = State::kDelimiter;
        return MultipartEvent{MultipartStep::kPartEnds, &part_, {}};
      case State::kHead:
        if (!take_head()) return std::nullopt;
        read_head();
        state_ = State::kData;
        return MultipartEvent{MultipartStep::kPartBegins, &part_, {}};
      case State::kClosed:
        state_ = State::kEpilogue;
        return MultipartEvent{MultipartStep::kEnd, nullptr, {}};
      case State::kEpilogue:
        take(piece_.size());
        return std::nullopt;
      case State::kFailed:
        fail(failure_);
      default:
        if (piece_.empty()) return std::nullopt;
        read_delimiter_line();
    }
  }
}

// Takes and returns data up to the next delimiter, which it takes, too; then the state is `behind`.
// The result is empty if the piece ends or the delimiter follows at once.
template <int>
std::string_view MultipartParser::take_data(State behind) {
  const std::string_view delimiter = delimiter_;
  if (matched_ > 0) {
    const std::string_view missing = delimiter.substr(matched_);
    const std::size_t size = internal::least(missing.size(), piece_.size());
    // A carriage return stands only at the delimiter's beginning, so no other delimiter can begin
    // within the bytes that matched.
    if (piece_.substr(0, size) != missing.substr(0, size)) {
      return delimiter.substr(0, std::exchange(matched_, 0));
    }
    take(size);
    matched_ += size;
    if (matched_ == delimiter.size()) {
      matched_ = 0;
      state_ = behind;
    }
    return {};
  }
  const std::size_t at = piece_.find(delimiter);
  if (at != std::string_view::npos) {
    const std::string_view data = take(at);
    take(delimiter.size());
    state_ = behind;
    return data;
  }
  const std::size_t last = piece_.rfind('\r');
  if (last != std::string_view::npos && delimiter.starts_with(piece_.substr(last))) {
    matched_ = piece_.size() - last;
  }
  const std::string_view data = take(piece_.size() - matched_);
  take(matched_);
  return data;
}

// Reads a byte of the line behind a delimiter: two dashes after the last part, otherwise blanks and
// the line's end.
template <int>
void MultipartParser::read_delimiter_line() {
  const char c = take(1).front();
  const bool may_be_blank = state_ == State::kDelimiter || state_ == State::kPadding;
  if (state_ == State::kDelimiter && c == '-') {
    state_ = State::kDash;
  } else if (state_ == State::kDash && c == '-') {
    state_ = State::kClosed;
  } else if (may_be_blank && internal::is_blank(c)) {
    state_ = State::kPadding;
  } else if (may_be_blank && c == '\r') {
    state_ = State::kLineFeed;
  } else if (state_ == State::kLineFeed && c == '\n') {
    if (part_count_ == limits_.parts) {
      fail("the form has more than " + std::to_string(limits_.parts) + " parts");
    }
    ++part_count_;
    head_ = "\r\n";  // of the delimiter's line
    state_ = State::kHead;
  } else {
    fail("a line break or two dashes must follow the delimiter");
  }
}

// Returns true if the head of the part is complete.
template <int>
bool MultipartParser::take_head() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t before = head_.size();
  const std::size_t most =
      2 + internal::least(limits_.header_bytes, std::string::npos / 2) + kEnd.size();
  head_ += piece_.substr(0, most - before);
  const std::size_t end = head_.find(kEnd, before < kEnd.size() ? 0 : before - kEnd.size() + 1);
  if (end == std::string::npos) {
    take(head_.size() - before);
    if (head_.size() == most) {
      fail("the header fields of the part have more than " + std::to_string(limits_.header_bytes) +
           " bytes");
    }
    return false;
  }
  take(end + kEnd.size() - before);
  head_.resize(end);
  return true;
}

template <int>
void MultipartParser::read_head() {
  // A line that begins with a blank continues the one before it (RFC 5322 §2.2.3).
  for (std::size_t at = head_.find("\r\n", 2); at != std::string::npos;
       at = head_.find("\r\n", at + 2)) {
    if (at + 2 < head_.size() && internal::is_blank(head_[at + 2])) head_.replace(at, 2, "  ");
  }
  fields_.clear();
  part_ = {};
  part_.content_type = "text/plain";
  name_.clear();
  filename_.clear();
  const Field* disposition = nullptr;
  std::string_view rest = head_;
  rest.remove_prefix(internal::least(2, rest.size()));
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(internal::least(line.size() + 2, rest.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !internal::is_token(line.substr(0, colon))) {
      fail("a header field of the part must be `Name: value`");
    }
    for (const char c : line) {
      if (internal::is_control(c) && c != '\t') {
        fail("a header field of the part has a control character");
      }
    }
    if (fields_.size() == limits_.header_fields) {
      fail("the part has more than " + std::to_string(limits_.header_fields) + " header fields");
    }
    fields_.push_back({line.substr(0, colon), internal::without_blanks(line.substr(colon + 1))});
  }
  for (const Field& field : fields_) {
    if (same_field_name(field.name, "content-type")) part_.content_type = field.value;
    if (!same_field_name(field.name, "content-disposition")) continue;
    if (disposition != nullptr) fail("the part has two fields Content-Disposition");
    disposition = &field;
  }
  if (disposition == nullptr) {
    fail("the part has no field `Content-Disposition: form-data; name=\"...\"`");
  }
  read_disposition(disposition->value);
  part_.headers = fields_;
}

template <int>
void MultipartParser::read_disposition(std::string_view value) {
  const std::string_view type = internal::media_type_alone(value);
  if (!same_field_name(type, "form-data")) fail("the part's Content-Disposition must be form-data");
  bool has_name = false;
  bool has_filename = false;
  std::optional<std::string_view> extended;
  std::string_view rest = value.substr(internal::least(value.find(';'), value.size()));
  for (internal::Parameter parameter; internal::take_parameter(rest, parameter);) {
    const bool is_name = same_field_name(parameter.name, "name");
    const bool is_filename = same_field_name(parameter.name, "filename");
    if ((is_name && std::exchange(has_name, true)) ||
        (is_filename && std::exchange(has_filename, true))) {
      fail("the part's Content-Disposition has a parameter twice");
    }
    if (is_name || is_filename) {
      (is_name ? name_ : filename_) = parameter.is_quoted
                                          ? internal::unescaped_name(parameter.value)
                                          : std::string(parameter.value);
    }
    if (same_field_name(parameter.name, "filename*")) extended = parameter.value;
  }
  if (!rest.empty()) fail("the part's Content-Disposition is not `form-data; name=\"...\"`");
  if (!has_name) fail("the part's Content-Disposition has no name");
  // RFC 7578 §4.2 forbids it, but some clients send it alone for names that are not ASCII.
  if (!has_filename && extended) read_extended(*extended);
  part_.name = name_;
  if (has_filename || extended) part_.filename = filename_;
}

// Reads RFC 8187 §3.2.1: UTF-8'language'na%C3%AFve.txt
template <int>
void MultipartParser::read_extended(std::string_view value) {
  const std::string_view charset = value.substr(0, value.find('\''));
  const std::size_t second = value.find('\'', charset.size() + 1);
  std::optional<std::string> decoded;
  if (same_field_name(charset, "utf-8") && second != std::string_view::npos) {
    decoded = url_decode(value.substr(second + 1));
  }
  if (!decoded) fail("the part's filename* must be UTF-8''name, with escapes of the form %C3");
  filename_ = *std::move(decoded);
}

}  // namespace ofn
