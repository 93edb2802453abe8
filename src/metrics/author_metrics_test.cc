#include "metrics/author_metrics.h"

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/metrics.h>

#include "metrics/author_names.h"
#include "metrics/text_format.h"
#include "os/calls_in_flight.h"

OFN_COUNTER(orders, "shop.orders", "{order}", "Orders that were placed", "shop.kind")
OFN_COUNTER(visits, "shop.visits", "{visit}", "Visits")
OFN_GAUGE(stock, "shop.stock", "{item}", "Items in stock")
OFN_HISTOGRAM(payment, "shop.payment.duration", "s", "Time that a payment took")
OFN_HISTOGRAM(basket, "shop.basket.size", "{item}", "Items of an order", ofn::buckets(1, 2, 5),
              "shop.kind")

namespace ofn::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Kind = abi::MetricKind;

// A program with these metrics. Lifetime: the metrics'.
struct Registered {
  explicit Registered(std::vector<const abi::MetricRegistration*> all) : entries(std::move(all)) {
    program.metrics_begin = entries.data();
    program.metrics_end = entries.data() + entries.size();
  }
  std::vector<const abi::MetricRegistration*> entries;
  abi::Program program;
};

// A metric that only a test looks at.
struct Made {
  explicit Made(const char* name, Kind kind = Kind::kCounter, const char* unit = "{x}",
                std::vector<const char*> names = {}, std::vector<double> ends = {})
      : labels(std::move(names)), bounds(std::move(ends)) {
    registration.kind = kind;
    registration.name = name;
    registration.unit = unit;
    registration.help = "Help";
    registration.labels = labels.data();
    registration.label_count = labels.size();
    registration.bounds = bounds.data();
    registration.bound_count = bounds.size();
    registration.file = "shop.cc";
    registration.line = 7;
    registration.sink = &sink;
  }
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  ~Made() = default;

  std::vector<const char*> labels;
  std::vector<double> bounds;
  std::atomic<const abi::MetricSink*> sink = nullptr;
  abi::MetricRegistration registration;
};

std::string message_of(std::vector<const abi::MetricRegistration*> all) {
  const Registered registered(std::move(all));
  const auto metrics = AuthorMetrics::of({&registered.program, 1});
  std::string text;
  for (const Error& each : metrics ? std::vector<Error>() : metrics.error()) text += each.message();
  return text;
}

std::string text_of(const AuthorMetrics& metrics, TextFormat format = TextFormat::kPrometheus) {
  Snapshot snapshot;
  metrics.put_into(snapshot);
  return text_exposition(snapshot, format);
}

// The macros at the top of this file.
class OwnMetrics : public testing::Test {
 protected:
  OwnMetrics() {
    abi::Program program;
    ofn_program(&program);
    auto made = AuthorMetrics::of({&program, 1});
    if (!made) throw std::runtime_error(made.error().front().message());
    metrics_ = *std::move(made);
  }

  std::unique_ptr<AuthorMetrics> metrics_;
};

TEST_F(OwnMetrics, AreShown) {
  orders.add(7, "lost, because nothing counts yet");
  metrics_->start();
  EXPECT_EQ(text_of(*metrics_).find("shop_stock"), std::string::npos) << "a gauge has no value yet";
  orders.add(1, "tea");
  orders.add(2.5, std::string("tea"));
  orders.add(-1, "tea");
  orders.add(std::numeric_limits<double>::quiet_NaN(), "tea");
  orders.add(std::numeric_limits<double>::infinity(), "tea");
  for (const char* same : {"a\"\xff", "a\"\xfe", "a\"?"}) orders.add(1, same);
  stock.set(17);
  stock.add(-2);
  payment.record(std::chrono::milliseconds(7));
  payment.record(100);
  payment.record(-1);
  basket.record(2, "tea");
  EXPECT_EQ(text_of(*metrics_),
            "# HELP shop_orders_total Orders that were placed\n"
            "# TYPE shop_orders_total counter\n"
            "shop_orders_total{shop_kind=\"a\\\"?\"} 3\n"
            "shop_orders_total{shop_kind=\"tea\"} 3.5\n"
            "# HELP shop_visits_total Visits\n"
            "# TYPE shop_visits_total counter\n"
            "shop_visits_total 0\n"
            "# HELP shop_stock Items in stock\n"
            "# TYPE shop_stock gauge\n"
            "shop_stock 15\n"
            "# HELP shop_payment_duration_seconds Time that a payment took\n"
            "# TYPE shop_payment_duration_seconds histogram\n"
            "shop_payment_duration_seconds_bucket{le=\"0.005\"} 0\n"
            "shop_payment_duration_seconds_bucket{le=\"0.01\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"0.025\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"0.05\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"0.075\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"0.1\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"0.25\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"0.5\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"0.75\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"1.0\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"2.5\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"5.0\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"7.5\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"10.0\"} 1\n"
            "shop_payment_duration_seconds_bucket{le=\"+Inf\"} 2\n"
            "shop_payment_duration_seconds_sum 100.007\n"
            "shop_payment_duration_seconds_count 2\n"
            "# HELP shop_basket_size Items of an order\n"
            "# TYPE shop_basket_size histogram\n"
            "shop_basket_size_bucket{shop_kind=\"tea\",le=\"1.0\"} 0\n"
            "shop_basket_size_bucket{shop_kind=\"tea\",le=\"2.0\"} 1\n"
            "shop_basket_size_bucket{shop_kind=\"tea\",le=\"5.0\"} 1\n"
            "shop_basket_size_bucket{shop_kind=\"tea\",le=\"+Inf\"} 1\n"
            "shop_basket_size_sum{shop_kind=\"tea\"} 2\n"
            "shop_basket_size_count{shop_kind=\"tea\"} 1\n");
}

TEST_F(OwnMetrics, AnObservationOfASampledCallIsAnExemplar) {
  metrics_->start();
  const std::string name = "f";
  os::CallMark mark(nullptr);
  const auto record_in = [&](const char* traceparent) {
    mark.began(
        name, {.request = "r", .execution = {}, .trace = SpanContext::parse_or_empty(traceparent)});
    const os::CallMark::RunsHere here(mark);
    payment.record(0.2);
    mark.ended();
  };
  record_in("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  EXPECT_THAT(text_of(*metrics_, TextFormat::kOpenMetrics), Not(HasSubstr("trace_id")));
  record_in("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_THAT(text_of(*metrics_, TextFormat::kOpenMetrics),
              HasSubstr("shop_payment_duration_seconds_bucket{le=\"0.25\"} 2 # {trace_id=\""
                        "0af7651916cd43dd8448eb211c80319c\",span_id=\"b7ad6b7169203331\"} 0.2 "));
}

TEST_F(OwnMetrics, FurtherSeriesAreCountedTogether) {
  metrics_->start();
  constexpr int kValues = 2500;
  for (int i = 0; i < kValues; ++i) orders.add(1, std::to_string(i));
  orders.add(1, "0");
  orders.add(1, "new");
  orders.add(1, "not \xff");
  const std::string text = text_of(*metrics_);
  EXPECT_THAT(text, HasSubstr("shop_orders_total{shop_kind=\"0\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("shop_orders_total{otel_metric_overflow=\"true\"} " +
                              std::to_string(kValues - 1999 + 2) + "\n"));
  EXPECT_THAT(text, Not(HasSubstr("\"1999\"")));
}

TEST_F(OwnMetrics, LongValuesAreCutBetweenCharacters) {
  metrics_->start();
  const std::string begin(AuthorSeriesTable::kLongestValue - 1, 'x');
  orders.add(1, begin + "\u00e9 and more");
  orders.add(1, begin);
  EXPECT_THAT(text_of(*metrics_), HasSubstr("{shop_kind=\"" + begin + "\"} 2\n"));
}

TEST_F(OwnMetrics, NoCountIsLostAmongThreads) {
  metrics_->start();
  constexpr int kThreads = 4;
  constexpr int kRounds = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        orders.add(1, std::to_string(i % 50));
        visits.add(1);
        payment.record(0.2);
        if (i % 500 == 0) text_of(*metrics_);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = text_of(*metrics_);
  EXPECT_THAT(text, HasSubstr("shop_orders_total{shop_kind=\"49\"} " +
                              std::to_string(kThreads * kRounds / 50) + "\n"));
  EXPECT_THAT(text, HasSubstr("shop_visits_total " + std::to_string(kThreads * kRounds) + "\n"));
  EXPECT_THAT(text, HasSubstr("shop_payment_duration_seconds_count " +
                              std::to_string(kThreads * kRounds) + "\n"));
}

TEST(AuthorMetrics, WhatIsSaidOfAMetricIsChecked) {
  const std::string valid(AuthorMetrics::kLongestName, 'a');
  const std::string long_name = valid + "a";
  const std::string long_unit(AuthorMetrics::kLongestUnit + 1, 'x');
  const std::vector<const char*> many(9, "a");
  const std::vector<double> bounds(ValueBuckets::kMostBounds + 1);
  const struct {
    Made made;
    std::string problem;  // a part of it; empty: none
  } cases[] = {
      {Made("shop.orders"), ""},
      {Made(valid.c_str()), ""},
      {Made("a/b-c_d.E9", Kind::kGauge, ""), ""},
      {Made(""), "its name is not valid"},
      {Made("shop orders"), "its name is not valid"},
      {Made("9shop"), "its name is not valid"},
      {Made("shop.\u00e9"), "its name is not valid"},
      {Made(long_name.c_str()), "its name is not valid"},
      {Made("ofn.orders"), "not the author's"},
      {Made("otel.orders"), "not the author's"},
      {Made("shop.orders_total"), "ends with 'total'"},
      {Made("total"), "ends with 'total'"},
      {Made("shop.orders.total", Kind::kGauge), ""},
      {Made("shop.seconds", Kind::kHistogram, "s"), "ends with 'seconds'"},
      {Made("shop.milliseconds", Kind::kHistogram, "s"), ""},
      {Made("shop.x", Kind::kGauge, "two words"), "its unit is not valid"},
      {Made("shop.x", Kind::kGauge, "\u00b5s"), "its unit is not valid"},
      {Made("shop.x", Kind::kGauge, long_unit.c_str()), "its unit is not valid"},
      {Made("shop.x", Kind::kGauge, "", {"kind", "shop.kind", "_x"}), "its label '_x'"},
      {Made("shop.x", Kind::kGauge, "", {""}), "its label ''"},
      {Made("shop.x", Kind::kGauge, "", {"otel.metric.overflow"}), "'otel.' may not begin it"},
      {Made("shop.x", Kind::kGauge, "", {"a.b", "a_b"}), "its label 'a_b' is shown"},
      {Made("shop.x", Kind::kHistogram, "", {"le"}), "bounds of buckets"},
      {Made("shop.x", Kind::kGauge, "", {"le"}), ""},
      {Made("shop.x", Kind::kGauge, "", many), "it has 9 labels"},
      {Made("shop.x", Kind::kHistogram, "", {}, {0, 1, 1.5}), ""},
      {Made("shop.x", Kind::kHistogram, "", {}, {1, 1}), "the bounds of its buckets"},
      {Made("shop.x", Kind::kHistogram, "", {}, {2, 1}), "the bounds of its buckets"},
      {Made("shop.x", Kind::kHistogram, "", {}, {-1, 1}), "the bounds of its buckets"},
      {Made("shop.x", Kind::kHistogram, "", {}, {1, HUGE_VAL}), "the bounds of its buckets"},
      {Made("shop.x", Kind::kHistogram, "", {}, {std::nan("")}), "the bounds of its buckets"},
      {Made("shop.x", Kind::kHistogram, "", {}, bounds), "the bounds of its buckets"},
  };
  for (const auto& each : cases) {
    const std::string message = message_of({&each.made.registration});
    if (each.problem.empty()) {
      EXPECT_EQ(message, "") << each.made.registration.name;
    } else {
      EXPECT_THAT(message, HasSubstr(each.problem)) << each.made.registration.name;
      EXPECT_THAT(message, testing::StartsWith("shop.cc:7: the metric '"));
    }
  }
  EXPECT_THAT(message_of({&cases[3].made.registration, &cases[8].made.registration}),
              testing::AllOf(HasSubstr("'ofn.orders'"), HasSubstr("''")))
      << "all mistakes are told";
  Made silent("shop.x");
  for (const char* help : {"", "\xff"}) {
    silent.registration.help = help;
    EXPECT_THAT(message_of({&silent.registration}), HasSubstr("its help text"));
  }
}

TEST(AuthorMetrics, NoTwoHaveTheSameName) {
  const struct {
    Made first;
    Made second;
    std::string name;  // that both would have; empty: they are different
  } cases[] = {
      {Made("shop.a"), Made("shop.b"), ""},
      {Made("shop.a"), Made("shop.a"), "shop_a_total"},
      {Made("shop.a"), Made("shop_a"), "shop_a_total"},
      {Made("shop.a"), Made("shop.a_total", Kind::kGauge), "shop_a_total"},
      {Made("shop.a"), Made("shop.a", Kind::kGauge), "shop_a"},
      {Made("shop.a", Kind::kHistogram), Made("shop.a_count", Kind::kGauge), "shop_a_count"},
      {Made("shop.a", Kind::kHistogram, "s"), Made("shop.a_seconds", Kind::kGauge),
       "shop_a_seconds"},
      {Made("shop.a"), Made("process.uptime", Kind::kGauge, "s"), "process_uptime_seconds"},
  };
  for (const auto& each : cases) {
    abi::MetricRegistration other = each.second.registration;
    other.line = 9;
    const std::string message = message_of({&each.first.registration, &other});
    if (each.name.empty()) {
      EXPECT_EQ(message, "");
    } else {
      EXPECT_THAT(message, HasSubstr("shop.cc:9: the metric '"));
      EXPECT_THAT(message, HasSubstr("shown to Prometheus as '" + each.name + "'"));
    }
  }
}

TEST(AuthorMetrics, AHeaderThatSeveralFilesIncludeHasOneMetric) {
  Made first("shop.orders");
  Made second("shop.orders");
  const Registered one({&first.registration});
  const Registered other({&second.registration, nullptr});
  const abi::Program programs[] = {one.program, other.program};
  const auto metrics = AuthorMetrics::of(programs);
  ASSERT_TRUE(metrics) << metrics.error().front().message();
  (*metrics)->start();
  for (const Made* each : {&first, &second})
    each->sink.load()->add(each->sink.load()->metric, 1, nullptr);
  EXPECT_THAT(text_of(**metrics), HasSubstr("shop_orders_total 2\n"));
}

TEST(AuthorNames, EveryNameOfTheFrameworkIsItsOwn) {
  std::set<std::string> names;
  for (const Definition& own : definitions()) {
    for (const std::string& name : shown_names(own)) EXPECT_TRUE(names.insert(name).second) << name;
  }
}

}  // namespace
}  // namespace ofn::metrics
