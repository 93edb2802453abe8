// Byte ranges: parts of a file, for downloads that continue and for players that seek.
//
//   ofn::Response video(const ofn::Request& request) {
//     const std::string bytes = "…";
//     return ofn::ranged(request, ofn::Response(bytes).content_type("video/mp4").header("ETag", "\"7\""));
//   }
//
// Threads: any. Spec: RFC 9110 §14, §13.1.5 (If-Range).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/field.h>
#include <ofn/http_date.h>
#include <ofn/http_text.h>
#include <ofn/lazy.h>
#include <ofn/request.h>
#include <ofn/response.h>

namespace ofn {

// The bytes from `first` to `last`, both included, counted from 0.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  std::uint64_t size() const noexcept { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

enum class RangeAnswer : std::uint8_t {
  kWhole,          // 200: no ranges are asked for, or the field must be ignored
  kPartial,        // 206: send the ranges
  kUnsatisfiable,  // 416: no byte of them exists
};

struct Ranges {
  RangeAnswer answer = RangeAnswer::kWhole;
  std::vector<ByteRange> ranges{};  // of kPartial: in the client's order, each within the size
};

// The default for the number of ranges. For more, the whole is sent.
inline constexpr std::size_t kMaxRanges = 16;

// Reads the value of a Range field, "bytes=0-99,-5", for something that has `size` bytes. A field
// with another unit or a mistake is ignored, as is one whose ranges have more bytes together than
// the whole: they overlap, and would cost more than the whole (RFC 9110 §14.2). Every range of
// something empty is ignored, because Content-Range cannot name no byte.
OFN_INTERNAL_LAZY Ranges parse_ranges(std::string_view field, std::uint64_t size,
                                      std::size_t max_ranges = kMaxRanges) {
  constexpr std::string_view kUnit = "bytes=";
  if (!same_field_name(field.substr(0, kUnit.size()), kUnit)) return {};
  if (size == 0) return {};
  field.remove_prefix(kUnit.size());
  Ranges read;
  std::size_t count = 0;
  std::uint64_t total = 0;
  while (!field.empty()) {
    const std::string_view element = internal::without_blanks(field.substr(0, field.find(',')));
    field.remove_prefix(internal::least(field.find(','), field.size() - 1) + 1);
    if (element.empty()) continue;
    if (++count > max_ranges) return {};
    const std::size_t dash = element.find('-');
    if (dash == std::string_view::npos) return {};
    const std::string_view begin = element.substr(0, dash);
    const std::string_view end = element.substr(dash + 1);
    const long long first = internal::number_of(begin);
    const long long last = internal::number_of(end);
    if ((first < 0 && !begin.empty()) || (last < 0 && !end.empty())) return {};
    if (begin.empty() && end.empty()) return {};
    ByteRange range;
    if (begin.empty()) {
      // The last bytes; all if there are fewer.
      const std::uint64_t suffix = internal::least(static_cast<std::uint64_t>(last), size);
      if (suffix == 0) continue;
      range = {.first = size - suffix, .last = size - 1};
    } else {
      if (!end.empty() && last < first) return {};
      range.first = static_cast<std::uint64_t>(first);
      if (range.first >= size) continue;
      range.last =
          end.empty() ? size - 1 : internal::least(static_cast<std::uint64_t>(last), size - 1);
    }
    if (range.size() > size - total) return {};
    total += range.size();
    read.ranges.push_back(range);
  }
  if (count == 0) return {};
  read.answer = read.ranges.empty() ? RangeAnswer::kUnsatisfiable : RangeAnswer::kPartial;
  return read;
}

// Returns the value of Content-Range: "bytes 0-99/1234".
OFN_INTERNAL_LAZY std::string content_range(ByteRange range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" +
         std::to_string(size);
}

namespace internal {

// Returns true if the client's copy, which If-Range describes, is what `full` has now. Only a strong
// entity tag or the very same date says so (RFC 9110 §13.1.5).
OFN_INTERNAL_LAZY bool is_same_copy(std::string_view if_range, const Response& full) {
  if (if_range.starts_with('"') || if_range.starts_with("W/")) {
    const std::string* const etag = full.find_header("etag");
    return etag != nullptr && if_range.starts_with('"') && *etag == if_range;
  }
  const std::string* const changed = full.find_header("last-modified");
  if (changed == nullptr) return false;
  const std::optional<HttpTime> theirs = parse_http_date(if_range);
  return theirs && theirs == parse_http_date(*changed);
}

OFN_INTERNAL_LAZY std::string take_body(Response& response) noexcept {
  return std::move(response).body();
}

// Returns a boundary that does not occur in the bytes.
OFN_INTERNAL_LAZY std::string unused_boundary(std::string_view bytes) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  }
  while (true) {
    std::string boundary = "ofn-";
    for (int shift = 60; shift >= 0; shift -= 4) {
      boundary += "0123456789abcdef"[hash >> static_cast<unsigned>(shift) & 15U];
    }
    if (bytes.find(boundary) == std::string_view::npos) return boundary;
    ++hash;
  }
}

OFN_INTERNAL_LAZY Response with_several(Response full, const std::vector<ByteRange>& ranges) {
  const std::string body = take_body(full);
  const std::string boundary = unused_boundary(body);
  const std::string* const type = full.find_header("content-type");
  const std::string type_line = type == nullptr ? "" : "Content-Type: " + *type + "\r\n";
  std::string parts;
  for (const ByteRange range : ranges) {
    parts += "--" + boundary + "\r\n" + type_line +
             "Content-Range: " + content_range(range, body.size()) + "\r\n\r\n";
    parts += std::string_view(body).substr(range.first, range.size());
    parts += "\r\n";
  }
  parts += "--" + boundary + "--\r\n";
  full.status(206).content_type("multipart/byteranges; boundary=" + boundary);
  full.body(std::move(parts));
  return full;
}

}  // namespace internal

// Returns what the client asks for of a full answer, which has the status 200, the whole body and, if
// there are, its ETag and Last-Modified:
//
//   206  one range, or several as multipart/byteranges
//   416  no byte of the ranges exists
//   200  the full answer: no Range, another method than GET, a Range that must be ignored, or an
//        If-Range that names another ETag or date
//
// An answer with another status is returned as it is.
// Cost: for one range no copy of the body; for several one of their bytes, at most as many as the
// body has. For a file that is larger than memory use parse_ranges() and a Writer.
OFN_INTERNAL_LAZY Response ranged(const Request& request, Response full,
                                  std::size_t max_ranges = kMaxRanges) {
  if (full.status() != 200) return full;
  full.header("Accept-Ranges", "bytes");
  const std::optional<std::string_view> field = request.header("range");
  if (!field || request.method() != "GET") return full;
  if (const auto if_range = request.header("if-range")) {
    if (!internal::is_same_copy(*if_range, full)) return full;
  }
  const std::uint64_t size = full.body().size();
  const Ranges asked = parse_ranges(*field, size, max_ranges);
  if (asked.answer == RangeAnswer::kWhole) return full;
  if (asked.answer == RangeAnswer::kUnsatisfiable) {
    return Response("no byte of the ranges exists\n")
        .status(416)
        .header("Content-Range", "bytes */" + std::to_string(size));
  }
  if (asked.ranges.size() > 1) return internal::with_several(std::move(full), asked.ranges);
  const ByteRange range = asked.ranges.front();
  std::string body = internal::take_body(full);
  body.erase(range.last + 1);
  body.erase(0, range.first);
  full.status(206).header("Content-Range", content_range(range, size));
  full.body(std::move(body));
  return full;
}

}  // namespace ofn
