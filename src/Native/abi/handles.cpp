#include "handles.h"

#include "error.h"

namespace cfn {

// Never destructed: threads of the host may still call while the process exits.
Handles& Handles::instance() {
    static auto* const table = new Handles;
    return *table;
}

cfn_bank Handles::add(std::shared_ptr<Bank> bank) {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) {
        slots_.emplace_back();
        free_.reserve(slots_.capacity()); // so that remove() can't fail for lack of memory
        free_.push_back(static_cast<uint32_t>(slots_.size() - 1));
    }
    const uint32_t index = free_.back();
    free_.pop_back();
    slots_[index].bank = std::move(bank);
    return static_cast<cfn_bank>(slots_[index].generation) << 32 | index;
}

std::shared_ptr<Bank> Handles::get(cfn_bank handle) {
    const std::lock_guard lock(mutex_);
    return find(handle).bank;
}

void Handles::remove(cfn_bank handle) {
    std::shared_ptr<Bank> last; // freed after the mutex is released
    const std::lock_guard lock(mutex_);
    Slot& slot = find(handle);
    last = std::move(slot.bank);
    slot.bank = nullptr;
    // After four thousand million banks a slot retires rather than beginning again.
    if (++slot.generation != 0) free_.push_back(static_cast<uint32_t>(handle));
}

Handles::Slot& Handles::find(cfn_bank handle) {
    const auto index = static_cast<uint32_t>(handle);
    const auto generation = static_cast<uint32_t>(handle >> 32);
    if (index < slots_.size() && slots_[index].generation == generation && slots_[index].bank) return slots_[index];
    fail(CFN_BAD_HANDLE, "Handle ", handle, " is not a bank: it was never given out, or the bank was destroyed.");
}

} // namespace cfn
