// What kernels use of the machine. There are two: a GPU (device.h), and the emulator that the tests run kernels on where there is none.
#pragma once
#if defined(__CUDACC__)
#include "device.h"
#else
#include "emulated.h" // tests/Native/emulator
#endif
