#include "kit/kit_host.h"

#include <memory>

#include "kit/json_differences.h"
#include "kit/local_server.h"
#include "kit/process.h"
#include "kit/program_stage.h"
#include "kit/snapshots.h"

namespace ofn::kit {

namespace {

class KitHost final : public testing::internal::Host {
 public:
  std::unique_ptr<testing::internal::Stage> open(const abi::Program& program,
                                                 const testing::Options& options) const override {
    Process::of();
    return std::make_unique<ProgramStage>(program, options);
  }
  std::unique_ptr<testing::internal::ServerHandle> serve(
      const abi::Program& program, const testing::Options& options) const override {
    Process::of();
    return std::make_unique<LocalServer>(program, options);
  }
  std::string json_differences(std::string_view expected, std::string_view actual) const override {
    return kit::json_differences(expected, actual);
  }
  std::string snapshot_problem(std::string_view source, std::string_view name,
                               std::string_view text) const override {
    return kit::snapshot_problem(source, name, text);
  }
};

}  // namespace

const testing::internal::Host& kit_host() {
  static const KitHost host;
  return host;
}

}  // namespace ofn::kit
