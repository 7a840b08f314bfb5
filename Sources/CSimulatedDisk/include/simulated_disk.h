// A disk in memory, offered to SQLite as a VFS. What it models is written down in docs/simulated-disk.md.
//
// One thread at a time uses a disk and the connections on it. Memory running out ends the program: this is test kit.
#ifndef FIELDGATE_SIMULATED_DISK_H
#define FIELDGATE_SIMULATED_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fieldgate_disk fieldgate_disk;

// Kinds of operation: what is counted, what can be made to fail, and where a disk can be stopped.
enum {
  FIELDGATE_DISK_OPEN,
  FIELDGATE_DISK_READ,
  FIELDGATE_DISK_WRITE,
  FIELDGATE_DISK_SYNC,
  FIELDGATE_DISK_TRUNCATE,
  FIELDGATE_DISK_DELETE,
  FIELDGATE_DISK_KINDS,
};

// An empty disk, and its VFS registered. Everything random on it comes from `seed`.
fieldgate_disk *fieldgate_disk_make(uint64_t seed);
// Takes the VFS away and kills open handles. The memory goes with the last handle that SQLite closes.
void fieldgate_disk_release(fieldgate_disk *disk);
const char *fieldgate_disk_vfs_name(const fieldgate_disk *disk);

// The process ended: its handles are dead, its locks and shared memory gone. All it wrote is still there.
void fieldgate_disk_kill(fieldgate_disk *disk);
// The same, and of what was not synced an arbitrary part is lost.
void fieldgate_disk_power_cut(fieldgate_disk *disk);
// Makes all that was written durable, as an orderly shutdown does.
void fieldgate_disk_settle(fieldgate_disk *disk);
// Replaces the files of `disk` by copies of those of `source`, not yet synced writes included. Handles of `disk` die.
void fieldgate_disk_copy(fieldgate_disk *disk, const fieldgate_disk *source);

// Of the operations of this kind (or -1: any) on files whose path ends with `suffix`, the `nth` from now fails; or all
// from that one on. `is_full`: with SQLITE_FULL, else with the I/O error of its kind.
void fieldgate_disk_fail(fieldgate_disk *disk, int kind, int64_t nth, bool for_ever, bool is_full, const char *suffix);
void fieldgate_disk_clear_failures(fieldgate_disk *disk);
int fieldgate_disk_failure_count(const fieldgate_disk *disk);
// After so many more operations nothing works any more, until the next kill or power cut. Negative: never.
void fieldgate_disk_stop(fieldgate_disk *disk, int64_t operations);
bool fieldgate_disk_is_stopped(const fieldgate_disk *disk);

void fieldgate_disk_set_capacity(fieldgate_disk *disk, int64_t bytes);
int64_t fieldgate_disk_capacity(const fieldgate_disk *disk);
int64_t fieldgate_disk_used(const fieldgate_disk *disk);
void fieldgate_disk_set_read_only(fieldgate_disk *disk, bool on);
bool fieldgate_disk_is_read_only(const fieldgate_disk *disk);
void fieldgate_disk_set_ignores_sync(fieldgate_disk *disk, bool on);
bool fieldgate_disk_ignores_sync(const fieldgate_disk *disk);
// Milliseconds since 1970.
void fieldgate_disk_set_time(fieldgate_disk *disk, int64_t milliseconds);
int64_t fieldgate_disk_time(const fieldgate_disk *disk);
// Called instead of sleeping, with microseconds.
void fieldgate_disk_set_sleep(fieldgate_disk *disk, void (*sleep)(void *, int), void *context);

// What an operator or another machine does to files: at once and durably. False when there is no such file.
void fieldgate_disk_put(fieldgate_disk *disk, const char *path, const void *bytes, int64_t count);
bool fieldgate_disk_rename(fieldgate_disk *disk, const char *from, const char *to);
bool fieldgate_disk_remove(fieldgate_disk *disk, const char *path);
bool fieldgate_disk_corrupt(fieldgate_disk *disk, const char *path, int64_t offset, uint8_t mask);

// The files that exist now, by index from 0; NULL past the end.
const char *fieldgate_disk_path(const fieldgate_disk *disk, int index);
// The bytes as a running process reads them, or as they are on the medium for certain. Valid until the next change.
const uint8_t *fieldgate_disk_bytes(const fieldgate_disk *disk, const char *path, bool durable, int64_t *count);

uint64_t fieldgate_disk_operations(const fieldgate_disk *disk, int kind);
uint64_t fieldgate_disk_injected(const fieldgate_disk *disk, int kind);
uint64_t fieldgate_disk_bytes_read(const fieldgate_disk *disk);
uint64_t fieldgate_disk_bytes_written(const fieldgate_disk *disk);

#endif
