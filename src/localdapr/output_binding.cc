#include "localdapr/output_binding.h"

#include <utility>

namespace ofn::localdapr {
namespace {

class OnWorkers final : public OutputBinding {
 public:
  OnWorkers(std::unique_ptr<BlockingBinding> binding, Executor run)
      : binding_(std::move(binding)), run_(std::move(run)) {}

  std::span<const std::string_view> operations() const override { return binding_->operations(); }
  void invoke(dapr::BindingRequest request, Deadline deadline, dapr::BindingDone done) override {
    run_([this, request = std::move(request), deadline, done = std::move(done)]() mutable {
      done(binding_->invoke(request, deadline));
    });
  }

 private:
  std::unique_ptr<BlockingBinding> binding_;
  Executor run_;
};

}  // namespace

std::unique_ptr<OutputBinding> blocking(std::unique_ptr<BlockingBinding> binding, Executor run) {
  return std::make_unique<OnWorkers>(std::move(binding), std::move(run));
}

Result<std::unique_ptr<OutputBinding>> blocking(Result<std::unique_ptr<BlockingBinding>> binding,
                                                Executor run) {
  if (!binding) return std::unexpected(std::move(binding.error()));
  return blocking(*std::move(binding), std::move(run));
}

}  // namespace ofn::localdapr
