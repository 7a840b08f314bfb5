// Names of files. A name's creation and deletion are changes of its directory, durable when that is synced.
#include <stdlib.h>
#include <string.h>

#include "disk_state.h"

name *disk_find(const fieldgate_disk *disk, const char *path) {
  for (int index = 0; index < disk->name_count; index++) {
    if (strcmp(disk->names[index].path, path) == 0) return &disk->names[index];
  }
  return NULL;
}

inode *disk_lookup(const fieldgate_disk *disk, const char *path) {
  const name *found = disk_find(disk, path);
  return found ? found->versions[found->version_count - 1] : NULL;
}

static name *add_name(fieldgate_disk *disk, const char *path) {
  if (disk->name_count == disk->name_capacity) {
    disk->name_capacity = disk->name_capacity ? disk->name_capacity * 2 : 8;
    disk->names = disk_resize(disk->names, (size_t)disk->name_capacity * sizeof *disk->names);
  }
  name *added = &disk->names[disk->name_count++];
  *added = (name){.path = disk_copy_text(path), .version_count = 1};
  return added;
}

// From now on `path` means `file`; NULL: nothing.
void disk_bind(fieldgate_disk *disk, const char *path, inode *file) {
  name *found = disk_find(disk, path);
  if (!found) found = add_name(disk, path);
  if (found->version_count == MAXIMUM_VERSIONS) {
    inode_release(found->versions[0]);
    memmove(found->versions, found->versions + 1, (MAXIMUM_VERSIONS - 1) * sizeof found->versions[0]);
    found->version_count--;
  }
  if (file) file->references++;
  found->versions[found->version_count++] = file;
}

// Keeps one version of a name, durably, and lets the others go.
void name_fix(name *name, int version) {
  inode *kept = name->versions[version];
  for (int index = 0; index < name->version_count; index++) {
    if (index != version) inode_release(name->versions[index]);
  }
  name->versions[0] = kept;
  name->version_count = 1;
}

void disk_remove_empty_names(fieldgate_disk *disk) {
  int kept = 0;
  for (int index = 0; index < disk->name_count; index++) {
    name *each = &disk->names[index];
    if (each->version_count == 1 && !each->versions[0]) {
      free(each->path);
    } else {
      disk->names[kept++] = *each;
    }
  }
  disk->name_count = kept;
}

static size_t directory_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (size_t)(slash - path) + 1 : 0;
}

// Everything that happened to names in the directory of `path` becomes durable.
void disk_sync_directory(fieldgate_disk *disk, const char *path) {
  size_t length = directory_length(path);
  for (int index = 0; index < disk->name_count; index++) {
    name *each = &disk->names[index];
    if (directory_length(each->path) != length || strncmp(each->path, path, length) != 0) continue;
    name_fix(each, each->version_count - 1);
  }
  disk_remove_empty_names(disk);
}

bool disk_is_durable_name(const fieldgate_disk *disk, const inode *file) {
  for (int index = 0; index < disk->name_count; index++) {
    const name *each = &disk->names[index];
    if (each->versions[each->version_count - 1] == file) return each->version_count == 1;
  }
  // A file without a name has no directory entry to make durable.
  return true;
}

void fieldgate_disk_put(fieldgate_disk *disk, const char *path, const void *bytes, int64_t count) {
  inode *file = inode_make(disk, path);
  buffer_resize(&file->now, count);
  if (count > 0) memcpy(file->now.bytes, bytes, (size_t)count);
  buffer_copy(&file->durable, &file->now);
  disk_bind(disk, path, file);
  name *found = disk_find(disk, path);
  name_fix(found, found->version_count - 1);
}

bool fieldgate_disk_rename(fieldgate_disk *disk, const char *from, const char *to) {
  inode *file = disk_lookup(disk, from);
  if (!file) return false;
  if (strcmp(from, to) == 0) return true;
  disk_bind(disk, to, file);
  name *target = disk_find(disk, to);
  name_fix(target, target->version_count - 1);
  return fieldgate_disk_remove(disk, from);
}

bool fieldgate_disk_remove(fieldgate_disk *disk, const char *path) {
  if (!disk_lookup(disk, path)) return false;
  disk_bind(disk, path, NULL);
  name *found = disk_find(disk, path);
  name_fix(found, found->version_count - 1);
  disk_remove_empty_names(disk);
  return true;
}

bool fieldgate_disk_corrupt(fieldgate_disk *disk, const char *path, int64_t offset, uint8_t mask) {
  inode *file = disk_lookup(disk, path);
  if (!file || offset < 0 || offset >= file->now.count) return false;
  file->now.bytes[offset] ^= mask;
  if (offset < file->durable.count) file->durable.bytes[offset] ^= mask;
  return true;
}

const char *fieldgate_disk_path(const fieldgate_disk *disk, int index) {
  for (int each = 0; each < disk->name_count; each++) {
    if (!disk->names[each].versions[disk->names[each].version_count - 1]) continue;
    if (index-- == 0) return disk->names[each].path;
  }
  return NULL;
}

const uint8_t *fieldgate_disk_bytes(const fieldgate_disk *disk, const char *path, bool durable, int64_t *count) {
  inode *file = disk_lookup(disk, path);
  *count = -1;
  if (!file) return NULL;
  const buffer *from = durable ? &file->durable : &file->now;
  *count = from->count;
  return from->bytes;
}
