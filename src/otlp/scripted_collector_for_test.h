// A collector of HTTP/1.1 that says what a test wants, right or wrong.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/session.h"

namespace ofn::otlp {

// What the sessions of one collector share.
struct Script {
  // The answers, one for each request; each as bytes. When there is none, the collector is silent.
  std::deque<std::string> answers;
  std::vector<std::string> requests;  // whole
  bool closes_behind_answer = false;
  bool closes_without_answer = false;  // for as long as it is set
};

class ScriptedCollector final : public wire::Session {
 public:
  explicit ScriptedCollector(Script& script) : script_(script) {}

  void start(wire::Transport& transport) override { transport_ = &transport; }
  void receive(std::string_view bytes) override {
    input_ += bytes;
    const std::size_t head = input_.find("\r\n\r\n");
    if (head == std::string::npos) return;
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t length = std::stoul(input_.substr(input_.find(kLength) + kLength.size()));
    if (input_.size() < head + 4 + length) return;
    if (script_.closes_without_answer) {
      ending_ = wire::Ending::kClose;
      return transport_->wake();
    }
    script_.requests.push_back(input_);
    input_.clear();
    if (script_.answers.empty()) return;
    output_ += script_.answers.front();
    script_.answers.pop_front();
    if (script_.closes_behind_answer) ending_ = wire::Ending::kClose;
    transport_->wake();
  }
  void input_ended() override { ending_ = wire::Ending::kClose; }
  void lost(const Error&) override {}
  bool wants_input() const override { return true; }
  std::size_t gather(std::span<std::string_view> buffers) override {
    if (output_.empty()) return 0;
    buffers[0] = output_;
    return 1;
  }
  void sent(std::size_t count) override { output_.erase(0, count); }
  wire::Ending ending() const override { return output_.empty() ? ending_ : wire::Ending::kOpen; }
  void drain() override {}
  bool idle() const override { return true; }

 private:
  Script& script_;
  wire::Transport* transport_ = nullptr;
  std::string input_;
  std::string output_;
  wire::Ending ending_ = wire::Ending::kOpen;
};

}  // namespace ofn::otlp
