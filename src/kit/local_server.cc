#include "kit/local_server.h"

#include <future>
#include <stdexcept>
#include <utility>

#include "kit/process.h"

namespace ofn::kit {

namespace {

constexpr std::size_t kCalls = 1000;

std::unique_ptr<ServedProgram> served_or_throw(const abi::Program& program,
                                               const testing::Options& options, Log& log) {
  auto served = ServedProgram::of(program, options, log);
  if (!served) throw std::runtime_error(served.error());
  return *std::move(served);
}

}  // namespace

LocalServer::LocalServer(const abi::Program& program, const testing::Options& options)
    : served_(served_or_throw(program, options, log_)),
      sidecar_(loop_, clock_, served_->context),
      outputs_(served_->context, sidecar_, loop_, log_, {}, &sidecar_),
      gate_(kCalls, kCalls),
      environment_{.loop = loop_,
                   .context = served_->context,
                   .outputs = &outputs_,
                   .log = log_,
                   .detail = options.shows_details ? Detail::kShown : Detail::kHidden,
                   .stores = &sidecar_,
                   .hooks = served_->used_hooks(),
                   .calls = &Process::of().calls(),
                   .awaits = {.descriptors = &descriptors_, .workers = &workers_, .http = &web_},
                   .errors = served_->used_errors(),
                   .middleware = served_->around_calls()},
      patience_(loop_, [this] { requests_->stop_calls(); }) {
  service_.emplace(served_->client_routes(), gate_, workers_, log_, options.timeout, kCalls,
                   served_->before_calls());
  requests_.emplace(*service_, environment_);
  sessions_.emplace(*requests_, limits_, log_);
  Loop* const loops[] = {&loop_};
  server_.emplace(loops, [this](Loop&) { return sessions_->make(); }, limits_, log_);
  program.host->store(&Process::of().host(), std::memory_order_release);
  if (options.runs_life_cycle) {
    if (const auto started = served_->life->start({}, log_); !started)
      throw std::runtime_error(started.error().message());
    has_started_ = true;
  }
  const auto bound = server_->listen({"127.0.0.1", 0, {}});
  if (!bound) throw std::runtime_error(bound.error().text());
  port_ = bound->port;
  threads_.emplace(loops);
}

LocalServer::~LocalServer() { (void)stop(); }

std::string LocalServer::stop() {
  if (!threads_) return {};
  loop_.post([this] {
    patience_.arm(loop_.now() + kPatience);
    service_->retire();
    server_->retire();
    server_->drain([this] { loop_.stop(); });
  });
  threads_->wait();
  threads_.reset();
  if (has_started_) served_->life->stop({}, log_);
  return web_.take_problem();
}

void LocalServer::on_loop(std::function<void()> action) {
  std::packaged_task<void()> task(std::move(action));
  auto done = task.get_future();
  loop_.post([&task] { task(); });
  done.get();
}

void LocalServer::answer(std::string_view request, ScriptedWeb::Answer answer) {
  on_loop([&] { web_.answer(request, std::move(answer)); });
}

void LocalServer::fail(std::string_view request, const testing::internal::WebFailing& failing) {
  on_loop([&] { web_.fail(request, failing); });
}

const std::vector<HttpCall>& LocalServer::asked() {
  on_loop([this] { asked_ = web_.asked(); });
  return asked_;
}

}  // namespace ofn::kit
