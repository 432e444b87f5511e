// Snapshots: searches see one whole state of the bank, whatever writers do.
#include <atomic>
#include <thread>

#include "testing.h"

using namespace testing;

namespace {

constexpr std::size_t d = 32, rows_of_image = 300; // enough products for a second thread

std::vector<float> scaled(float factor) {
    auto rows = gaussian(1, rows_of_image * d);
    for (float& v : rows) v *= factor;
    return rows;
}

void append(cfn_bank bank, const std::vector<float>& rows) {
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank, CFN_FLOAT32, rows.data(), rows.size(), rows.size() / d, nullptr, nullptr));
}

} // namespace

TEST(Search_WhileImagesComeAndGo_SeesOneState) {
    // Rows and their opposites: in any one state a query finds itself (1) or only its opposite's neighbours, never a mixture within one
    // call.
    const auto rows = scaled(1), opposite = scaled(-1);
    TestBank bank(d), with_rows(d), without(d);
    append(with_rows.handle, rows);
    append(without.handle, opposite);
    append(bank.handle, rows);
    std::atomic<bool> done{false}, mixed{false}, failed{false};
    std::atomic<int> searches{0};
    std::vector<std::thread> readers;
    for (int t = 0; t < 3; ++t)
        readers.emplace_back([&] {
            Result out(rows_of_image);
            const cfn_search search = request(rows, d, out, 2);
            while (!done) {
                if (cfn_bank_search(bank.handle, &search) != CFN_OK) failed = true;
                std::size_t found = 0;
                for (float s : out.similarity) found += s > 0.9999f;
                if (found != 0 && found != rows_of_image) mixed = true;
                ++searches;
            }
        });
    for (int round = 0; round < 60 || searches < 50; ++round) {
        CHECK_STATUS(CFN_OK, cfn_bank_replace(bank.handle, round % 2 != 0 ? with_rows.handle : without.handle));
        append(bank.handle, opposite);
        if (round % 3 == 0) CHECK_STATUS(CFN_OK, cfn_bank_remove_image(bank.handle, 1));
    }
    done = true;
    for (auto& reader : readers) reader.join();
    CHECK(!mixed && !failed);
}

TEST(Destroy_WhileSearching_LetsTheSearchEnd) {
    const auto rows = gaussian(3, 400 * d), queries = gaussian(4, 400 * d);
    for (int round = 0; round < 20; ++round) {
        auto* bank = new TestBank(d);
        append(bank->handle, rows);
        std::atomic<int> status{-1};
        std::atomic<bool> begun{false};
        std::thread reader([&] {
            Result out(400);
            const cfn_search search = request(queries, d, out, 2);
            begun = true;
            status = cfn_bank_search(bank->handle, &search);
        });
        while (!begun) std::this_thread::yield();
        CHECK_STATUS(CFN_OK, cfn_bank_destroy(bank->handle));
        reader.join();
        delete bank;
        CHECK(status == CFN_OK || status == CFN_BAD_HANDLE);
    }
}

TEST(Replace_OtherDimension_IsRefused) {
    TestBank two(2), three(3);
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_replace(two.handle, three.handle));
}

TEST(Search_FlagRaisedBeforehand_IsCancelled) {
    const auto rows = gaussian(5, 400 * d);
    TestBank bank(d);
    append(bank.handle, rows);
    for (int threads : {1, 3}) {
        Result out(400);
        int32_t flag = 1;
        cfn_search search = request(rows, d, out, threads);
        search.cancel = &flag;
        CHECK_STATUS(CFN_CANCELLED, cfn_bank_search(bank.handle, &search));
    }
}

TEST(Search_FlagRaisedMeanwhile_IsCancelled) {
    const auto rows = gaussian(5, 4000 * d);
    TestBank bank(d);
    append(bank.handle, rows);
    int32_t flag = 0;
    std::thread canceller;
    int status = CFN_OK;
    {
        Result out(4000);
        cfn_search search = request(rows, d, out, 2);
        search.cancel = &flag;
        std::atomic<bool> begun{false};
        canceller = std::thread([&] {
            while (!begun) std::this_thread::yield();
            __atomic_store_n(&flag, 1, __ATOMIC_RELAXED);
        });
        // Again and again, because one search may end before the flag is raised.
        begun = true;
        while (status == CFN_OK) status = cfn_bank_search(bank.handle, &search);
    }
    canceller.join();
    CHECK(status == CFN_CANCELLED);
}
