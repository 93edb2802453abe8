#include "dev/compiling.h"

#include <chrono>
#include <memory>
#include <utility>

namespace ofn::dev {

void Compiling::cancel() {
  stop_.request_stop();
  ++number_;
  is_running_ = false;
}

void Compiling::begin(LoadRequest request, std::filesystem::path folder, Done done) {
  cancel();
  is_running_ = true;
  stop_ = std::stop_source();
  request.stop = stop_.get_token();
  Task task = [this, request = std::move(request), folder = std::move(folder),
               done = std::move(done), number = number_] {
    const SteadyTime began = loop_.clock().now();
    auto made = std::make_shared<Compilation>(compile(request, folder, log_));
    const Duration took = loop_.clock().now() - began;
    loop_.post([this, made, took, done, number] {
      if (number != number_) return;  // canceled
      is_running_ = false;
      done(std::move(*made), took);
    });
  };
  // If the system grants no thread, the loop waits for the compiler.
  if (!thread_.post(std::move(task))) task();  // NOLINT(bugprone-use-after-move): not taken
}

}  // namespace ofn::dev
