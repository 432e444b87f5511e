#pragma once
#include <cstddef>
#include <new>
#include <vector>

namespace cfn {

// Vectors of the widest instruction set are loaded aligned from what this allocates.
template <class T>
struct Aligned {
    using value_type = T;
    static constexpr std::align_val_t alignment{64};

    Aligned() = default;
    template <class U>
    Aligned(const Aligned<U>&) noexcept {}

    T* allocate(std::size_t n) {
        if (n > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_alloc();
        return static_cast<T*>(::operator new(n * sizeof(T), alignment));
    }
    void deallocate(T* p, std::size_t) noexcept { ::operator delete(p, alignment); }
    bool operator==(const Aligned&) const = default;
};

template <class T>
using AlignedVector = std::vector<T, Aligned<T>>;

} // namespace cfn
