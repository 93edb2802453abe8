#include "otlp/http_destination.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "otlp/answers.h"

namespace ofn::otlp {
namespace {

constexpr Duration kConnectTimeout = std::chrono::seconds(5);
// An answer of OTLP has a few hundred bytes. Anything larger is a page of another server.
constexpr std::size_t kHeadBytes = std::size_t{16} * 1024;
constexpr std::size_t kBodyBytes = std::size_t{64} * 1024;

std::string_view value_of(std::span<const Field> fields, std::string_view name) {
  const Field* field = find_field(fields, name);
  return field == nullptr ? std::string_view() : field->value;
}

}  // namespace

struct HttpDestination::Attached {
  std::unique_ptr<wire::grpc::Link> link;
  wire::http1::ClientSession* session = nullptr;
};

HttpDestination::HttpDestination(Loop& loop, wire::grpc::Connector connector, Signal signal,
                                 const Target& target)
    : loop_(loop),
      connector_(std::move(connector)),
      messages_(signal, target),
      limits_{.head_bytes = kHeadBytes, .body_bytes = kBodyBytes, .trailer_bytes = kHeadBytes},
      authority_(target.url.endpoint.text()),
      path_(target.url.path),
      name_(target.url.text()),
      time_limit_(loop, [this] { on_deadline(); }) {}

HttpDestination::~HttpDestination() {
  // The sessions that are left tell of their requests, which nobody waits for any more.
  done_ = nullptr;
  links_.clear();
}

void HttpDestination::deliver(std::string_view message, Deadline deadline,
                              std::move_only_function<void(const Answer&)> done) {
  OFN_CHECK(done_ == nullptr && closed_ == nullptr);
  body_ = messages_.body(message);
  deadline_ = deadline;
  done_ = std::move(done);
  if (!deadline.is_never()) time_limit_.arm(deadline.at());
  if (session_ != nullptr && session_->accepts()) {
    post(*session_);
  } else {
    connect();
  }
}

void HttpDestination::connect() {
  session_ = nullptr;
  const Deadline deadline = earlier(deadline_, Deadline::in(kConnectTimeout, loop_.clock()));
  dialing_ = connector_(deadline, [this](Result<std::unique_ptr<wire::grpc::Link>> link) {
    on_link(std::move(link));
  });
}

void HttpDestination::on_link(Result<std::unique_ptr<wire::grpc::Link>> link) {
  // The attempt must outlive its own callback.
  const std::unique_ptr<wire::Dialing> over = std::move(dialing_);
  if (!link) return finish({.verdict = Verdict::kRetry, .text = link.error().message()});
  Attached& attached = *links_.emplace_back(std::make_unique<Attached>());
  auto session = std::make_unique<wire::http1::ClientSession>(limits_);
  session_ = session.get();
  attached.link = *std::move(link);
  attached.session = session_;
  attached.link->start(std::move(session), [this, &attached] { on_link_gone(attached); });
  post(*session_);
}

void HttpDestination::on_link_gone(Attached& attached) {
  if (session_ == attached.session) session_ = nullptr;
  const auto at = std::ranges::find(links_, &attached, &std::unique_ptr<Attached>::get);
  const std::unique_ptr<Attached> gone = std::move(*at);
  links_.erase(at);
  if (closed_ != nullptr) loop_.run_soon(*this);
}

void HttpDestination::post(wire::http1::ClientSession& session) {
  std::vector<Field> fields;
  for (const Header& header : messages_.fields())
    fields.push_back({.name = header.name, .value = header.value});
  session.send({.authority = authority_, .target = path_, .fields = fields}, body_,
               [this, &session](const wire::http1::ClientOutcome& outcome) {
                 on_outcome(session, outcome);
               });
}

void HttpDestination::on_outcome(const wire::http1::ClientSession& session,
                                 const wire::http1::ClientOutcome& outcome) {
  if (done_ == nullptr) return;
  if (outcome) {
    return finish(read_http({.status = outcome->status,
                             .content_type = value_of(outcome->fields, "content-type"),
                             .retry_after = value_of(outcome->fields, "retry-after"),
                             .body = outcome->body}));
  }
  // The collector had closed the connection before the request came. A new one, which has not served before, is the last try.
  if (outcome.error().unanswered && session.has_served()) return connect();
  finish({.verdict = Verdict::kRetry, .text = outcome.error().error.message()});
}

void HttpDestination::on_deadline() {
  dialing_.reset();
  if (session_ != nullptr) session_->cancel();
  finish({.verdict = Verdict::kRetry, .text = "the collector did not answer in time"});
}

void HttpDestination::finish(const Answer& answer) {
  time_limit_.disarm();
  body_.clear();
  std::exchange(done_, nullptr)(answer);
}

void HttpDestination::close(std::function<void()> closed) {
  OFN_CHECK(closed_ == nullptr);
  closed_ = std::move(closed);
  done_ = nullptr;
  time_limit_.disarm();
  dialing_.reset();
  for (const auto& attached : links_) {
    attached->session->cancel();
    attached->session->drain();
  }
  loop_.run_soon(*this);
}

void HttpDestination::run_ready() {
  if (!links_.empty()) return;
  if (const auto closed = std::exchange(closed_, nullptr)) closed();
}

}  // namespace ofn::otlp
