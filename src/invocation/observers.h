// Several observers of one loop as one.
//
//   Observers observers({&reports, nullptr, &access_log});
//   environment.observer = observers.as_one();
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "invocation/observer.h"

namespace ofn {

// Each observer sees the trace context as those before it have set it.
// Lifetime: the observers outlive it. Threads: its loop's.
class Observers final : public Observer {
 public:
  // Leaves out what is null.
  Observers(std::initializer_list<Observer*> observers) {
    for (Observer* observer : observers) {
      if (observer != nullptr) observers_.push_back(observer);
    }
  }

  // Returns null if there is none, and the observer itself if there is only one: a call pays for what observes it only.
  Observer* as_one() noexcept {
    if (observers_.empty()) return nullptr;
    return observers_.size() == 1 ? observers_.front() : this;
  }

  void began(const CallStart& start, TraceContext& trace) override {
    for (Observer* observer : observers_) observer->began(start, trace);
  }
  void ended(const CallRecord& record) override {
    for (Observer* observer : observers_) observer->ended(record);
  }
  // Returns true if one of them tells.
  bool tells_crashes() const override {
    for (const Observer* observer : observers_) {
      if (observer->tells_crashes()) return true;
    }
    return false;
  }
  // Tells each, and returns true if one of them tells.
  bool tells_still_running(std::string_view id) override {
    bool tells = false;
    for (Observer* observer : observers_) tells = observer->tells_still_running(id) || tells;
    return tells;
  }

 private:
  std::vector<Observer*> observers_;
};

}  // namespace ofn
