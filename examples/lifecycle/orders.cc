// A service with a pool of connections: opened before the first call, closed after the last one. Probes ask whether the database is
// up, and the report, which is expensive, runs at most twice at once.
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ofn/function.h>
#include <ofn/life.h>
#include <ofn/log.h>
#include <ofn/object.h>
#include <ofn/route.h>

#include "database.h"

namespace {

class Pool {
 public:
  explicit Pool(int size) {
    for (int i = 0; i < size; ++i) idle_.push_back(std::make_unique<Connection>());
  }
  std::string query(const std::string& text) {
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [this] { return !idle_.empty(); });
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    lock.unlock();
    std::string result = connection->query(text);
    lock.lock();
    idle_.push_back(std::move(connection));
    given_back_.notify_one();
    return result;
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

std::unique_ptr<Pool> pool;

void open_pool() { pool = std::make_unique<Pool>(4); }
void close_pool() {
  pool.reset();
  ofn::log_info("the pool is closed");
}

std::optional<std::string> why_not_ready() {
  if (std::filesystem::exists("down")) return "the database is down";
  return std::nullopt;
}

std::string order(const ofn::Request& request) {
  return pool->query("order " + std::string(*request.param("id"))) + "\n";
}

// An object as a function: made when the pool is open, destroyed before the pool is closed.
class Report {
 public:
  std::string operator()() const { return title_ + pool->query("report") + "\n"; }

 private:
  std::string title_ = pool->query("title") + ", ";
};

}  // namespace

OFN_START(open_pool)
OFN_STOP(close_pool)
OFN_READY(why_not_ready)
OFN_ROUTE("GET /orders/{id}", order)
OFN_ROUTE("GET /report", ofn::object<Report>, ofn::concurrency(2, 10),
          ofn::timeout(std::chrono::seconds(20)))
