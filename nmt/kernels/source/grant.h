// Whether products of our own may be used and are worth it.
#if defined(__AVX512BW__)
#if defined(__AVX512BF16__) && defined(__AVX512VNNI__)
#if defined(__AMX_BF16__) && defined(__AMX_INT8__)
#include <sys/syscall.h>
#include <unistd.h>

// Linux wants to be asked for tiles, once.
extern "C" void grant_products_bfloat16(int32_t* granted) { *granted = syscall(SYS_arch_prctl, 0x1023, 18) == 0; }
#else
extern "C" void grant_products_bfloat16(int32_t* granted) { *granted = 1; }
#endif
#endif

// MKL, which PyTorch has for float32, runs its fast code on Intel's processors alone.
extern "C" void grant_products_float32(int32_t* granted) { *granted = !__builtin_cpu_is("intel"); }
#endif
