// Functions of the C library's mathematics (libm) that Swift's own library lacks. Declared one by one, because all of
// math.h would bring names that other modules have too.
static inline double fieldgate_exp(double x) { return __builtin_exp(x); }
static inline double fieldgate_ln(double x) { return __builtin_log(x); }
static inline double fieldgate_log10(double x) { return __builtin_log10(x); }
static inline double fieldgate_sin(double x) { return __builtin_sin(x); }
static inline double fieldgate_cos(double x) { return __builtin_cos(x); }
static inline double fieldgate_pow(double x, double y) { return __builtin_pow(x, y); }
static inline double fieldgate_fmod(double x, double y) { return __builtin_fmod(x, y); }
