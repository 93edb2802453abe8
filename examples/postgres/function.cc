// Items in PostgreSQL: made, read, changed and deleted over HTTP. database.h beside it has the queries, which hold no thread.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ofn/function.h>
#include <ofn/typed.h>

#include "database.h"

struct NewItem {
  std::string name;
  std::int64_t cents = 0;
};
OFN_FIELDS(NewItem, (name, ofn::length(1, 80)), (cents, ofn::min(0)))

struct Item : NewItem {
  std::int64_t id = 0;
};
OFN_DERIVED_FIELDS(Item, NewItem, id)

std::vector<Item> items_of(const database::Result& rows) {
  std::vector<Item> items;
  for (int row = 0; row < PQntuples(rows.get()); ++row) {
    Item item;
    item.id = std::stoll(PQgetvalue(rows.get(), row, 0));
    item.name = PQgetvalue(rows.get(), row, 1);
    item.cents = std::stoll(PQgetvalue(rows.get(), row, 2));
    items.push_back(item);
  }
  return items;
}

// Empty, which is answered 404, if there is no row.
std::optional<Item> first(const database::Result& rows) {
  const std::vector<Item> items = items_of(rows);
  if (items.empty()) return std::nullopt;
  return items.front();
}

// Text that is no number is the id of no item.
std::int64_t id_of(const ofn::Request& request) {
  const std::string id(request.param("id").value_or(""));
  const bool is_number = id.size() <= 18 && id.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? std::stoll(id) : 0;
}

ofn::task<std::vector<Item>> list_items() {
  co_return items_of(
      co_await database::query("SELECT id, name, cents FROM items ORDER BY id LIMIT 100"));
}

ofn::task<ofn::Json<Item>> create_item(const NewItem& item) {
  const auto rows = co_await database::query(
      "INSERT INTO items (name, cents) VALUES ($1, $2) RETURNING id, name, cents", item.name,
      item.cents);
  const Item created = items_of(rows).at(0);
  const std::string place = "/items/" + std::to_string(created.id);
  co_return ofn::Json(created).status(201).header("Location", place);
}

ofn::task<std::optional<Item>> get_item(const ofn::Request& request) {
  co_return first(
      co_await database::query("SELECT id, name, cents FROM items WHERE id = $1", id_of(request)));
}

ofn::task<std::optional<Item>> change_item(const ofn::Request& request, const NewItem& item) {
  co_return first(co_await database::query(
      "UPDATE items SET name = $2, cents = $3 WHERE id = $1 RETURNING id, name, cents",
      id_of(request), item.name, item.cents));
}

ofn::task<std::optional<Item>> delete_item(const ofn::Request& request) {
  co_return first(co_await database::query(
      "DELETE FROM items WHERE id = $1 RETURNING id, name, cents", id_of(request)));
}

OFN_ROUTE("GET /items", list_items)
OFN_ROUTE("POST /items", create_item)
OFN_ROUTE("GET /items/{id}", get_item)
OFN_ROUTE("PUT /items/{id}", change_item)
OFN_ROUTE("DELETE /items/{id}", delete_item)
