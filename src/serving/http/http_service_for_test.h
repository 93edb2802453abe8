// What the tests of HttpService share: the service over exchanges in memory, and its function.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "serving/http/http_service.h"
#include "serving/service_for_test.h"
#include "wire/exchange_for_test.h"

namespace ofn {

inline std::atomic<int> g_calls = 0;    // NOLINT: functions are plain pointers
inline std::function<void()> g_inside;  // NOLINT: what the function under test does
inline std::function<void(const Request&)> g_inside_with;  // NOLINT
inline std::atomic<bool> g_stop_seen = false;              // NOLINT

inline Function hello() {
  return {.name = "hello",
          .signature = Signature::kHttp,
          .invoke = [](const abi::Call& call, abi::Outcome& outcome) {
            ++g_calls;
            if (g_inside_with) g_inside_with(*call.request);
            if (g_inside) g_inside();
            g_stop_seen = call.request->stop_token().stop_requested();
            std::string text = "hello " + std::string(call.request->target());
            if (const auto id = call.request->param("id")) text += " " + std::string(*id);
            outcome.response = Response(std::move(text));
          }};
}

// The function tells that it has been entered, and returns when it may go and was asked to stop.
inline void hold_until_stopped(std::latch& entered, std::latch& go) {
  g_inside_with = [&entered, &go](const Request& request) {
    entered.count_down();
    go.wait();
    wait_for_stop(request.stop_token());
  };
}

class HttpServiceTest : public ServiceTest {
 protected:
  void SetUp() override {
    g_calls = 0;
    g_inside = nullptr;
    g_inside_with = nullptr;
    g_stop_seen = false;
  }
  void make(std::size_t concurrency, std::size_t queue) {
    gate_ = std::make_unique<Gate>(concurrency, queue);
    if (functions_.empty()) functions_ = {function_};
    routes_ = Routes::of(functions_).value();
    service_ = std::make_unique<HttpService>(routes_, *gate_, workers_, log_,
                                             std::chrono::seconds(10), queue);
    on_loop_ = std::make_unique<HttpService::OnLoop>(*service_, environment_);
  }
  wire::FakeExchange* send(wire::FakeAnswer& answer, std::string target = "/",
                           std::vector<Field> fields = {}, std::string method = "GET") {
    auto* exchange = new wire::FakeExchange(
        loop_, answer,
        {.method = std::move(method), .target = std::move(target), .fields = std::move(fields)});
    on_loop_->handle(wire::ExchangePtr(exchange));
    return exchange;
  }

  Function function_ = hello();
  std::vector<Function> functions_;  // where it is not that one
  Routes routes_;
  std::unique_ptr<HttpService> service_;
  std::unique_ptr<HttpService::OnLoop> on_loop_;
};

}  // namespace ofn
