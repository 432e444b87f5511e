// Numbers for banks. A slot's generation grows when its bank is destroyed, so that an old number never means a newer bank.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "../bank/bank.h"

namespace cfn {

class Handles {
public:
    static Handles& instance();

    cfn_bank add(std::shared_ptr<Bank> bank);
    std::shared_ptr<Bank> get(cfn_bank handle); // throws Error(CFN_BAD_HANDLE)
    void remove(cfn_bank handle);               // likewise

private:
    struct Slot {
        uint32_t generation = 1;
        std::shared_ptr<Bank> bank;
    };

    Slot& find(cfn_bank handle); // with the mutex held

    std::mutex mutex_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_;
};

} // namespace cfn
