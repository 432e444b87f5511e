// Numbers for objects. A slot's generation grows when its object is destroyed, so that an old number never means a newer object.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "../base/error.h"

namespace cfn {

template <class T>
class Handles {
public:
    // noun: what the object is called in messages.
    explicit Handles(const char* noun) : noun_(noun) {}

    uint64_t add(std::shared_ptr<T> object) {
        const std::lock_guard lock(mutex_);
        if (free_.empty()) {
            slots_.emplace_back();
            free_.reserve(slots_.capacity()); // so that remove() can't fail for lack of memory
            free_.push_back(static_cast<uint32_t>(slots_.size() - 1));
        }
        const uint32_t index = free_.back();
        free_.pop_back();
        slots_[index].object = std::move(object);
        return static_cast<uint64_t>(slots_[index].generation) << 32 | index;
    }

    // Both throw Error(CFN_BAD_HANDLE).
    std::shared_ptr<T> get(uint64_t handle) {
        const std::lock_guard lock(mutex_);
        return find(handle).object;
    }
    void remove(uint64_t handle) {
        std::shared_ptr<T> last; // ends after the mutex is released
        const std::lock_guard lock(mutex_);
        Slot& slot = find(handle);
        last = std::move(slot.object);
        slot.object = nullptr;
        // After four thousand million objects a slot retires rather than beginning again.
        if (++slot.generation != 0) free_.push_back(static_cast<uint32_t>(handle));
    }

private:
    struct Slot {
        uint32_t generation = 1;
        std::shared_ptr<T> object;
    };

    Slot& find(uint64_t handle) { // with the mutex held
        const auto index = static_cast<uint32_t>(handle);
        const auto generation = static_cast<uint32_t>(handle >> 32);
        if (index < slots_.size() && slots_[index].generation == generation && slots_[index].object) return slots_[index];
        fail(CFN_BAD_HANDLE, "Handle ", handle, " is not a ", noun_, ": it was never given out, or the ", noun_, " was destroyed.");
    }

    const char* noun_;
    std::mutex mutex_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_;
};

class Bank;

// Never destructed: threads of the host may still call while the process exits.
inline Handles<Bank>& banks() {
    static auto* const table = new Handles<Bank>("bank");
    return *table;
}

} // namespace cfn
