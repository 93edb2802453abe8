#include "cli/flushed_answers.h"

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "cli/passed_exchange.h"

namespace ofn::cli {

namespace {

// Fields that are kept until they are sent.
class KeptFields {
 public:
  explicit KeptFields(std::span<const Field> fields) {
    for (const Field& field : fields)
      kept_.push_back({std::string(field.name), std::string(field.value)});
    for (const Header& each : kept_) fields_.push_back({each.name, each.value});
  }
  std::span<const Field> fields() const { return fields_; }

 private:
  std::vector<Header> kept_;
  std::vector<Field> fields_;  // views of kept_
};

// The end of an answer that waits for the spans of its call.
struct Waiting {
  // Null: the answer was sent in pieces, and only its end waits.
  std::optional<Response> response;
  KeptFields extra;
  KeptFields trailers;
  wire::ExchangePtr to = nullptr;  // once whoever answered has released it
  wire::Exchange* held = nullptr;  // until then

  void send() {
    wire::Exchange& exchange = to != nullptr ? *to : *held;
    if (response) {
      exchange.respond(*std::move(response), extra.fields(), trailers.fields());
    } else {
      exchange.finish(trailers.fields());
    }
  }
};

class FlushedExchange final : public PassedExchange {
 public:
  FlushedExchange(wire::ExchangePtr to, Traces::OnLoop& traces, Duration budget)
      : PassedExchange(std::move(to)), traces_(traces), budget_(budget) {}

  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override {
    wait(Waiting{.response = std::move(response),
                 .extra = KeptFields(extra),
                 .trailers = KeptFields(trailers)});
  }
  void finish(std::span<const Field> trailers) override {
    wait(Waiting{.response = {}, .extra = KeptFields({}), .trailers = KeptFields(trailers)});
  }

 private:
  // The call's span is made when the handler that answered has told its observers: in this turn of the loop.
  void wait(Waiting&& waiting) {
    waiting_ = std::make_shared<Waiting>(std::move(waiting));
    waiting_->held = &passed_to();
    Traces::OnLoop& traces = traces_;
    loop().post([&traces, budget = budget_, waiting = waiting_]() mutable {
      traces.flush(budget, [waiting = std::move(waiting)] { waiting->send(); });
    });
  }
  void release() override {
    if (waiting_ != nullptr) waiting_->to = take();
    PassedExchange::release();
  }

  Traces::OnLoop& traces_;
  Duration budget_;
  std::shared_ptr<Waiting> waiting_;
};

}  // namespace

void FlushedAnswers::handle(wire::ExchangePtr exchange) {
  to_.handle(wire::ExchangePtr(new FlushedExchange(std::move(exchange), traces_, budget_)));
}

}  // namespace ofn::cli
