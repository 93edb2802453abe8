// A counter in PostgreSQL, by libpq's asynchronous functions (postgresql.org/docs/current/libpq-async.html). A call holds no thread
// while the database works, and 20 connections serve all calls.
#include <cstdlib>
#include <libpq-fe.h>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <ofn/await.h>
#include <ofn/function.h>
#include <ofn/semaphore.h>

struct Free {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Free>;
using Result = std::unique_ptr<PGresult, Free>;

// Throws; ends a call that was asked to stop, too.
void check(bool is_fine, const Connection& connection) {
  if (!is_fine)
    throw std::runtime_error(std::string("database: ") + PQerrorMessage(connection.get()));
}

ofn::task<Connection> connect() {
  Connection connection(PQconnectStart(std::getenv("DATABASE")));
  check(PQstatus(connection.get()) != CONNECTION_BAD, connection);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    bool ready = false;
    if (next == PGRES_POLLING_READING) ready = co_await ofn::readable(PQsocket(connection.get()));
    if (next == PGRES_POLLING_WRITING) ready = co_await ofn::writable(PQsocket(connection.get()));
    check(ready, connection);
    next = PQconnectPoll(connection.get());
  }
  PQsetnonblocking(connection.get(), 1);
  co_return connection;
}

ofn::task<Result> query(const Connection& connection, const char* sql, std::string argument) {
  const char* const arguments[] = {argument.c_str()};
  const int sent =
      PQsendQueryParams(connection.get(), sql, 1, nullptr, arguments, nullptr, nullptr, 0);
  check(sent == 1, connection);
  while (PQflush(connection.get()) > 0) {
    const bool ready = co_await ofn::readable_or_writable(PQsocket(connection.get()));
    check(ready && PQconsumeInput(connection.get()) == 1, connection);
  }
  Result last;
  while (true) {
    while (PQisBusy(connection.get()) == 1) {
      const bool ready = co_await ofn::readable(PQsocket(connection.get()));
      check(ready && PQconsumeInput(connection.get()) == 1, connection);
    }
    Result next(PQgetResult(connection.get()));
    if (next == nullptr) break;
    last = std::move(next);
  }
  check(PQresultStatus(last.get()) == PGRES_TUPLES_OK, connection);
  co_return last;
}

// The connections that no call uses. The std::mutex is never held across an await.
constinit ofn::Semaphore connections(20);
std::mutex idle_mutex;
std::vector<Connection> idle;

Connection take_idle() {
  const std::lock_guard lock(idle_mutex);
  if (idle.empty()) return nullptr;
  Connection connection = std::move(idle.back());
  idle.pop_back();
  return connection;
}

ofn::task<ofn::Response> visit(const ofn::Request& request) {
  const ofn::Permit permit = co_await connections.acquire();
  if (!permit) co_return ofn::Response("too late\n").status(503);
  Connection connection = take_idle();
  if (connection == nullptr) connection = co_await connect();
  const Result result = co_await query(connection,
                                       "INSERT INTO visits VALUES ($1, 1) ON CONFLICT (name) "
                                       "DO UPDATE SET count = visits.count + 1 RETURNING count",
                                       std::string(request.body()));
  // One that has failed is not used again: query() has thrown.
  const std::lock_guard lock(idle_mutex);
  idle.push_back(std::move(connection));
  co_return std::string(PQgetvalue(result.get(), 0, 0)) + "\n";
}
