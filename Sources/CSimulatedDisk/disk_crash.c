// Deaths of the process, power cuts, and copies of whole disks.
#include <stdlib.h>
#include <string.h>

#include "disk_state.h"

static void drop_locks(inode *file) {
  if (!file) return;
  file->shared_locks = 0;
  file->reserved = NULL;
  file->is_pending = false;
  // Dead handles keep their reference until SQLite closes them: it still points into this memory.
  if (file->memory) memory_release(file->memory);
  file->memory = NULL;
}

void fieldgate_disk_kill(fieldgate_disk *disk) {
  disk->generation++;
  disk->is_stopped = false;
  disk->stop_countdown = -1;
  for (int index = 0; index < disk->name_count; index++) {
    for (int version = 0; version < disk->names[index].version_count; version++) {
      drop_locks(disk->names[index].versions[version]);
    }
  }
}

// Applies the part of a write that lies in the sectors from `first` up to, not including, `last`.
static void apply_sectors(inode *file, const change *change, int64_t first, int64_t last) {
  int64_t from = first * SECTOR > change->offset ? first * SECTOR : change->offset;
  int64_t end = change->offset + change->count;
  int64_t to = last * SECTOR < end ? last * SECTOR : end;
  if (from < to) buffer_write(&file->durable, from, change->bytes + (from - change->offset), to - from);
}

// One write gets as far as a sector's end, or only its later sectors arrive.
static void apply_torn(fieldgate_disk *disk, inode *file, const change *change) {
  int64_t first = change->offset / SECTOR;
  int64_t last = (change->offset + change->count - 1) / SECTOR + 1;
  int64_t middle = first + (int64_t)disk_random_below(disk, (uint64_t)(last - first) + 1);
  if (disk_random_below(disk, 2)) {
    apply_sectors(file, change, first, middle);
  } else {
    apply_sectors(file, change, middle, last);
  }
}

// Each change arrives or does not, with a likelihood drawn for the file; one of those that arrive may be torn.
static void lose_changes(fieldgate_disk *disk, inode *file) {
  uint64_t likelihood = disk_random_below(disk, 5);
  int torn = disk_random_below(disk, 2) ? (int)disk_random_below(disk, (uint64_t)file->pending_count) : -1;
  for (int index = 0; index < file->pending_count; index++) {
    const change *each = &file->pending[index];
    if (disk_random_below(disk, 4) >= likelihood) continue;
    if (index == torn && each->bytes) {
      apply_torn(disk, file, each);
    } else {
      inode_apply(file, each);
    }
  }
}

// Each sector stops at a moment of its own, as when a device writes its queue in another order: it holds what the page
// cache held after some of the changes. Cuts of the file's length keep their place among the writes.
static void lose_sectors(fieldgate_disk *disk, inode *file) {
  uint64_t salt = disk_random(disk);
  uint64_t limit = (uint64_t)file->pending_count + 1;
  for (int index = 0; index < file->pending_count; index++) {
    const change *each = &file->pending[index];
    if (!each->bytes) {
      if (disk_random_below(disk, 2)) inode_apply(file, each);
      continue;
    }
    int64_t last = (each->offset + each->count - 1) / SECTOR;
    for (int64_t sector = each->offset / SECTOR; sector <= last; sector++) {
      uint64_t moment = disk_mix(salt ^ disk_mix((uint64_t)sector)) % limit;
      if ((uint64_t)index < moment) apply_sectors(file, each, sector, sector + 1);
    }
  }
}

static void lose(fieldgate_disk *disk, inode *file) {
  if (file->pending_count > 0) {
    if (disk_random_below(disk, 3)) {
      lose_changes(disk, file);
    } else {
      lose_sectors(disk, file);
    }
    inode_forget_pending(file);
  }
  // Also without pending changes: after a failed sync the two differ.
  buffer_copy(&file->now, &file->durable);
}

void fieldgate_disk_power_cut(fieldgate_disk *disk) {
  fieldgate_disk_kill(disk);
  for (int index = 0; index < disk->name_count; index++) {
    name *each = &disk->names[index];
    name_fix(each, (int)disk_random_below(disk, (uint64_t)each->version_count));
    if (each->versions[0]) lose(disk, each->versions[0]);
  }
  disk_remove_empty_names(disk);
}

void fieldgate_disk_settle(fieldgate_disk *disk) {
  for (int index = 0; index < disk->name_count; index++) {
    name *each = &disk->names[index];
    name_fix(each, each->version_count - 1);
    if (each->versions[0]) inode_sync(each->versions[0]);
    // What a failed sync lost is still in the page cache, and a shutdown does not bring it to the disk; a copy of what
    // the machine sees does.
    if (each->versions[0]) buffer_copy(&each->versions[0]->durable, &each->versions[0]->now);
  }
  disk_remove_empty_names(disk);
}

static inode *copy_inode(fieldgate_disk *disk, const inode *source) {
  if (!source) return NULL;
  inode *file = inode_make(disk, source->label);
  buffer_copy(&file->now, &source->now);
  buffer_copy(&file->durable, &source->durable);
  file->pending_count = file->pending_capacity = source->pending_count;
  file->pending = disk_allocate((size_t)source->pending_count * sizeof *file->pending);
  for (int index = 0; index < source->pending_count; index++) {
    file->pending[index] = source->pending[index];
    if (!source->pending[index].bytes) continue;
    size_t count = (size_t)source->pending[index].count;
    file->pending[index].bytes = memcpy(disk_resize(NULL, count), source->pending[index].bytes, count);
  }
  return file;
}

void fieldgate_disk_copy(fieldgate_disk *disk, const fieldgate_disk *source) {
  fieldgate_disk_kill(disk);
  for (int index = 0; index < disk->name_count; index++) {
    name *each = &disk->names[index];
    name_fix(each, 0);
    inode_release(each->versions[0]);
    each->versions[0] = NULL;
  }
  disk_remove_empty_names(disk);
  for (int index = 0; index < source->name_count; index++) {
    const name *each = &source->names[index];
    for (int version = 0; version < each->version_count; version++) {
      disk_bind(disk, each->path, copy_inode(disk, each->versions[version]));
    }
    // Binding begins with "no file" as the durable version, which a copy does not have in front.
    name *copied = disk_find(disk, each->path);
    if (copied->version_count > each->version_count) {
      memmove(copied->versions, copied->versions + 1, (size_t)each->version_count * sizeof copied->versions[0]);
      copied->version_count = each->version_count;
    }
  }
}
