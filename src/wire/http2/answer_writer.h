// A stream's answer as frames for nghttp2.
#pragma once

#include <memory>
#include <span>

#include <ofn/field.h>

#include "base/clock.h"
#include "wire/http_date.h"

struct nghttp2_session;

namespace ofn::wire::http2 {

class ServerStream;

// Lifetime: the session's. Cost: keeps its buffer from answer to answer.
class AnswerWriter {
 public:
  AnswerWriter();
  AnswerWriter(const AnswerWriter&) = delete;
  AnswerWriter& operator=(const AnswerWriter&) = delete;
  ~AnswerWriter();

  // Submits stream.response() with what HTTP adds: Date, Content-Length, the type of text. The stream
  // stays as it is until it is closed; `extra` may go. When there are trailers behind a body, they
  // are to be submitted when its last DATA frame is sent.
  void submit(nghttp2_session* session, ServerStream& stream, std::span<const Field> extra,
              SystemTime now);
  void submit_trailers(nghttp2_session* session, const ServerStream& stream);

 private:
  struct Scratch;  // of nghttp2's types

  // A request's id never repeats: in HPACK's table it would only drive out what does (RFC 7541 §6.2.3). One a second is put
  // there all the same, as Date is: it brings the name, which all others then refer to.
  unsigned id_indexing(SystemTime now);

  std::unique_ptr<Scratch> scratch_;
  HttpDate date_;
  std::chrono::sys_seconds id_second_ = std::chrono::sys_seconds::min();
};

}  // namespace ofn::wire::http2
