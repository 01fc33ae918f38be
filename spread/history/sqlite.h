#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "spread/api/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace spread {

/// A prepared statement. Parameters and columns are counted from 0.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, double number);
  Statement& bind(int index, std::int64_t number);
  /// True = a row is there; false = no more rows, and the statement can be bound anew.
  Result<bool> step();
  Status run();
  std::string text(int column) const;
  double real(int column) const;
  std::int64_t integer(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// A connection. Every error says what SQLite says; the caller adds the file's name.
class Database {
 public:
  static Result<Database> open(const std::string& path, bool create);
  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept = default;

  void wait_at_most(int milliseconds);
  Status execute(const char* sql);
  Result<std::int64_t> pragma(const char* name);
  sqlite3* get() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace spread
