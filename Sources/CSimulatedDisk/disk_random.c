// Random numbers: all from the disk's seed, SQLite's own included.
#include <string.h>
#include <sys/random.h>

#include "disk_state.h"

// SplitMix64's mixing step (Steele, Lea, Flood 2014).
uint64_t disk_mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

uint64_t disk_random(fieldgate_disk *disk) {
  disk->random += 0x9e3779b97f4a7c15u;
  return disk_mix(disk->random);
}

// 0 when `limit` is 0. The bias of the remainder does not matter here.
uint64_t disk_random_below(fieldgate_disk *disk, uint64_t limit) { return limit ? disk_random(disk) % limit : 0; }

// SQLite has one random generator for the whole process, seeded once through the default VFS, so the salts of a log
// would depend on what other threads did before. Its internal calls of sqlite3_randomness go through the procedure
// linkage table, though, so that the program's own definition below answers them: from the state of the calling thread,
// which each call into a disk sets anew from the disk's seed and the number of operations so far.
static __thread uint64_t thread_state;
static __thread bool thread_is_seeded;

void disk_seed_thread(const fieldgate_disk *disk) {
  thread_state = disk_mix(disk->seed ^ disk_mix(disk->operation_total + 1));
  thread_is_seeded = true;
}

void sqlite3_randomness(int count, void *bytes) {
  // A count below one asks SQLite's generator to start anew; there is nothing to start here.
  if (count <= 0 || !bytes) return;
  if (!thread_is_seeded && getrandom(bytes, (size_t)count, 0) == count) return;
  uint8_t *to = bytes;
  while (count > 0) {
    thread_state += 0x9e3779b97f4a7c15u;
    uint64_t word = disk_mix(thread_state);
    size_t part = count < 8 ? (size_t)count : 8;
    memcpy(to, &word, part);
    to += part;
    count -= (int)part;
  }
}
