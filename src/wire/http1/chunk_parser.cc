#include "wire/http1/chunk_parser.h"

#include <algorithm>
#include <array>

#include "wire/chars.h"
#include "wire/field_rules.h"

namespace ofn::wire::http1 {

namespace {

using State = ChunkParser::State;

// A size of 64 bits; with more digits it is an overflow, or zeros that nobody needs.
constexpr std::size_t kMaxDigits = 16;
constexpr std::uint64_t kMaxSize = (std::uint64_t{1} << 63) - 1;
// Of all extensions on one size line. Nobody uses them; RFC 9112 §7.1.1 asks for a limit.
constexpr std::size_t kMaxExtension = std::size_t{8} * 1024;
// Framing may cost this much, and twice the data besides. A client that writes three bytes at a
// time passes; one byte at a time ends after 20,000 chunks.
constexpr std::uint64_t kFreeOverhead = std::uint64_t{64} * 1024;

// The kinds of bytes that a size line tells apart.
enum Kind : std::uint8_t {
  kHexDigit,
  kName,  // any other token character
  kSemicolon,
  kEquals,
  kQuote,
  kBackslash,
  kBlank,
  kCr,
  kText,   // what else may stand in a quoted string
  kOther,  // control characters: never
  kKinds
};

constexpr std::array<Kind, 256> kKindOf = [] {
  std::array<Kind, 256> kinds{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    kinds[byte] = is(kHex, c)     ? kHexDigit
                  : is(kToken, c) ? kName
                  : c == ';'      ? kSemicolon
                  : c == '='      ? kEquals
                  : c == '"'      ? kQuote
                  : c == '\\'     ? kBackslash
                  : is_blank(c)   ? kBlank
                  : c == '\r'     ? kCr
                  : is(kValue, c) ? kText
                                  : kOther;
  }
  return kinds;
}();

// RFC 9112 §7.1.1: chunk-size *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) CRLF.
// A blank right behind the size is refused nevertheless: implementations disagree about it.
constexpr auto kNext = [] {
  constexpr State kX = State::kBad;
  constexpr State kSize = State::kSize;
  constexpr State kExt = State::kExtension;
  constexpr State kNam = State::kExtensionName;
  constexpr State kBnm = State::kBlankAfterName;
  constexpr State kVal = State::kExtensionValue;
  constexpr State kTok = State::kToken;
  constexpr State kQuo = State::kQuoted;
  constexpr State kPair = State::kQuotedPair;
  constexpr State kAft = State::kAfterQuoted;
  constexpr State kBvl = State::kBlankAfterValue;
  constexpr State kLf = State::kSizeLf;
  // clang-format off
  return std::array<std::array<State, kKinds>, 11>{{
      //  hex    name   ;      =      "      backsl blank  CR    text   other
      {{kSize, kX,    kX,    kX,    kX,    kX,    kX,    kX,   kX,    kX}},   // kSizeStart
      {{kSize, kX,    kExt,  kX,    kX,    kX,    kX,    kLf,  kX,    kX}},   // kSize
      {{kNam,  kNam,  kX,    kX,    kX,    kX,    kExt,  kX,   kX,    kX}},   // kExtension
      {{kNam,  kNam,  kExt,  kVal,  kX,    kX,    kBnm,  kLf,  kX,    kX}},   // kExtensionName
      {{kX,    kX,    kExt,  kVal,  kX,    kX,    kBnm,  kX,   kX,    kX}},   // kBlankAfterName
      {{kTok,  kTok,  kX,    kX,    kQuo,  kX,    kVal,  kX,   kX,    kX}},   // kExtensionValue
      {{kTok,  kTok,  kExt,  kX,    kX,    kX,    kBvl,  kLf,  kX,    kX}},   // kToken
      {{kQuo,  kQuo,  kQuo,  kQuo,  kAft,  kPair, kQuo,  kX,   kQuo,  kX}},   // kQuoted
      {{kQuo,  kQuo,  kQuo,  kQuo,  kQuo,  kQuo,  kQuo,  kX,   kQuo,  kX}},   // kQuotedPair
      {{kX,    kX,    kExt,  kX,    kX,    kX,    kBvl,  kLf,  kX,    kX}},   // kAfterQuoted
      {{kX,    kX,    kExt,  kX,    kX,    kX,    kBvl,  kX,   kX,    kX}},   // kBlankAfterValue
  }};
  // clang-format on
}();

unsigned hex_value(char c) {
  if (c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

}  // namespace

void ChunkParser::reset(std::uint64_t most) {
  most_ = most;
  left_ = data_ = overhead_ = 0;
  digits_ = extension_ = 0;
  state_ = State::kSizeStart;
}

Step ChunkParser::refuse(int status, std::string_view reason) {
  reject_ = {status, reason};
  return Step::kRejected;
}

// The LF behind a chunk's size was seen.
Step ChunkParser::end_size_line() {
  overhead_ += digits_ + extension_ + 4;  // with the CRLF behind the data
  if (overhead_ > kFreeOverhead + 2 * data_) {
    return refuse(400, "the chunks are mostly framing");
  }
  if (left_ > most_ - data_) return refuse(413, "the body is too large");
  digits_ = extension_ = 0;
  if (left_ == 0) {
    state_ = State::kTrailers;
    lines_.restart(0, limits_.trailer_bytes, limits_.head_fields);
  } else {
    state_ = State::kData;
  }
  return Step::kMore;
}

// Runs the table up to the CR; null after a reject.
const char* ChunkParser::parse_size_line(const char* at, const char* end) {
  while (at != end && state_ < State::kSizeLf) {
    const char c = *at++;
    state_ = kNext[static_cast<std::size_t>(state_)][kKindOf[static_cast<unsigned char>(c)]];
    if (state_ == State::kSize) {
      if (++digits_ > kMaxDigits || left_ > (kMaxSize >> 4)) {
        refuse(400, "a chunk size is too large");
        return nullptr;
      }
      left_ = left_ * 16 + hex_value(c);
    } else if (state_ == State::kBad) {
      refuse(400, "a chunk size line is malformed");
      return nullptr;
    } else if (state_ != State::kSizeLf && ++extension_ > kMaxExtension) {
      refuse(400, "a chunk extension is too long");
      return nullptr;
    }
  }
  return at;
}

ChunkParser::Progress ChunkParser::parse_trailers(std::string_view input, Body& body) {
  const std::size_t before = body.trailer_text.size();
  // The input may hold more than the trailers: no more is copied than they may have.
  body.trailer_text += input.substr(0, limits_.trailer_bytes - before);
  const Step step = lines_.parse(body.trailer_text);
  if (step == Step::kRejected) return {refuse(lines_.reject().status, lines_.reject().reason), 0};
  if (step == Step::kMore) return {step, input.size()};
  body.trailer_text.resize(lines_.position());
  lines_.fields(body.trailer_text, body.trailers);
  for (const Field& field : body.trailers) {
    if (may_not_trail(field.name))
      return {refuse(400, "a trailer is a field that frames or routes the message"), 0};
  }
  return {step, lines_.position() - before};
}

ChunkParser::Progress ChunkParser::parse(std::string_view input, Body& body) {
  const char* at = input.data();
  const char* const end = at + input.size();
  while (at != end) {
    switch (state_) {
      case State::kSizeLf:
        if (*at++ != '\n') return {refuse(400, "a chunk size line does not end in CRLF"), 0};
        if (end_size_line() == Step::kRejected) return {Step::kRejected, 0};
        break;
      case State::kData: {
        const auto size = std::min<std::uint64_t>(left_, static_cast<std::uint64_t>(end - at));
        body.bytes.append(at, size);
        at += size;
        left_ -= size;
        data_ += size;
        if (left_ == 0) state_ = State::kDataCr;
        break;
      }
      case State::kDataCr:
      case State::kDataLf:
        if (*at++ != (state_ == State::kDataCr ? '\r' : '\n')) {
          return {refuse(400, "a chunk is longer than its size"), 0};
        }
        state_ = state_ == State::kDataCr ? State::kDataLf : State::kSizeStart;
        break;
      case State::kTrailers: {
        const auto begin = static_cast<std::size_t>(at - input.data());
        const Progress progress = parse_trailers(input.substr(begin), body);
        return {progress.step, begin + progress.consumed};
      }
      default:
        at = parse_size_line(at, end);
        if (at == nullptr) return {Step::kRejected, 0};
        break;
    }
  }
  return {Step::kMore, input.size()};
}

}  // namespace ofn::wire::http1
