#include "serving/http/http_service.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include <ofn/route.h>

#include "wire/grpc/server.h"

namespace ofn {

namespace {

std::string_view version_of(const wire::Message& message) {
  switch (message.version) {
    case wire::Version::kHttp10:
      return "1.0";
    case wire::Version::kHttp11:
      break;
    case wire::Version::kHttp2:
      return "2";
  }
  return "1.1";
}

enum class Probe {
  kNone,
  kPlatform,  // of kubelet or Knative: never the function's concern
  kLoadBalancer,  // of a proxy before us: for a path that an author's route has, it is the function's health
};

// Whatever the method: Knative's probe for h2c is an OPTIONS with `Upgrade: h2c`.
Probe probe_of(const wire::Message& message) {
  for (const Field& field : message.fields) {
    if (field.name.size() == 10 && same_field_name(field.name, "user-agent")) {
      if (field.value.starts_with("kube-probe/")) return Probe::kPlatform;
      if (field.value.starts_with("GoogleHC/") || field.value.starts_with("ELB-HealthChecker/") ||
          field.value == "Envoy/HC")
        return Probe::kLoadBalancer;
    } else if (field.name.size() == 15) {
      if (same_field_name(field.name, "k-network-probe") ||
          same_field_name(field.name, "k-kubelet-probe"))
        return Probe::kPlatform;
    }
  }
  return Probe::kNone;
}

// What the functions-framework specification keeps from functions.
bool is_for_nobody(std::string_view path) {
  return path == "/robots.txt" || path == "/favicon.ico";
}

bool takes_events(const Function& function) { return row_of(function.signature).is_event(); }

// Before it delivers events, a sender asks whether they are wanted, and by whom it may say they come
// (CloudEvents 1.0, http-webhook.md §4); null: the request is no such question.
const Field* webhook_origin(const wire::Message& message) {
  if (message.method != "OPTIONS") return nullptr;
  const Field* origin = find_field(message.fields, "webhook-request-origin");
  return origin == nullptr || origin->value.empty() ? nullptr : origin;
}

// Everybody may send, at any rate: who gets this far is decided in front of the program, and how much is
// taken at a time by the gate.
Response webhook_answer(const Field& origin) {
  return Response()
      .header("Allow", "POST")
      .header("WebHook-Allowed-Origin", std::string(origin.value))
      .header("WebHook-Allowed-Rate", "*");
}

// For the log; empty: nothing is logged.
std::string_view reason_of(Refusal why) {
  switch (why) {
    case Refusal::kNoRoute:
      return "no route has the path";
    case Refusal::kWrongMethod:
      return "the path's routes do not have the method";
    case Refusal::kNoToken:
      return "the request has no valid token";
    default:
      return {};
  }
}

// The size of the body as far as it is known: what the client has announced, if it comes in pieces.
std::uint64_t bytes_of_body(const wire::Message& message) {
  return message.in_pieces ? message.content_length.value_or(0) : message.body.size();
}

BodySource::Taken failed(abi::BodyFailure why) {
  return {.then = BodySource::Taken::Then::kFailed, .failure = why};
}

BodySource::Taken taken(wire::BodyProgress progress) {
  switch (progress) {
    case wire::BodyProgress::kMore:
      return {};
    case wire::BodyProgress::kComplete:
      return {.then = BodySource::Taken::Then::kEnd};
    case wire::BodyProgress::kSlow:
      return failed(abi::BodyFailure::kTooSlow);
    case wire::BodyProgress::kMalformed:
      return failed(abi::BodyFailure::kMalformed);
    case wire::BodyProgress::kNoMemory:
      return failed(abi::BodyFailure::kNoMemory);
    case wire::BodyProgress::kLeft:
      break;
  }
  return failed(abi::BodyFailure::kClientLeft);
}

// As the wire logs what it refuses.
void log_refusal(Log& log, std::string_view id, std::string_view peer, int status,
                 std::string_view reason) {
  log.write(Level::kInfo, "request refused",
            {{"request_id", id}, {"peer", peer}, {"status", status}, {"reason", reason}});
}

// The names of liveness probes: /livez, /live, /health/liveness.
bool is_for_liveness(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return path.substr(path.rfind('/') + 1).starts_with("live");
}

}  // namespace

// One request on its way: waits at the gate, runs inline or on a worker, answers.
class HttpService::OnLoop::Call final : public Caller,
                                        private BodySink,
                                        private BodySource,
                                        private Gate::Waiter {
 public:
  explicit Call(OnLoop& owner)
      : owner_(owner),
        invocation_(owner.environment_, *this),
        admission_(owner.on_loop_, invocation_) {}

  Routes::Match find(const Routes& routes, std::string_view method, std::string_view path) {
    return routes.find(method, path, params_);
  }

  void start(wire::ExchangePtr exchange, const Routes::Match& match) {
    exchange_ = std::move(exchange);
    function_ = match.function;
    limits_ = owner_.service_.limits_[match.route].get();
    bytes_taken_ = 0;
    policy_ = &owner_.policies_[match.index];
    const wire::Message& message = exchange_->request();
    const Duration timeout = limits_ == nullptr ? owner_.service_.timeout_ : limits_->timeout;
    invocation_.begin(*function_,
                      {.method = message.method,
                       .target = message.target,
                       .scheme = message.scheme,
                       .authority = message.authority,
                       .headers = message.fields,
                       .trailers = message.trailers,
                       .params = params_.fields(),
                       .body = message.body,
                       .peer = message.peer,
                       .id = {},
                       .version = version_of(message),
                       .deadline = owner_.environment_.loop.now() + timeout,
                       .stop = {}},
                      {.body = message.body_bytes,
                       .sink = this,
                       .source = message.in_pieces ? this : nullptr,
                       .length = message.content_length,
                       .max_decompressed = most_bytes(limits_),
                       .route = match.path});
    exchange_->on_abandoned([this] { abandoned(); });
    if (limits_ == nullptr || limits_->gate == nullptr) return take_turn();
    // The call waits for its route before it waits for the program, so that it takes no slot from calls of other routes.
    switch (limits_->gate->enter(*this)) {
      case Gate::Entry::kIn:
        return admitted();
      case Gate::Entry::kWaiting:
        waits_for_route_ = true;
        return;
      case Gate::Entry::kFull:
        return invocation_.refuse(too_many(), Refusal::kTooMany);
    }
  }

  void stop() { invocation_.request_stop(); }

 private:
  // Gate::Waiter, of the route
  Loop& loop() override { return owner_.environment_.loop; }
  void admitted() override {
    waits_for_route_ = false;
    holds_route_ = true;
    if (invocation_.answered())
      return invocation_.refuse(Response().status(503), Refusal::kCallerLeft);
    take_turn();
  }

  void take_turn() {
    if (admission_.enter(*function_, *policy_) == Gate::Entry::kFull)
      invocation_.refuse(too_many(), Refusal::kTooMany);
  }

  Response too_many() const {
    return Response("too many concurrent requests; try again later\n")
        .status(takes_events(*function_) ? 429 : 503)
        .header("retry-after", "1");
  }

  void abandoned() {
    invocation_.request_stop();
    // A peer that only finished sending still reads: it keeps its place until it goes away, too.
    if (!exchange_->abandoned()) return exchange_->on_abandoned([this] { abandoned(); });
    invocation_.caller_left();
    if (waits_for_route_ ? limits_->gate->forget(*this) : admission_.give_up())
      invocation_.refuse(Response().status(503), Refusal::kCallerLeft);
  }

  // Caller
  void answer(Answer answer) override {
    admission_.answered(answer.response.body().size());
    if (owner_.service_.middleware_ != nullptr)
      owner_.add_cors(exchange_->request(), answer.response);
    exchange_->respond(std::move(answer.response), answer.extra);
  }
  void go_on() override { admission_.go_on(); }
  void run_aside(Task task) override { admission_.run_aside(std::move(task)); }
  void ended() override {
    exchange_.reset();
    admission_.end();
    waits_for_route_ = false;
    if (std::exchange(holds_route_, false)) limits_->gate->leave();
    owner_.free_.push_back(this);
  }

  // BodySink
  void begin(Response head, std::span<const Field> extra, std::function<void()> on_room) override {
    owner_.add_cors(exchange_->request(), head);
    exchange_->begin(std::move(head), extra, std::move(on_room));
  }
  void write(std::string_view bytes) override { exchange_->write(bytes); }
  std::size_t unsent() const override { return exchange_->unsent(); }
  void finish(std::span<const Field> trailers) override {
    admission_.answered(0);
    exchange_->finish(trailers);
  }
  // The function may still read the request: the exchange is held, and only its connection is told.
  void abort() override {
    admission_.answered(0);
    exchange_->abort();
  }

  // BodySource
  void on_piece(std::function<void()> on_piece) override {
    exchange_->on_piece(std::move(on_piece));
  }
  Taken take_piece(std::string& piece) override {
    const Taken next = taken(exchange_->take_piece(piece));
    bytes_taken_ += piece.size();
    if (limits_ == nullptr || bytes_taken_ <= limits_->max_body) return next;
    piece.clear();
    return failed(abi::BodyFailure::kTooLarge);
  }
  void want_piece() override { exchange_->want_piece(); }
  std::span<const Field> body_trailers() const override { return exchange_->body_trailers(); }

  OnLoop& owner_;
  Invocation invocation_;
  Admission admission_;
  wire::ExchangePtr exchange_;
  const Function* function_ = nullptr;  // of the current call, as the others
  InlinePolicy* policy_ = nullptr;
  Limits* limits_ = nullptr;       // null: the program's
  std::uint64_t bytes_taken_ = 0;  // of a body in pieces
  bool waits_for_route_ = false;
  bool holds_route_ = false;
  RouteParams params_;
};

HttpService::OnLoop::OnLoop(HttpService& service, const CallEnvironment& environment)
    : service_(service),
      environment_(environment),
      policies_(service.routes_.functions().size()),
      some_read_pieces_(std::ranges::any_of(service.routes_.functions(), &Function::reads_pieces)),
      on_loop_{.loop = environment.loop,
               .gate = service.gate_,
               .runner = {service.runners_, environment.loop}},
      probes_wait_(environment.loop, [this] { answer_waiting_probes(); }) {}

HttpService::OnLoop::~OnLoop() = default;

void HttpService::OnLoop::handle(wire::ExchangePtr exchange) {
  const wire::Message& message = exchange->request();
  const Probe probe = probe_of(message);
  if (probe == Probe::kPlatform) return answer_probe(std::move(exchange));
  const std::string_view path = message.target.substr(0, message.target.find('?'));
  if (free_.empty()) {
    calls_.push_back(std::make_unique<Call>(*this));
    free_.push_back(calls_.back().get());
    free_.reserve(calls_.size());
  }
  Call& call = *free_.back();
  const Routes::Match match = call.find(service_.routes_, message.method, path);
  if (probe == Probe::kLoadBalancer && !match.is_authors) return answer_probe(std::move(exchange));
  if (service_.middleware_ != nullptr && stop_at_door(*exchange, path)) return;
  if (!match.is_authors && is_for_nobody(path)) {
    return answer_without_function(*exchange, Response("not found\n").status(404),
                                   Refusal::kNoRoute);
  }
  if (const Field* origin = webhook_origin(message)) {
    const Routes::Match post =
        match.function == nullptr ? call.find(service_.routes_, "POST", path) : match;
    if (post.function != nullptr && takes_events(*post.function))
      return answer_without_function(*exchange, webhook_answer(*origin), Refusal::kHandshake);
  }
  if (match.function == nullptr) {
    if (!match.is_path_known)
      return answer_without_function(*exchange, Response("not found\n").status(404),
                                     Refusal::kNoRoute);
    const std::string allowed = service_.routes_.allowed(path);
    return answer_without_function(
        *exchange, Response("allowed here: " + allowed + "\n").status(405).header("allow", allowed),
        Refusal::kWrongMethod);
  }
  const Limits* const limits = service_.limits_[match.route].get();
  if (limits != nullptr && bytes_of_body(message) > limits->max_body) {
    return answer_without_function(
        *exchange,
        Response("the body is larger than the " + std::to_string(limits->max_body) +
                 " bytes that this route takes\n")
            .status(413),
        Refusal::kBroken);
  }
  if (service_.middleware_ != nullptr && !reserve_body(*exchange, most_bytes(limits))) return;
  free_.pop_back();
  call.start(std::move(exchange), match);
}

// Returns true if the request has been answered: it is a preflight, or has not the token that it needs.
bool HttpService::OnLoop::stop_at_door(wire::Exchange& exchange, std::string_view path) {
  const Middleware& middleware = *service_.middleware_;
  if (!middleware.has_door()) return false;
  const wire::Message& request = exchange.request();
  if (middleware.cors() != nullptr && CorsRules::is_preflight(request.method, request.fields)) {
    answer_without_function(exchange, middleware.cors()->preflight(request.fields),
                            Refusal::kHandshake);
    return true;
  }
  auto refused = middleware.refuse(request.method, path, request.fields, environment_.loop.now(),
                                   environment_.log);
  if (!refused) return false;
  answer_without_function(exchange, *std::move(refused), Refusal::kNoToken);
  return true;
}

// Counts the memory of a body that is going to be decompressed. Returns false if there is not enough; then the request has been
// answered.
bool HttpService::OnLoop::reserve_body(wire::Exchange& exchange, std::size_t most) {
  const wire::Message& request = exchange.request();
  const std::string_view coding = service_.middleware_->body_coding(request.fields);
  if (coding.empty() || request.body.empty() ||
      exchange.hold(Middleware::decompressed_bound(coding, request.body,
                                                   std::min(most, environment_.max_held))))
    return true;
  answer_without_function(exchange,
                          Response("Not enough memory for the request; try again later.\n")
                              .status(503)
                              .header("Retry-After", std::string(kRetryAfter)),
                          Refusal::kTooMany);
  return false;
}

void HttpService::OnLoop::add_cors(const wire::Message& request, Response& response) const {
  if (service_.middleware_ == nullptr || service_.middleware_->cors() == nullptr) return;
  // A preflight has its fields already.
  if (!CorsRules::is_preflight(request.method, request.fields))
    service_.middleware_->cors()->add_fields(request.fields, response);
}

bool HttpService::OnLoop::takes_pieces(const wire::Message& head) {
  if (!some_read_pieces_ || probe_of(head) != Probe::kNone) return false;
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  const Routes::Match match = service_.routes_.find(head.method, path, params_);
  return match.function != nullptr && match.function->reads_pieces &&
         (match.is_authors || !is_for_nobody(path));
}

// A function has no way to speak gRPC: its caller is told so in its own words.
std::optional<Response> HttpService::OnLoop::refuse_call(const wire::Message& head) {
  return wire::grpc::unimplemented("unknown method " + std::string(head.target));
}

void HttpService::OnLoop::answer_probe(wire::ExchangePtr exchange) {
  const bool is_asked = service_.checks_ != nullptr && !service_.retired_ &&
                        !is_for_liveness(exchange->request().target);
  if (!is_asked) return answer_probe(*exchange, {.is_ready = true, .reason = {}});
  const auto known = service_.checks_->ask(environment_.loop, [this] { answer_waiting_probes(); });
  if (known) return answer_probe(*exchange, *known);
  probes_.push_back(std::move(exchange));
  if (!probes_wait_.armed()) probes_wait_.arm(environment_.loop.now() + Readiness::kPatience);
}

void HttpService::OnLoop::answer_waiting_probes() {
  probes_wait_.disarm();
  const Readiness::State state = service_.checks_->latest();
  for (const wire::ExchangePtr& exchange : std::exchange(probes_, {}))
    answer_probe(*exchange, state);
}

void HttpService::OnLoop::answer_probe(wire::Exchange& exchange, const Readiness::State& state) {
  Response response("ok\n");
  if (service_.retired_) {
    response = Response("draining\n").status(503);
  } else if (!state.is_ready) {
    response = Response(state.reason + "\n").status(503);
  }
  answer_without_function(exchange, std::move(response), Refusal::kProbe);
}

void HttpService::OnLoop::stop_calls() {
  for (const auto& call : calls_) call->stop();
}

void HttpService::OnLoop::answer_without_function(wire::Exchange& exchange, Response response,
                                                  Refusal why) {
  const wire::Message& request = exchange.request();
  const RequestId id = RequestId::of(request.fields, environment_.loop.random());
  if (const std::string_view reason = reason_of(why); !reason.empty())
    log_refusal(environment_.failure_log(), id.view(), request.peer, response.status(), reason);
  add_cors(request, response);
  const int status = response.status();
  const std::size_t bytes_out = response.body().size();
  const Field extra{RequestId::kName, id.view()};
  exchange.respond(std::move(response), {&extra, 1});
  if (environment_.observer == nullptr) return;
  environment_.observer->ended(
      {.start = {.id = id.view(),
                 .method = request.method,
                 .target = request.target,
                 .fields = request.fields,
                 .known_method = http_method_of(request.method),
                 .version = http_version_of(version_of(request)),
                 .arrived = environment_.loop.now()},
       .outcome = {.status = static_cast<std::uint16_t>(status),
                   .verdict = status < 400 ? Verdict::kSuccess : Verdict::kError,
                   .refusal = why},
       .bytes_in = request.body.size(),
       .bytes_out = bytes_out});
}

void HttpService::OnLoop::on_refused(std::string_view id, const wire::Refused& refused) const {
  if (environment_.observer == nullptr) return;
  CallRecord record{.start = {.id = id, .arrived = environment_.loop.now()},
                    .outcome = {.status = static_cast<std::uint16_t>(refused.status),
                                .verdict = Verdict::kError,
                                .refusal = Refusal::kBroken}};
  if (refused.call != nullptr) {
    record.start.method = refused.call->method;
    record.start.target = refused.call->target;
    record.start.known_method = http_method_of(refused.call->method);
    record.start.version = http_version_of(version_of(*refused.call));
    record.start.fields = refused.call->fields;
    record.outcome.refusal = Refusal::kNoRoute;
  }
  environment_.observer->ended(record);
}

}  // namespace ofn
