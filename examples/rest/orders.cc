// A small REST service: JSON from and to your own types, with statuses, limits of fields and times.
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <ofn/function.h>
#include <ofn/typed.h>

enum class State { open, in_transit };
OFN_ENUM(State, open, (in_transit, "in transit"))

struct NewOrder {
  std::string item;
  int count = 1;
  std::optional<std::string> note;
};
OFN_FIELDS(NewOrder, (item, ofn::length(1, 40)),
           (count, ofn::or_default, ofn::min(1), ofn::max(100)), note)

struct Order : NewOrder {
  std::int64_t id = 0;
  State state = State::open;
  std::chrono::system_clock::time_point created;
};
OFN_DERIVED_FIELDS(Order, NewOrder, (id, ofn::as_text), state, created)

// Functions run on several threads.
class Orders {
 public:
  Order add(const NewOrder& wanted) {
    Order order{wanted};
    order.created = std::chrono::system_clock::now();
    const std::lock_guard lock(mutex_);
    order.id = static_cast<std::int64_t>(orders_.size()) + 1;
    return orders_.emplace(std::to_string(order.id), order).first->second;
  }
  std::optional<Order> find(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto found = orders_.find(id);
    if (found == orders_.end()) return std::nullopt;
    return found->second;
  }
  std::vector<Order> all() {
    const std::lock_guard lock(mutex_);
    std::vector<Order> all;
    for (const auto& [id, order] : orders_) all.push_back(order);
    return all;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Order> orders_;
} orders;

std::vector<Order> list_orders() { return orders.all(); }

// An empty optional is answered 404.
std::optional<Order> get_order(const ofn::Request& request) {
  return orders.find(std::string(request.param("id").value_or("")));
}

ofn::Json<Order> create_order(const NewOrder& wanted) {
  const Order order = orders.add(wanted);
  const std::string place = "/orders/" + std::to_string(order.id);
  return ofn::Json(order).status(201).header("Location", place);
}

OFN_ROUTE("GET /orders", list_orders)
OFN_ROUTE("POST /orders", create_order)
OFN_ROUTE("GET /orders/{id}", get_order)
