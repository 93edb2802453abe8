#include "cli/dev_api.h"

#include <utility>

namespace ofn::cli {

DevApi::DevApi(Loop& loop, const dev::Ring& ring, const Options& options)
    : loop_(loop),
      lines_(loop.clock()),
      calls_(loop,
             {.coming = options.coming, .connect = options.connect, .within = options.within}),
      api_(loop, {.ring = &ring,
                  .log = &lines_,
                  .calls = &calls_,
                  .serving = options.serving,
                  .coming = options.coming}) {}

Result<void> DevApi::open(const Environment& env, dev::Instance instance, Log& log) {
  auto folder =
      dev::instance_folder([&](std::string_view name) { return env(std::string(name).c_str()); });
  if (!folder) return std::unexpected(std::move(folder).error());
  // What dead ones have left is removed.
  (void)dev::running_instances(*folder);
  entry_.emplace(*folder, std::move(instance));
  auto socket = dev::ApiSocket::open(loop_, entry_->instance().socket, api_, log);
  if (!socket) return std::unexpected(std::move(socket).error());
  socket_ = *std::move(socket);
  api_.describe(entry_->instance());
  return entry_->announce();
}

}  // namespace ofn::cli
