#include "wire/http2/answer_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/request_id.h"
#include "wire/http2/nghttp2_api.h"
#include "wire/http2/server_stream.h"

namespace ofn::wire::http2 {

struct AnswerWriter::Scratch {
  std::vector<nghttp2_nv> nvs;
};

AnswerWriter::AnswerWriter() : scratch_(std::make_unique<Scratch>()) {}
AnswerWriter::~AnswerWriter() = default;

namespace {

// How much of the body the next DATA frame carries; the session's callback takes it from the stream.
ssize_t read_answer(const ServerStream& stream, std::size_t room, std::uint32_t& flags) {
  const std::size_t left = stream.unsent();
  if (left == 0 && !stream.body_complete()) return NGHTTP2_ERR_DEFERRED;
  const std::size_t size = std::min(left, room);
  flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (size == left && stream.body_complete()) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream.trailers().empty()) flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  }
  return static_cast<ssize_t>(size);
}

}  // namespace

void AnswerWriter::submit(nghttp2_session* session, ServerStream& stream,
                          std::span<const Field> extra, SystemTime now) {
  const Response& response = stream.response();
  const int status = response.status();
  const bool may_have_body = status != 204 && status != 304;
  const bool follows = stream.in_pieces() && allows_body(status);
  const bool has_content = may_have_body && (follows || !stream.answer_body().empty());
  const bool has_body = has_content && !stream.is_head_request();

  // The values live in the stream until it is closed, but for `extra` and what is made here.
  std::array<char, 4> status_text{};
  std::array<char, 24> length_text{};
  const auto print = [](auto& text, std::size_t number) {
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return std::string_view(text.data(), static_cast<std::size_t>(end - text.data()));
  };
  std::vector<nghttp2_nv>& nvs = scratch_->nvs;
  nvs.clear();
  nvs.push_back(
      make_nv(":status", print(status_text, static_cast<std::size_t>(status)), kLiteralName));
  bool has_date = false;
  bool has_type = false;
  bool is_grpc = !stream.trailers().empty();
  const auto add = [&](std::string_view name, std::string_view value, unsigned flags) {
    if (same_field_name(name, RequestId::kName)) {
      nvs.push_back(make_nv("x-request-id", value, kLiteralName | id_indexing(now) | flags));
      return;
    }
    has_date = has_date || same_field_name(name, "date");
    has_type = has_type || same_field_name(name, "content-type");
    is_grpc = is_grpc || same_field_name(name, "grpc-status");
    nvs.push_back(make_nv(name, value, flags));
  };
  for (const Header& header : response.headers())
    add(header.name, header.value, NGHTTP2_NV_FLAG_NO_COPY_VALUE);
  for (const Field& field : extra) add(field.name, field.value, NGHTTP2_NV_FLAG_NONE);
  // gRPC's answers carry their status in trailers, or in the head for want of a body; what HTTP adds
  // would reach callers as metadata.
  if (!is_grpc) {
    if (!has_date) nvs.push_back(make_nv("date", date_.at(now), kLiteralName));
    if (has_content && !has_type) {
      nvs.push_back(make_nv("content-type", "text/plain; charset=utf-8",
                            kLiteralName | NGHTTP2_NV_FLAG_NO_COPY_VALUE));
    }
    if (may_have_body && !follows) {
      nvs.push_back(
          make_nv("content-length", print(length_text, stream.answer_body().size()), kLiteralName));
    }
  }

  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t room,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
    return read_answer(*static_cast<const ServerStream*>(source->ptr), room, *flags);
  };
  const bool ends_here = !has_body && stream.trailers().empty();
  if (has_body) {
    nghttp2_submit_response(session, stream.id(), nvs.data(), nvs.size(), &body);
  } else {
    nghttp2_submit_headers(session, ends_here ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE,
                           stream.id(), nullptr, nvs.data(), nvs.size(), nullptr);
    if (!ends_here) submit_trailers(session, stream);
  }
}

unsigned AnswerWriter::id_indexing(SystemTime now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (std::exchange(id_second_, second) != second) return NGHTTP2_NV_FLAG_NONE;
  return NGHTTP2_NV_FLAG_NO_INDEX;
}

void AnswerWriter::submit_trailers(nghttp2_session* session, const ServerStream& stream) {
  std::vector<nghttp2_nv>& nvs = scratch_->nvs;
  nvs.clear();
  for (const Field& field : stream.trailers()) nvs.push_back(make_nv(field.name, field.value));
  nghttp2_submit_trailer(session, stream.id(), nvs.data(), nvs.size());
}

}  // namespace ofn::wire::http2
