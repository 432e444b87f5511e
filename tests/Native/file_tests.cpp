// Files that are whole, and files that are not.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../../src/Native/cpu/bank/crc32c.h"
#include "testing.h"

using namespace testing;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "clipfusion-native-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw Failure("no temporary folder");
        path = name;
    }
    ~Folder() { fs::remove_all(path); }
    std::string operator/(const char* name) const { return (path / name).string(); }
    fs::path path;
};

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

constexpr std::size_t d = 20;

void fill(const TestBank& bank) {
    const uint8_t all[3] = {1, 1, 1};
    const auto a = gaussian(1, 3 * d), b = gaussian(2, 50 * d), c = gaussian(3, 7 * d);
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, a.data(), a.size(), 3, all, nullptr));
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, a.data(), a.size(), 3, nullptr, nullptr));
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, b.data(), b.size(), 50, nullptr, nullptr));
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, c.data(), c.size(), 7, nullptr, nullptr));
    CHECK_STATUS(CFN_OK, cfn_bank_remove_image(bank.handle, 1));
}

cfn_status load(const std::string& path) {
    cfn_bank bank = 0;
    const cfn_status status = cfn_bank_load(path.c_str(), kernel.c_str(), &bank);
    if (status == CFN_OK) cfn_bank_destroy(bank);
    return status;
}

void seal(std::string& bytes) { // a forger knows CRCs too
    uint32_t crc = cfn::crc32c(bytes.data() + 128, bytes.size() - 128);
    bytes.replace(60, 4, reinterpret_cast<const char*>(&crc), 4);
    crc = cfn::crc32c(bytes.data(), 124);
    bytes.replace(124, 4, reinterpret_cast<const char*>(&crc), 4);
}

} // namespace

TEST(Load_SavedBank_AnswersTheSame) {
    const Folder folder;
    const auto queries = gaussian(9, 40 * d);
    Result before(40), after(40);
    TestBank bank(d);
    fill(bank);
    CHECK_STATUS(CFN_OK, cfn_bank_save(bank.handle, (folder / "bank").c_str()));
    cfn_bank handle = 0;
    CHECK_STATUS(CFN_OK, cfn_bank_load((folder / "bank").c_str(), kernel.c_str(), &handle));
    TestBank loaded(TestBank::Adopt{}, handle);
    fs::remove(folder / "bank"); // the mapping holds the file
    cfn_search search = request(queries, d, before);
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &search));
    search = request(queries, d, after);
    CHECK_STATUS(CFN_OK, cfn_bank_search(loaded.handle, &search));
    CHECK(before.similarity == after.similarity && before.row == after.row && before.image == after.image);
    int32_t image = 0;
    CHECK_STATUS(CFN_OK, cfn_bank_append(loaded.handle, CFN_FLOAT32, queries.data(), d, 1, nullptr, &image));
    CHECK_THAT(image == 4, "ids go on where they were");
}

TEST(SaveAndLoad_EmptyBank_StaysEmpty) {
    const Folder folder;
    TestBank bank(d);
    CHECK_STATUS(CFN_OK, cfn_bank_save(bank.handle, (folder / "bank").c_str()));
    CHECK_STATUS(CFN_OK, load(folder / "bank"));
}

TEST(Load_AnyByteFlipped_IsRefused) {
    const Folder folder;
    TestBank bank(d);
    fill(bank);
    CHECK_STATUS(CFN_OK, cfn_bank_save(bank.handle, (folder / "bank").c_str()));
    const std::string good = read(folder / "bank");
    for (std::size_t at = 0; at < good.size(); at += at < 256 ? 1 : 61) {
        std::string bad = good;
        bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ 0x10u);
        write(folder / "bad", bad);
        CHECK_THAT(load(folder / "bad") == CFN_BAD_FILE, "byte ", at);
    }
}

TEST(Load_CutOffOrLonger_IsRefused) {
    const Folder folder;
    TestBank bank(d);
    fill(bank);
    CHECK_STATUS(CFN_OK, cfn_bank_save(bank.handle, (folder / "bank").c_str()));
    const std::string good = read(folder / "bank");
    for (std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{127}, std::size_t{128}, std::size_t{200}, good.size() / 2, good.size() - 1}) {
        write(folder / "bad", good.substr(0, size));
        CHECK_THAT(load(folder / "bad") == CFN_BAD_FILE, "size ", size);
    }
    write(folder / "bad", good + "x");
    CHECK(load(folder / "bad") == CFN_BAD_FILE);
}

TEST(Load_ForgedNumbersWithRightChecksums_AreRefused) {
    const Folder folder;
    TestBank bank(d);
    fill(bank);
    CHECK_STATUS(CFN_OK, cfn_bank_save(bank.handle, (folder / "bank").c_str()));
    const std::string good = read(folder / "bank");
    // version, dimension, images, rows, table_at, rows_at, next_image, an image's id and rows, a row's value
    for (std::size_t at : {8u, 16u, 20u, 24u, 32u, 40u, 56u, 128u, 132u, 136u, 140u, 196u})
        for (const unsigned value : {0x00u, 0x7fu, 0xffu})
            for (std::size_t offset : {0u, 3u}) {
                std::string bad = good;
                if (static_cast<unsigned char>(bad[at + offset]) == value) continue;
                bad[at + offset] = static_cast<char>(value);
                seal(bad);
                write(folder / "bad", bad);
                // Another id for an image, or a mantissa bit of a row, is a valid bank; everything else is not.
                const cfn_status status = load(folder / "bad");
                CHECK_THAT(
                    status == CFN_BAD_FILE || (status == CFN_OK && (at >= 128 || at == 56)), "byte ", at + offset, " value ", value,
                    " status ", status
                );
            }
}

TEST(Load_NoSuchFileOrFolder_SaysWhy) {
    const Folder folder;
    CHECK(load(folder / "absent") == CFN_IO && message().find("No such file") != std::string::npos);
    CHECK(load(folder.path.string()) == CFN_BAD_FILE);
}

TEST(Save_WhereNothingCanBeWritten_LeavesTheOldFile) {
    const Folder folder;
    TestBank bank(d);
    fill(bank);
    CHECK_STATUS(CFN_IO, cfn_bank_save(bank.handle, (folder / "absent/bank").c_str()));
    // The name is taken by a folder: the last step, renaming, fails.
    fs::create_directory(folder / "bank");
    CHECK_STATUS(CFN_IO, cfn_bank_save(bank.handle, (folder / "bank").c_str()));
    CHECK(fs::is_directory(folder / "bank") && !fs::exists(folder / "bank.part"));
}

TEST(Save_AfterABrokenOffSave_OverwritesItsRemains) {
    const Folder folder;
    TestBank bank(d);
    fill(bank);
    write(folder / "bank.part", std::string(100000, 'x'));
    CHECK_STATUS(CFN_OK, cfn_bank_save(bank.handle, (folder / "bank").c_str()));
    CHECK_STATUS(CFN_OK, load(folder / "bank"));
    CHECK(!fs::exists(folder / "bank.part"));
}

TEST(Save_KilledInBetween_LeavesOneWholeBank) {
    const Folder folder;
    const std::size_t wide = 64, rows = 3000;
    TestBank small(wide), large(wide);
    const auto values = gaussian(5, rows * wide);
    CHECK_STATUS(CFN_OK, cfn_bank_append(small.handle, CFN_FLOAT32, values.data(), 10 * wide, 10, nullptr, nullptr));
    CHECK_STATUS(CFN_OK, cfn_bank_append(large.handle, CFN_FLOAT32, values.data(), rows * wide, rows, nullptr, nullptr));
    const std::string path = folder / "bank";
    CHECK_STATUS(CFN_OK, cfn_bank_save(small.handle, path.c_str()));
    for (int kill_number = 0; kill_number < 8; ++kill_number) {
        int ends[2];
        CHECK(::pipe(ends) == 0);
        const pid_t child = ::fork();
        CHECK(child >= 0);
        if (child == 0) { // saves the two in turns until it is killed, and tells of each
            for (int i = 0;; ++i) {
                if (cfn_bank_save((i % 2 == 0 ? large : small).handle, path.c_str()) != CFN_OK) ::_exit(1);
                if (::write(ends[1], "x", 1) != 1) ::_exit(2);
            }
        }
        char told = 0;
        for (int saves = 0; saves <= kill_number; ++saves) CHECK(::read(ends[0], &told, 1) == 1);
        CHECK(::kill(child, SIGKILL) == 0);
        int status = 0;
        CHECK(::waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        ::close(ends[0]);
        ::close(ends[1]);
        CHECK_STATUS(CFN_OK, load(path));
    }
}
