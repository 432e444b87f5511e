// What tests tell the emulated driver, and ask of it.
#pragma once

struct FakeFaults {
    int allocations_until_full = -1; // this many succeed, the next one does not; -1: all succeed
    int launches_until_failure = -1; // likewise
    int copies_until_failure = -1;   // likewise, those to, from and within the device
};

extern "C" {
void fake_set_faults(const FakeFaults* wanted);
int fake_leftovers(); // allocations, contexts, marks that nobody gave back
}
