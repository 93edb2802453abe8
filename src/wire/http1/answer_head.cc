#include "wire/http1/answer_head.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "wire/chars.h"

namespace ofn::wire::http1 {
namespace {

constexpr std::size_t kStatusLine = 1024;  // bytes at most; nobody needs a reason that long
constexpr std::size_t kLengthDigits = 18;

bool names_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (same_field_name(trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

struct Framed {
  std::optional<std::string_view> length;
  bool chunked = false;
  std::optional<std::string_view> problem;
};

Framed framing_of(std::span<const Field> fields) {
  Framed framed;
  for (const Field& field : fields) {
    if (same_field_name(field.name, "content-length")) {
      if (framed.length && *framed.length != field.value)
        framed.problem = "it has two different lengths";
      framed.length = field.value;
    } else if (same_field_name(field.name, "transfer-encoding")) {
      if (framed.chunked || !same_field_name(field.value, "chunked"))
        framed.problem = "it has a transfer coding other than chunked";
      framed.chunked = true;
    }
  }
  if (framed.chunked && framed.length) framed.problem = "it has a length and is chunked";
  if (framed.length && (framed.length->empty() || framed.length->size() > kLengthDigits ||
                        !all(kDigit, *framed.length))) {
    framed.problem = "its length is not a number";
  }
  return framed;
}

}  // namespace

void AnswerHeadParser::reset() { status_ = 0; }

Step AnswerHeadParser::refuse(std::string_view problem) {
  problem_ = problem;
  return Step::kRejected;
}

Step AnswerHeadParser::parse(std::string_view seen) {
  if (status_ == 0) {
    const Step step = parse_status_line(seen);
    if (step != Step::kDone) return step;
  }
  const Step step = lines_.parse(seen);
  return step == Step::kRejected ? refuse(lines_.reject().reason) : step;
}

// "HTTP/1.1 200 OK"; a reason may be empty, and the blank before it missing.
Step AnswerHeadParser::parse_status_line(std::string_view seen) {
  constexpr std::string_view kBegin = "HTTP/1.";
  const std::string_view begin = seen.substr(0, kBegin.size());
  if (!kBegin.starts_with(begin)) return refuse("it does not begin as HTTP/1.1");
  const std::size_t end = seen.substr(0, kStatusLine).find('\n');
  if (end == std::string_view::npos) {
    return seen.size() < kStatusLine ? Step::kMore : refuse("its status line is too long");
  }
  std::string_view line = seen.substr(0, end);
  if (!line.ends_with('\r')) return refuse("a line ends in LF without CR");
  line.remove_suffix(1);
  line.remove_prefix(kBegin.size());
  // "1 200 OK" is left.
  const bool valid = line.size() >= 5 && is(kDigit, line[0]) && line[1] == ' ' &&
                     all(kDigit, line.substr(2, 3)) && line[2] >= '1' && line[2] <= '5' &&
                     (line.size() == 5 || line[5] == ' ') && all(kValue, line);
  if (!valid) return refuse("its status line is malformed");
  http10_ = line[0] == '0';
  std::from_chars(line.data() + 2, line.data() + 5, status_);
  lines_.restart(end + 1, limits_.head_bytes, limits_.head_fields);
  return Step::kDone;
}

std::optional<std::string_view> AnswerHeadParser::read(std::string_view bytes, AnswerHead& head,
                                                       std::vector<Field>& fields) const {
  lines_.fields(bytes, fields);
  head = {.status = status_, .keep_alive = !http10_};
  const Framed framed = framing_of(fields);
  if (framed.problem) return framed.problem;
  if (framed.chunked && http10_) return "it is chunked, but of HTTP/1.0";
  for (const Field& field : fields) {
    if (same_field_name(field.name, "connection") && names_token(field.value, "close"))
      head.keep_alive = false;
  }
  if (status_ < 200 || status_ == 204 || status_ == 304) return std::nullopt;
  if (framed.chunked) {
    head.framing = AnswerFraming::kChunked;
  } else if (framed.length) {
    head.framing = AnswerFraming::kLength;
    std::from_chars(framed.length->data(), framed.length->data() + framed.length->size(),
                    head.content_length);
  } else {
    head.framing = AnswerFraming::kUntilClose;
    head.keep_alive = false;
  }
  return std::nullopt;
}

}  // namespace ofn::wire::http1
