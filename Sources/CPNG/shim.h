#include <png.h>

// Writes pixels of one byte each, 0 black to 255 white, as a PNG file; 0 when it cannot. The structure's size is a macro.
static inline int fieldgate_png_write(const char *path, unsigned side, const unsigned char *pixels) {
  png_image image = {0};
  image.version = PNG_IMAGE_VERSION;
  image.width = side;
  image.height = side;
  image.format = PNG_FORMAT_GRAY;
  return png_image_write_to_file(&image, path, 0, pixels, 0, NULL);
}
