#include "metrics/scrapes.h"

#include <utility>

#include "metrics/protobuf_format.h"
#include "metrics/text_format.h"

namespace ofn::metrics {

namespace {

std::string_view path_of(const wire::Message& message) {
  return message.target.substr(0, message.target.find('?'));
}

Format format_for(const wire::Message& message) {
  const Field* accept = find_field(message.fields, "accept");
  return accept == nullptr ? Format::kPrometheusText : accepted_format(accept->value);
}

}  // namespace

// Shared with the tasks on other loops, which may outlive the scrape.
struct Scrapes::Lags {
  explicit Lags(std::size_t loops) : waiting(loops), of_loops(loops) {
    for (auto& lag : of_loops) lag.store(kStillWaiting, std::memory_order_relaxed);
  }
  static constexpr std::int64_t kStillWaiting = -1;

  std::atomic<std::size_t> waiting;
  std::vector<std::atomic<std::int64_t>> of_loops;  // in nanoseconds
};

struct Scrapes::Scrape {
  Scrape(Scrapes& owner, wire::ExchangePtr from, std::uint64_t its_number)
      : exchange(std::move(from)),
        number(its_number),
        format(format_for(exchange->request())),
        lags(std::make_shared<Lags>(owner.loops_.size())),
        longest_wait(owner.home_, [&owner, its_number] { owner.measured(its_number); }) {}

  wire::ExchangePtr exchange;
  std::uint64_t number;
  Format format;
  std::shared_ptr<Lags> lags;
  Timer longest_wait;
  bool is_measured = false;
};

Scrapes::Scrapes(Loop& home, std::span<Loop* const> loops, const Collector& collector)
    : home_(home), loops_(loops.begin(), loops.end()), collector_(collector) {}

Scrapes::~Scrapes() = default;

bool Scrapes::wants(const wire::Message& message) {
  return message.target.size() >= kMetricsPath.size() && path_of(message) == kMetricsPath &&
         (message.method == "GET" || message.method == "HEAD");
}

void Scrapes::handle(wire::ExchangePtr exchange) {
  const wire::Message& message = exchange->request();
  if (path_of(message) != kMetricsPath)
    return exchange->respond(Response("metrics are at /metrics\n").status(404));
  if (!wants(message)) {
    return exchange->respond(
        Response("allowed here: GET, HEAD\n").status(405).header("allow", "GET, HEAD"));
  }
  if (under_way_.size() >= kMostAtOnce) {
    return exchange->respond(Response("too many scrapes at once; try again later\n")
                                 .status(503)
                                 .header("retry-after", "1"));
  }
  Scrape& scrape = under_way_.emplace_back(*this, std::move(exchange), ++last_);
  scrape.longest_wait.arm(home_.now() + kLongestWait);
  measure(scrape.lags, scrape.number);
}

void Scrapes::measure(const std::shared_ptr<Lags>& lags, std::uint64_t number) {
  const SteadyTime posted = home_.clock().now();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    loops_[i]->post([this, lags, number, posted, i] {
      const Duration lag = loops_[i]->clock().now() - posted;
      lags->of_loops[i].store(lag.count(), std::memory_order_relaxed);
      if (lags->waiting.fetch_sub(1) != 1) return;
      home_.post([this, number] { measured(number); });
    });
  }
}

Scrapes::Scrape* Scrapes::find(std::uint64_t number) {
  for (Scrape& scrape : under_way_) {
    if (scrape.number == number) return &scrape;
  }
  return nullptr;
}

void Scrapes::measured(std::uint64_t number) {
  Scrape* const scrape = find(number);
  if (scrape == nullptr || std::exchange(scrape->is_measured, true)) return;
  scrape->longest_wait.disarm();
  Task write = [this, number, format = scrape->format, lags = scrape->lags] {
    home_.post([this, number, body = written(format, *lags)]() mutable {
      answer(number, std::move(body));
    });
  };
  // If the system grants no thread, the loop writes.
  if (!writer_.post(std::move(write))) write();  // NOLINT(bugprone-use-after-move): not taken
}

std::string Scrapes::written(Format format, const Lags& lags) const {
  Snapshot snapshot = collector_.collect();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const std::int64_t lag = lags.of_loops[i].load(std::memory_order_relaxed);
    const Duration shown = lag == Lags::kStillWaiting ? Duration(kLongestWait) : Duration(lag);
    snapshot.add(Metric::kLoopLag, {{"ofn.loop", std::to_string(i)}},
                 std::chrono::duration<double>(shown).count());
  }
  switch (format) {
    case Format::kProtobuf:
      return protobuf_exposition(snapshot);
    case Format::kOpenMetrics:
      return text_exposition(snapshot, TextFormat::kOpenMetrics);
    case Format::kPrometheusText:
      break;
  }
  return text_exposition(snapshot, TextFormat::kPrometheus);
}

void Scrapes::answer(std::uint64_t number, std::string body) {
  Scrape* const scrape = find(number);
  if (scrape == nullptr) return;
  scrape->exchange->respond(
      Response(std::move(body)).header("content-type", std::string(content_type(scrape->format))));
  under_way_.remove_if([number](const Scrape& each) { return each.number == number; });
}

}  // namespace ofn::metrics
