#include <sqlite3.h>

// SQLITE_TRANSIENT and SQLITE_STATIC are casts that Swift does not import, and sqlite3_db_config takes variable arguments.

static inline int fieldgate_sqlite_bind_text_copy(sqlite3_stmt *statement, int index, const char *text, int length) {
  // An empty string must not become NULL, which is what a null pointer means to SQLite.
  return sqlite3_bind_text(statement, index, text ? text : "", length, SQLITE_TRANSIENT);
}

static inline int fieldgate_sqlite_bind_blob_copy(sqlite3_stmt *statement, int index, const void *bytes, int length) {
  return sqlite3_bind_blob(statement, index, bytes, length, SQLITE_TRANSIENT);
}

static inline int fieldgate_sqlite_bind_blob_borrowed(sqlite3_stmt *statement, int index, const void *bytes, int length) {
  return sqlite3_bind_blob(statement, index, bytes, length, SQLITE_STATIC);
}

static inline int fieldgate_sqlite_configure(sqlite3 *connection, int option, int on) {
  return sqlite3_db_config(connection, option, on, (int *)0);
}

// SQLITE_ABORT_ROLLBACK is an expression that Swift does not import.
static const int fieldgate_sqlite_abort_rollback = SQLITE_ABORT_ROLLBACK;

// Reports the length of the write-ahead log, in pages, after each commit. Checkpoints are the caller's affair: sqlite3_wal_hook
// takes the place of automatic ones.
static inline int fieldgate_sqlite_note_log_pages(void *pages, sqlite3 *connection, const char *name, int count) {
  (void)connection;
  (void)name;
  *(int *)pages = count;
  return SQLITE_OK;
}

static inline void fieldgate_sqlite_watch_log(sqlite3 *connection, int *pages) {
  sqlite3_wal_hook(connection, fieldgate_sqlite_note_log_pages, pages);
}

// Pages written from the cache since the last call.
static inline int fieldgate_sqlite_take_written_pages(sqlite3 *connection) {
  int current = 0, highest = 0;
  sqlite3_db_status(connection, SQLITE_DBSTATUS_CACHE_WRITE, &current, &highest, 1);
  return current;
}
