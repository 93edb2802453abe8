#include "wire/grpc/codec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <ratio>
#include <utility>

#include "base/base64.h"
#include "wire/grpc/compression.h"

namespace ofn::wire::grpc {

namespace {

struct Unit {
  char letter;
  std::int64_t nanoseconds;
};
// From the finest: the first whose number has eight digits at most is sent.
constexpr std::array<Unit, 6> kUnits = {{{'n', 1},
                                         {'u', 1'000},
                                         {'m', 1'000'000},
                                         {'S', 1'000'000'000},
                                         {'M', 60'000'000'000},
                                         {'H', 3'600'000'000'000}}};
constexpr std::int64_t kMaxTimeoutNumber = 99'999'999;
constexpr std::size_t kMaxTimeoutDigits = 8;

std::unexpected<Status> refuse(Code code, std::string message) {
  return std::unexpected(Status{.code = code, .message = std::move(message)});
}

}  // namespace

std::string frame(std::string_view message) {
  std::string framed;
  append_frame(framed, message);
  return framed;
}

void append_frame(std::string& to, std::string_view message, Packing packing) {
  const auto byte = [&](unsigned shift) { return static_cast<char>(message.size() >> shift); };
  const std::array<char, kFrameHeadSize> head = {static_cast<char>(packing), byte(24), byte(16),
                                                 byte(8), byte(0)};
  to.reserve(to.size() + head.size() + message.size());
  to.append(head.data(), head.size()).append(message);
}

std::expected<std::string_view, Status> unframe(std::string_view body, const UnframeRules& rules) {
  if (body.empty()) return refuse(Code::kInternal, "the message is missing");
  if (body.size() < kFrameHeadSize) return refuse(Code::kInternal, "the message is truncated");
  std::size_t size = 0;
  for (std::size_t i = 1; i < kFrameHeadSize; ++i)
    size = size * 256 + static_cast<unsigned char>(body[i]);
  if (size > rules.max_size) {
    return refuse(Code::kResourceExhausted, "grpc: received message larger than max (" +
                                                std::to_string(size) + " vs. " +
                                                std::to_string(rules.max_size) + ")");
  }
  if (body[0] == 1) {
    if (rules.encoding.empty() || rules.encoding == "identity")
      return refuse(Code::kInternal, "the message is compressed, but no encoding was named");
  }
  if (body[0] != 0 && body[0] != 1) return refuse(Code::kInternal, "the message has unknown flags");
  const std::string_view rest = body.substr(kFrameHeadSize);
  if (rest.size() < size) return refuse(Code::kInternal, "the message is truncated");
  if (rest.size() > size)
    return refuse(Code::kInternal, "a second message came where one was expected");
  if (body[0] == 0) return rest;
  if (rules.inflated == nullptr)
    return refuse(Code::kUnimplemented, "compressed messages are not supported here");
  auto inflated = decompress(rules.encoding, rest, rules.max_size);
  if (!inflated) return std::unexpected(std::move(inflated.error()));
  *rules.inflated = *std::move(inflated);
  return *rules.inflated;
}

std::string format_timeout(Duration left) {
  const std::int64_t nanoseconds =
      std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::nanoseconds>(left).count());
  for (const Unit& unit : kUnits) {
    const std::int64_t number =
        nanoseconds / unit.nanoseconds + (nanoseconds % unit.nanoseconds != 0 ? 1 : 0);
    if (number <= kMaxTimeoutNumber) return std::to_string(number) + unit.letter;
  }
  return std::to_string(kMaxTimeoutNumber) + 'H';
}

std::optional<Duration> parse_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kMaxTimeoutDigits + 1) return std::nullopt;
  std::int64_t number = 0;
  if (text.front() < '0' || text.front() > '9') return std::nullopt;
  const char* const digits = text.data();
  const char* const digits_end = digits + text.size() - 1;
  const auto [end, error] = std::from_chars(digits, digits_end, number);
  if (error != std::errc() || end != digits_end) return std::nullopt;
  const auto* const unit = std::ranges::find(kUnits, text.back(), &Unit::letter);
  if (unit == kUnits.end()) return std::nullopt;
  if (number > Duration::max().count() / unit->nanoseconds) return Duration::max();
  return std::chrono::nanoseconds(number * unit->nanoseconds);
}

bool valid_metadata_name(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kReserved = {
      "content-type", "content-length", "te",   "user-agent",       "connection",
      "keep-alive",   "upgrade",        "host", "transfer-encoding"};
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  // "grpc-trace-bin" is the one of the protocol's names that carries an application's value.
  return !name.empty() && std::ranges::all_of(name, allowed) &&
         (!name.starts_with("grpc-") || name == "grpc-trace-bin") &&
         std::ranges::find(kReserved, name) == kReserved.end();
}

bool valid_metadata_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; }) &&
         !value.starts_with(' ') && !value.ends_with(' ');
}

bool is_binary(std::string_view name) { return name.ends_with("-bin"); }

std::string encode_binary(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::vector<std::string>> decode_binary(std::string_view text) {
  constexpr std::size_t kGroup = 4;
  std::vector<std::string> values;
  for (;;) {
    const std::size_t comma = text.find(',');
    std::string part(text.substr(0, comma));
    part.erase(0, part.find_first_not_of(' '));
    while (part.ends_with(' ')) part.pop_back();
    if (!part.ends_with('=')) part.append((kGroup - part.size() % kGroup) % kGroup, '=');
    auto bytes = base64_decode(part);
    if (!bytes) return std::nullopt;
    values.push_back(*std::move(bytes));
    if (comma == std::string_view::npos) return values;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace ofn::wire::grpc
