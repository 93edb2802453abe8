#include "base/log_text.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ofn::log_text {
namespace {

constexpr std::int64_t kMicrosPerDay = std::int64_t{86'400} * 1'000'000;

struct Name {
  std::string_view own;
  std::string_view other;
};
constexpr std::array kEcsNames = {Name{"trace_id", "trace.id"},
                                  Name{"span_id", "span.id"},
                                  Name{"request_id", "http.request.id"},
                                  Name{"execution_id", "faas.execution"},
                                  Name{"function", "faas.name"},
                                  Name{"exception", "error.type"},
                                  Name{"error", "error.message"},
                                  Name{"stack", "error.stack_trace"},
                                  Name{"method", "http.request.method"},
                                  Name{"path", "url.path"},
                                  Name{"status", "http.response.status_code"},
                                  Name{"bytes_in", "http.request.body.bytes"},
                                  Name{"bytes_out", "http.response.body.bytes"},
                                  Name{"peer", "client.address"}};
constexpr std::array kGcpRequestNames = {
    Name{"method", "requestMethod"},   Name{"path", "requestUrl"},
    Name{"status", "status"},          Name{"bytes_in", "requestSize"},
    Name{"bytes_out", "responseSize"}, Name{"duration_ms", "latency"},
    Name{"protocol", "protocol"}};
// Those of every line, and of every line that an author may cause, in any format.
constexpr std::array<std::string_view, 19> kOwnNames = {"time",
                                                        "severity",
                                                        "level",
                                                        "message",
                                                        "trace_id",
                                                        "span_id",
                                                        "trace_flags",
                                                        "execution_id",
                                                        "request_id",
                                                        "started_by",
                                                        "function",
                                                        "location",
                                                        "httpRequest",
                                                        "logging.googleapis.com/trace",
                                                        "logging.googleapis.com/spanId",
                                                        "logging.googleapis.com/trace_sampled",
                                                        "logging.googleapis.com/labels",
                                                        "logging.googleapis.com/sourceLocation",
                                                        "timestamp"};

std::string_view other_name(std::span<const Name> names, std::string_view name) {
  const auto found = std::ranges::find(names, name, &Name::own);
  return found == names.end() ? std::string_view() : found->other;
}

struct Date {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

// Counts years from March, in eras of 400 years (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
Date date_of(std::int64_t days) {
  const std::int64_t from_era_0 = days + 719'468;
  const std::int64_t era = (from_era_0 >= 0 ? from_era_0 : from_era_0 - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(from_era_0 - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;  // March is 0
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {.year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
          .month = month,
          .day = day_of_year - (153 * shifted + 2) / 5 + 1};
}

void add(Moment& moment, char byte) { moment.text[moment.size++] = byte; }

void add(Moment& moment, std::uint64_t number, std::size_t digits) {
  for (std::size_t i = digits; i > 0; --i) {
    moment.text[moment.size + i - 1] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  moment.size += digits;
}

std::int64_t days_of(std::int64_t unix_micros) {
  return unix_micros / kMicrosPerDay - (unix_micros % kMicrosPerDay < 0 ? 1 : 0);
}

void add_clock(Moment& moment, std::int64_t unix_micros) {
  const auto micros =
      static_cast<std::uint64_t>(unix_micros - days_of(unix_micros) * kMicrosPerDay);
  const std::uint64_t seconds = micros / 1'000'000;
  add(moment, seconds / 3600, 2);
  add(moment, ':');
  add(moment, seconds / 60 % 60, 2);
  add(moment, ':');
  add(moment, seconds % 60, 2);
  add(moment, '.');
}

bool is_plain_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

}  // namespace

std::string_view word_of(Level level) noexcept {
  constexpr std::array<std::string_view, 4> kWords = {"debug", "info", "warning", "error"};
  return kWords[static_cast<std::size_t>(level) % kWords.size()];
}

std::string_view severity_of(Level level) noexcept {
  constexpr std::array<std::string_view, 4> kWords = {"DEBUG", "INFO", "WARNING", "ERROR"};
  return kWords[static_cast<std::size_t>(level) % kWords.size()];
}

bool is_one_line(std::string_view text) noexcept {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_plain_word(std::string_view text) noexcept {
  return !text.empty() &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+@%{}()<>*,;") ==
             std::string_view::npos;
}

bool is_own_name(std::string_view name) noexcept {
  return std::ranges::find(kOwnNames, name) != kOwnNames.end();
}

std::string_view ecs_name(std::string_view name) noexcept { return other_name(kEcsNames, name); }

std::string_view gcp_request_name(std::string_view name) noexcept {
  return other_name(kGcpRequestNames, name);
}

std::pair<std::string_view, std::string_view> split_location(std::string_view location) noexcept {
  const std::size_t colon = location.rfind(':');
  if (colon == std::string_view::npos) return {location, "0"};
  const std::string_view line = location.substr(colon + 1);
  const bool is_number =
      !line.empty() && std::ranges::all_of(line, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::pair(location.substr(0, colon), line) : std::pair(location, "0");
}

bool is_sampled(std::string_view trace_flags) noexcept {
  return !trace_flags.empty() &&
         std::string_view("13579bdf").find(trace_flags.back()) != std::string_view::npos;
}

Moment date_and_time(std::int64_t unix_micros) noexcept {
  Moment moment{};
  const Date date = date_of(days_of(unix_micros));
  add(moment, static_cast<std::uint64_t>(date.year), 4);
  add(moment, '-');
  add(moment, date.month, 2);
  add(moment, '-');
  add(moment, date.day, 2);
  add(moment, 'T');
  add_clock(moment, unix_micros);
  add(moment, static_cast<std::uint64_t>(unix_micros - days_of(unix_micros) * kMicrosPerDay), 6);
  add(moment, 'Z');
  return moment;
}

Moment time_of_day(std::int64_t unix_micros) noexcept {
  Moment moment{};
  add_clock(moment, unix_micros);
  add(moment, static_cast<std::uint64_t>(unix_micros - days_of(unix_micros) * kMicrosPerDay) / 1000,
      3);
  return moment;
}

// Looks at eight bytes at a time, because most texts need no escape (Sean Anderson, "Bit Twiddling Hacks", "Determine if a word
// has a byte less than n").
std::size_t plain_prefix(std::string_view text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHigh; };
  const auto is_plain = [&](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t special = (word & kHigh) | ((word - kOnes * 0x20) & ~word & kHigh) |
                                  has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\')) |
                                  has_zero(word ^ (kOnes * 0x7f));
    return special == 0;
  };
  std::size_t at = 0;
  while (at + 8 <= text.size() && is_plain(at)) at += 8;
  // The last eight bytes, some of which have been looked at.
  if (text.size() >= 8 && at + 8 > text.size() && is_plain(text.size() - 8)) return text.size();
  while (at < text.size() && is_plain_byte(text[at])) ++at;
  return at;
}

Escape escape_at(std::string_view text, std::size_t at, bool is_valid) noexcept {
  static constexpr char kHex[] = "0123456789abcdef";
  const char c = text[at];
  const auto byte = static_cast<unsigned char>(c);
  const std::string_view rest = text.substr(at);
  if (c == '"' || c == '\\') return {.text = {'\\', c}, .size = 2, .stands_for = 1};
  if (c == '\n') return {.text = {'\\', 'n'}, .size = 2, .stands_for = 1};
  if (byte < 0x20 || byte == 0x7f || (!is_valid && byte >= 0x80)) {
    return {.text = {'\\', 'u', '0', '0', kHex[byte >> 4U], kHex[byte & 0xfU]},
            .size = 6,
            .stands_for = 1};
  }
  if (rest.starts_with("\xc2\x85"))
    return {.text = {'\\', 'u', '0', '0', '8', '5'}, .size = 6, .stands_for = 2};
  if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9"))
    return {.text = {'\\', 'u', '2', '0', '2', rest[2] == '\xa8' ? '8' : '9'},
            .size = 6,
            .stands_for = 3};
  return {};
}

}  // namespace ofn::log_text
