#include "cli/build_stamp.h"

#include <utility>
#include <vector>

namespace ofn::cli {

namespace {

class StampedExchange final : public wire::Exchange {
 public:
  StampedExchange(wire::ExchangePtr exchange, const std::string& build)
      : exchange_(std::move(exchange)), build_(build) {}

  const wire::Message& request() const override { return exchange_->request(); }
  bool hold(std::size_t bytes) override { return exchange_->hold(bytes); }
  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override {
    exchange_->respond(std::move(response), with_build(extra), trailers);
  }
  void begin(Response head, std::span<const Field> extra, std::function<void()> on_room) override {
    exchange_->begin(std::move(head), with_build(extra), std::move(on_room));
  }
  void write(std::string_view bytes) override { exchange_->write(bytes); }
  std::size_t unsent() const override { return exchange_->unsent(); }
  void finish(std::span<const Field> trailers) override { exchange_->finish(trailers); }
  void abort() override { exchange_->abort(); }
  bool abandoned() const override { return exchange_->abandoned(); }
  void on_abandoned(std::function<void()> callback) override {
    exchange_->on_abandoned(std::move(callback));
  }
  Loop& loop() override { return exchange_->loop(); }

 private:
  void release() override { delete this; }
  std::span<const Field> with_build(std::span<const Field> extra) {
    fields_.assign(extra.begin(), extra.end());
    fields_.push_back({"X-OpenFunction-Build", build_});
    return fields_;
  }

  wire::ExchangePtr exchange_;
  const std::string& build_;
  std::vector<Field> fields_;
};

}  // namespace

void BuildStamp::handle(wire::ExchangePtr exchange) {
  to_.handle(wire::ExchangePtr(new StampedExchange(std::move(exchange), build_)));
}

}  // namespace ofn::cli
