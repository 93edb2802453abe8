#include "wire/http1/field_lines.h"

#include <algorithm>

#include "wire/chars.h"

namespace ofn::wire::http1 {

namespace {

std::string_view name_problem(char found, std::string_view name) {
  if (is_blank(found)) {
    return name.empty() ? "a field line begins with a blank (folding is not allowed)"
                        : "a blank stands between a field name and its colon";
  }
  if (found == ':') return "a field has no name";
  if (found == '\n') return "a line ends in LF without CR";
  if (found == '\r') return "a field line has no colon";
  return "a field name has a character that is not allowed";
}

}  // namespace

void FieldLines::restart(std::size_t begin, std::size_t max_end, std::size_t max_fields) {
  lines_.clear();
  position_ = begin;
  max_end_ = std::min(max_end, std::size_t{1} << 31);  // positions are 32 bits wide
  max_fields_ = max_fields;
  state_ = State::kLineStart;
}

Step FieldLines::refuse(int status, std::string_view reason) {
  reject_ = {status, reason};
  return Step::kRejected;
}

Step FieldLines::parse(std::string_view seen) {
  const char* const base = seen.data();
  const char* const end = base + std::min(seen.size(), max_end_);
  const char* at = base + position_;
  const auto offset = [&] { return static_cast<std::uint32_t>(at - base); };

  // Every case runs to the end of its part of the line and falls into the next one.
  while (at != end) {
    switch (state_) {
      case State::kLineStart:
        if (*at == '\r') {
          ++at;
          state_ = State::kEndLf;
          break;
        }
        if (lines_.size() == max_fields_) return refuse(431, "too many fields");
        line_.name = offset();
        state_ = State::kName;
        [[fallthrough]];
      case State::kName:
        at = skip(kToken, at, end);
        if (at == end) break;
        line_.name_size = offset() - line_.name;
        if (*at != ':' || line_.name_size == 0) {
          return refuse(400, name_problem(*at, {base + line_.name, line_.name_size}));
        }
        ++at;
        state_ = State::kBeforeValue;
        [[fallthrough]];
      case State::kBeforeValue:
        while (at != end && is_blank(*at)) ++at;
        if (at == end) break;
        line_.value = offset();
        state_ = State::kValue;
        [[fallthrough]];
      case State::kValue:
        at = skip_value(at, end);
        if (at == end) break;
        if (*at != '\r') {
          return refuse(400, *at == '\n' ? "a line ends in LF without CR"
                                         : "a field value has a control character");
        }
        line_.value_size = offset() - line_.value;
        while (line_.value_size > 0 && is_blank(base[line_.value + line_.value_size - 1])) {
          --line_.value_size;
        }
        lines_.push_back(line_);
        ++at;
        state_ = State::kLineLf;
        if (at == end) break;
        [[fallthrough]];
      case State::kLineLf:
        if (*at != '\n') return refuse(400, "a CR is not followed by LF");
        ++at;
        state_ = State::kLineStart;
        break;
      case State::kEndLf:
        if (*at != '\n') return refuse(400, "a CR is not followed by LF");
        ++at;
        position_ = offset();
        return Step::kDone;
    }
  }
  position_ = offset();
  return seen.size() < max_end_ ? Step::kMore : refuse(431, "the fields are too large");
}

void FieldLines::fields(std::string_view bytes, std::vector<Field>& fields) const {
  fields.clear();
  for (const Line& line : lines_) {
    fields.push_back(
        {bytes.substr(line.name, line.name_size), bytes.substr(line.value, line.value_size)});
  }
}

}  // namespace ofn::wire::http1
