// Runs every test with every kernel of this processor, or with the one named as argument. The last line is what build.sh counts.
#include <cstdio>
#include <cstring>

#include "testing.h"

int main(int argc, char** argv) {
    char names[256];
    cfn_kernels(names, sizeof names);
    std::printf("kernels here: %s\n", names);
    for (const char* other : {"avx512", "avxvnni", "avx2", "neondot", "neon"})
        if (std::strstr(names, other) == nullptr) std::printf("not run: kernel %s, which this processor does not have\n", other);

    std::istringstream list(names);
    int total = 0, failed = 0;
    for (std::string kernel; list >> kernel;) {
        bool wanted = true;
        for (int i = 1; i < argc; ++i)
            if (argv[i][0] != '-') wanted = kernel == argv[i]; // what starts with - is for the managed suites
        if (!wanted) continue;
        testing::kernel = kernel;
        for (const auto& test : testing::tests()) {
            ++total;
            try {
                test.body();
            } catch (const std::exception& e) {
                ++failed;
                std::printf("FAILED %s [%s]: %s\n", test.name, kernel.c_str(), e.what());
            }
        }
    }
    std::printf("native  Total: %d, Errors: 0, Failed: %d, Skipped: 0\n", total, failed);
    return failed == 0 && total > 0 ? 0 : 1;
}
