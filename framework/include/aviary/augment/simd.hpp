// What the processor can do beyond what everything is compiled for.
#pragma once

namespace aviary {

/// Whether functions for AVX-512 with VBMI may be called: 64 bytes at a time, in any order. Such processors have BW, DQ and VL
/// too.
inline bool has_avx512_vbmi() {
#ifdef __x86_64__
  static const bool has = __builtin_cpu_supports("avx512vbmi") != 0;
  return has;
#else
  return false;
#endif
}

}  // namespace aviary
