#include <zstd.h>

// With contexts that the thread keeps. Making one asks the processor for its features, which on a virtual machine costs
// more than compressing a frame does. They are not freed with the thread: threads that code batches live as long as the
// process. Each function has one caller, or there would be one context for each.

// A context that grew beyond this for a large batch is not kept.
#define FIELDGATE_ZSTD_KEPT_BYTES (1 << 20)

// As ZSTD_compress; 0 when there is no memory for a context.
static inline size_t fieldgate_zstd_compress(
    void *target, size_t capacity, const void *source, size_t count, int level) {
  static _Thread_local ZSTD_CCtx *context;
  if (!context) context = ZSTD_createCCtx();
  if (!context) return 0;
  size_t written = ZSTD_compressCCtx(context, target, capacity, source, count, level);
  if (ZSTD_sizeof_CCtx(context) > FIELDGATE_ZSTD_KEPT_BYTES) {
    ZSTD_freeCCtx(context);
    context = NULL;
  }
  return written;
}

// As ZSTD_decompress; 0 when there is no memory for a context.
static inline size_t fieldgate_zstd_decompress(void *target, size_t capacity, const void *source, size_t count) {
  static _Thread_local ZSTD_DCtx *context;
  if (!context) context = ZSTD_createDCtx();
  return context ? ZSTD_decompressDCtx(context, target, capacity, source, count) : 0;
}
