// PostgreSQL without threads, by libpq's asynchronous functions (postgresql.org/docs/current/libpq-async.html). At most 20
// connections serve all calls; a call waits for one, and for the database, without a thread.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <libpq-fe.h>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ofn/await.h>
#include <ofn/errors.h>
#include <ofn/semaphore.h>

namespace database {

struct Free {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Free>;
using Result = std::unique_ptr<PGresult, Free>;

// Throws; ends a call that was asked to stop, too.
inline void check(bool is_fine, const Connection& connection) {
  if (!is_fine)
    throw std::runtime_error(std::string("database: ") + PQerrorMessage(connection.get()));
}

inline ofn::task<Connection> connect() {
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

// The connections that no call uses. The std::mutex is never held across an await.
inline constinit ofn::Semaphore connections(20);
inline std::mutex idle_mutex;
inline std::vector<Connection> idle;

inline Connection take_idle() {
  const std::lock_guard lock(idle_mutex);
  if (idle.empty()) return nullptr;
  Connection connection = std::move(idle.back());
  idle.pop_back();
  return connection;
}

// A connection that has failed is not used again.
inline ofn::task<Result> run(const char* sql, std::vector<std::string> arguments) {
  const ofn::Permit permit = co_await connections.acquire();
  if (!permit) throw ofn::HttpError(503, "too late");
  Connection connection = take_idle();
  if (connection == nullptr) connection = co_await connect();

  std::vector<const char*> texts;
  for (const std::string& argument : arguments) texts.push_back(argument.c_str());
  const int sent = PQsendQueryParams(connection.get(), sql, static_cast<int>(texts.size()), nullptr,
                                     texts.data(), nullptr, nullptr, 0);
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
  const ExecStatusType status = PQresultStatus(last.get());
  check(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK, connection);
  const std::lock_guard lock(idle_mutex);
  idle.push_back(std::move(connection));
  co_return last;
}

inline std::string text_of(const std::string& text) { return text; }
inline std::string text_of(std::int64_t number) { return std::to_string(number); }

// Returns the rows of one statement, whose $1, $2 … are the arguments.
template <class... Arguments>
ofn::task<Result> query(const char* sql, const Arguments&... arguments) {
  return run(sql, std::vector<std::string>{text_of(arguments)...});
}

}  // namespace database
