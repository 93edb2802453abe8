// A callback that may run after its object has gone: it then does nothing.
//
//   class Subscriber {
//     void ask() {
//       channel_.list(while_alive_([this](Result<List> listed) { on_listed(std::move(listed)); }));
//     }
//     WhileAlive while_alive_;  // the last member: it goes first
//   };
#pragma once

#include <memory>
#include <utility>

namespace ofn {

// Lifetime: the callbacks that it has wrapped may outlive it.
// Threads: a wrapped callback may be copied, moved and destroyed on any thread, and runs on the
//   thread that destroys this object.
class WhileAlive {
 public:
  WhileAlive() = default;
  WhileAlive(const WhileAlive&) = delete;
  WhileAlive& operator=(const WhileAlive&) = delete;

  // Returns `callback` as one that does nothing once this object has gone, or end() was called.
  template <class Callback>
  [[nodiscard]] auto operator()(Callback callback) const {
    return [alive = std::weak_ptr(token_), callback = std::move(callback)](auto&&... with) mutable {
      if (!alive.expired()) callback(std::forward<decltype(with)>(with)...);
    };
  }
  // For a destructor whose own work must run no callback.
  void end() { token_.reset(); }

 private:
  struct Token {};
  std::shared_ptr<Token> token_ =
      std::make_shared<Token>();  // weak pointers tell whether it is there
};

}  // namespace ofn
