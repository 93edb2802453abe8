#include "skywalking/sw8.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/base64.h"
#include "base/utf8.h"

namespace ofn::skywalking {
namespace {

constexpr std::size_t kFields = 8;

std::optional<std::string> decoded(std::string_view field) {
  auto text = base64_decode(field);
  return text && is_utf8(*text) ? std::move(text) : std::nullopt;
}

// Returns the part before the mark, and takes it and the mark away.
std::string_view take_until(std::string_view& rest, char mark) {
  const std::size_t end = std::min(rest.find(mark), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

std::optional<Reference> parse_sw8(std::string_view value) {
  if (value.size() > kMaxSw8 || std::ranges::count(value, '-') != kFields - 1) return std::nullopt;
  Reference reference;
  const std::string_view sampled = take_until(value, '-');
  if (sampled != "0" && sampled != "1") return std::nullopt;
  reference.is_sampled = sampled == "1";
  const std::array<std::string*, kFields - 1> texts = {
      &reference.trace_id, &reference.segment_id, nullptr,           &reference.service,
      &reference.instance, &reference.endpoint,   &reference.address};
  for (std::string* const text : texts) {
    const std::string_view field = take_until(value, '-');
    if (text == nullptr) {
      const auto [read_to, error] =
          std::from_chars(field.data(), field.data() + field.size(), reference.span_id);
      if (error != std::errc() || read_to != field.data() + field.size()) return std::nullopt;
    } else if (auto read = decoded(field)) {
      *text = *std::move(read);
    } else {
      return std::nullopt;
    }
  }
  if (reference.trace_id.empty() || reference.segment_id.empty() || reference.service.empty())
    return std::nullopt;
  return reference;
}

std::string to_sw8(const Reference& reference) {
  std::string value = reference.is_sampled ? "1" : "0";
  const auto add = [&value](std::string_view text) {
    value.append(1, '-').append(base64_encode(text));
  };
  add(reference.trace_id);
  add(reference.segment_id);
  value.append(1, '-').append(std::to_string(reference.span_id));
  add(clipped(reference.service, kMaxService));
  add(clipped(reference.instance, kMaxInstance));
  add(clipped(reference.endpoint, kMaxEndpoint));
  add(clipped(reference.address, kMaxEndpoint));
  return value;
}

std::vector<Header> parse_correlation(std::string_view value) {
  std::vector<Header> entries;
  if (value.size() > kMaxSw8) return entries;
  while (!value.empty()) {
    std::string_view entry = take_until(value, ',');
    const auto name = decoded(take_until(entry, ':'));
    const auto text = decoded(entry);
    if (name && text) put(entries, *name, *text);
  }
  return entries;
}

bool put(std::vector<Header>& entries, std::string_view name, std::string_view value) {
  if (name.empty() || name.size() > kMaxEntryValue || value.empty() ||
      value.size() > kMaxEntryValue) {
    return false;
  }
  const auto same = std::ranges::find(entries, name, &Header::name);
  if (same != entries.end()) {
    same->value = value;
    return true;
  }
  if (entries.size() >= kMaxEntries) return false;
  entries.push_back({std::string(name), std::string(value)});
  return true;
}

std::string to_correlation(std::span<const Header> entries) {
  std::string value;
  for (const Header& entry : entries) {
    if (!value.empty()) value += ',';
    value.append(base64_encode(entry.name)).append(1, ':').append(base64_encode(entry.value));
  }
  return value;
}

}  // namespace ofn::skywalking
