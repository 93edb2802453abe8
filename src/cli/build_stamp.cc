#include "cli/build_stamp.h"

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "cli/passed_exchange.h"

namespace ofn::cli {

namespace {

class StampedExchange final : public PassedExchange {
 public:
  StampedExchange(wire::ExchangePtr to, const std::string& build)
      : PassedExchange(std::move(to)), build_(build) {}

  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override {
    PassedExchange::respond(std::move(response), with_build(extra), trailers);
  }
  void begin(Response head, std::span<const Field> extra, std::function<void()> on_room) override {
    PassedExchange::begin(std::move(head), with_build(extra), std::move(on_room));
  }

 private:
  std::span<const Field> with_build(std::span<const Field> extra) {
    fields_.assign(extra.begin(), extra.end());
    fields_.push_back({"X-OpenFunction-Build", build_});
    return fields_;
  }

  const std::string& build_;
  std::vector<Field> fields_;
};

}  // namespace

void BuildStamp::handle(wire::ExchangePtr exchange) {
  to_.handle(wire::ExchangePtr(new StampedExchange(std::move(exchange), build_)));
}

}  // namespace ofn::cli
