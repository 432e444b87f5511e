// Plain C++ that the compiler vectorises, once for every x86-64 processor and once for AVX2, chosen when the library is loaded. Both round
// alike. Sanitizers come too late for that choice.
#pragma once

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CFN_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CFN_CLONES
#endif
