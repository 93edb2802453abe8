#include "loop/signals.h"

#include <utility>

#include <boost/asio/signal_set.hpp>

#include "loop/asio.h"

namespace ofn {

struct Signals::Set : std::enable_shared_from_this<Set> {
  Set(Loop& on, std::function<void(int)> handler)
      : signals(on.io()), on_signal(std::move(handler)) {}

  void wait() {
    signals.async_wait(
        [self = shared_from_this()](const boost::system::error_code& error, int number) {
          if (error) return;  // cancelled
          self->wait();
          self->on_signal(number);
        });
  }

  asio::signal_set signals;
  std::function<void(int)> on_signal;
};

Signals::Signals(Loop& loop, std::initializer_list<int> numbers, std::function<void(int)> on_signal)
    : set_(std::make_shared<Set>(loop, std::move(on_signal))) {
  for (const int number : numbers) set_->signals.add(number);
  set_->wait();
}

Signals::~Signals() {
  boost::system::error_code ignored;
  set_->signals.cancel(ignored);
  set_->signals.clear(ignored);
}

}  // namespace ofn
