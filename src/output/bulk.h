// The delivery of many payloads to one output (Outputs::deliver_all), until the last one has ended.
#pragma once

#include <cstddef>
#include <expected>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "output/outputs.h"

namespace ofn {

// Lifetime: shared by Outputs and by the callbacks of its calls to the sidecar. Threads: the loop's.
class Outputs::Bulk final {
 public:
  Bulk(Outputs& outputs, std::span<const BulkItem> items, const DeliveryOptions& options,
       DeliveryDone done);

  // Call it once, with the position in the outputs' list.
  void start(std::list<std::shared_ptr<Bulk>>::iterator self);

 private:
  void go_on();
  void begin_call();
  void send_call();
  void answered(BulkResult result);
  void send_one();
  void one_ended(DeliveryReport report);
  // Decides the items of the current call that are not decided yet.
  void decide_call(Delivered outcome, const std::expected<SidecarReply, Error>& reply);
  void decide(std::size_t item, Delivered outcome, std::expected<SidecarReply, Error> reply,
              unsigned tries);
  void give_up();
  void finish();

  Outputs& outputs_;
  const std::span<const BulkItem> items_;
  const DeliveryOptions options_;
  const Output& output_;
  DeliveryDone done_;
  const SteadyTime started_;
  TimeLimit deadline_;
  Timer retry_;
  std::vector<PublishCall> calls_;  // of the current call of the sidecar
  std::size_t next_ = 0;            // the first item of the current call
  std::size_t end_ = 0;             // behind its last item
  unsigned tries_ = 0;
  SteadyTime call_started_{};
  bool one_by_one_ = false;
  std::vector<bool> decided_;
  std::size_t failed_ = 0;
  DeliveryReport report_;
  std::list<std::shared_ptr<Bulk>>::iterator self_;
};

}  // namespace ofn
