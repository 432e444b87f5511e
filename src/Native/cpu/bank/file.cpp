#include "file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "../../base/error.h"
#include "crc32c.h"
#include "quantise.h"

namespace cfn {
namespace {

// Little-endian throughout, as are both processors that this is built for; `order` would read differently on another.
struct Header {
    char magic[8] = {'C', 'F', 'N', 'B', 'A', 'N', 'K', '\n'};
    uint32_t version = 1, order = 0x01020304, dimension = 0, images = 0;
    uint64_t rows = 0, table_at = sizeof(Header), rows_at = 0, size = 0;
    uint32_t next_image = 0, content_crc = 0; // of all after the header
    uint32_t reserved[15] = {};
    uint32_t header_crc = 0; // of all before this
};
static_assert(sizeof(Header) == 128);

struct ImageEntry {
    int32_t image;
    uint32_t rows;
};

constexpr uint64_t alignment = 64;

[[noreturn]] void fail_io(const std::string& path, const char* what) {
    fail(CFN_IO, path, ": can't ", what, ": ", std::strerror(errno), ".");
}

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int get() const { return descriptor_; }

private:
    int descriptor_;
};

void write_all(const File& file, const void* bytes, std::size_t count, const std::string& path) {
    const char* p = static_cast<const char*>(bytes);
    while (count > 0) {
        const ssize_t written = ::write(file.get(), p, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail_io(path, "write");
        p += written;
        count -= static_cast<std::size_t>(written);
    }
}

// One name for unfinished files, so that what a power cut leaves is overwritten by the next save instead of gathering; the lock keeps two
// savers apart.
int open_part(const std::string& part) {
    for (;;) {
        const int descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (descriptor < 0) fail_io(part, "create");
        struct stat mine {
        }, named{};
        if (::flock(descriptor, LOCK_EX) != 0 || ::fstat(descriptor, &mine) != 0) {
            ::close(descriptor);
            fail_io(part, "lock");
        }
        // The saver who held the lock before may have renamed the file that we opened.
        if (::stat(part.c_str(), &named) == 0 && named.st_ino == mine.st_ino && named.st_dev == mine.st_dev) return descriptor;
        ::close(descriptor);
    }
}

void write_content(const File& file, const Snapshot& snapshot, uint32_t dimension, const std::string& path) {
    std::vector<ImageEntry> table;
    for (const auto& s : snapshot.segments) table.push_back({s->image(), static_cast<uint32_t>(s->rows())});
    Header header;
    header.dimension = dimension;
    header.images = static_cast<uint32_t>(table.size());
    header.rows = snapshot.rows;
    header.next_image = snapshot.next_image;
    const std::size_t table_bytes = table.size() * sizeof(ImageEntry);
    const std::vector<char> padding((alignment - (sizeof(Header) + table_bytes) % alignment) % alignment);
    header.rows_at = sizeof(Header) + table_bytes + padding.size();
    header.size = header.rows_at + header.rows * dimension * sizeof(float);

    header.content_crc = crc32c(padding.data(), padding.size(), crc32c(table.data(), table_bytes));
    for (const auto& s : snapshot.segments)
        header.content_crc = crc32c(s->unit(), s->rows() * dimension * sizeof(float), header.content_crc);
    header.header_crc = crc32c(&header, offsetof(Header, header_crc));

    write_all(file, &header, sizeof header, path);
    write_all(file, table.data(), table_bytes, path);
    write_all(file, padding.data(), padding.size(), path);
    for (const auto& s : snapshot.segments) write_all(file, s->unit(), s->rows() * dimension * sizeof(float), path);
}

struct Mapping {
    const char* bytes = nullptr;
    std::size_t size = 0;
    ~Mapping() {
        if (bytes != nullptr) ::munmap(const_cast<char*>(bytes), size);
    }
};

std::shared_ptr<const Mapping> map(const std::string& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) fail_io(path, "open");
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) fail_io(path, "read the size");
    require(S_ISREG(status.st_mode), CFN_BAD_FILE, path, ": not a regular file.");
    const auto mapping = std::make_shared<Mapping>();
    require(
        status.st_size >= static_cast<off_t>(sizeof(Header)), CFN_BAD_FILE, path, ": has ", status.st_size,
        " bytes; a bank file has at least ", sizeof(Header), "."
    );
    const auto size = static_cast<std::size_t>(status.st_size);
    void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (bytes == MAP_FAILED) fail_io(path, "map");
    mapping->bytes = static_cast<const char*>(bytes);
    mapping->size = size;
    return mapping;
}

Header checked_header(const Mapping& mapping, const std::string& path) {
    Header header;
    const Header expected;
    std::memcpy(&header, mapping.bytes, sizeof header);
    require(std::memcmp(header.magic, expected.magic, sizeof header.magic) == 0, CFN_BAD_FILE, path, ": not a bank file.");
    require(
        header.version == expected.version && header.order == expected.order, CFN_BAD_FILE, path, ": is of version ", header.version,
        "; this library reads version ", expected.version, "."
    );
    require(
        header.header_crc == crc32c(&header, offsetof(Header, header_crc)), CFN_BAD_FILE, path,
        ": the header's checksum is wrong; the file is damaged."
    );
    require(
        header.size == mapping.size, CFN_BAD_FILE, path, ": has ", mapping.size, " bytes, but its header says ", header.size,
        "; it was cut off or added to."
    );
    // From here on a forged file is meant: each bound keeps the next product from overflowing.
    const uint64_t table_bytes = uint64_t{header.images} * sizeof(ImageEntry), row_bytes = header.rows * header.dimension * sizeof(float);
    require(
        header.dimension >= 1 && header.dimension <= CFN_MAX_DIMENSION && header.rows <= CFN_MAX_ROWS && header.images <= CFN_MAX_IMAGES
            && header.next_image <= INT32_MAX && header.table_at == sizeof(Header) && header.rows_at % alignment == 0
            && header.rows_at >= sizeof(Header) + table_bytes && header.rows_at <= header.size && header.size - header.rows_at == row_bytes,
        CFN_BAD_FILE, path, ": the header's numbers do not fit together; the file is damaged."
    );
    require(
        header.content_crc == crc32c(mapping.bytes + sizeof(Header), mapping.size - sizeof(Header)), CFN_BAD_FILE, path,
        ": the content's checksum is wrong; the file is damaged."
    );
    return header;
}

} // namespace

void save(const Snapshot& snapshot, uint32_t dimension, const std::string& path) {
    const std::string part = path + ".part";
    const File file(open_part(part));
    try {
        if (::ftruncate(file.get(), 0) != 0) fail_io(part, "empty");
        write_content(file, snapshot, dimension, part);
        if (::fsync(file.get()) != 0) fail_io(part, "bring to the disk");
        if (::rename(part.c_str(), path.c_str()) != 0) fail_io(path, "replace");
    } catch (...) {
        ::unlink(part.c_str());
        throw;
    }

    const std::size_t slash = path.find_last_of('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const File directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0 || ::fsync(directory.get()) != 0) fail_io(folder, "bring to the disk");
}

LoadedBank load(const std::string& path) {
    const auto mapping = map(path);
    const Header header = checked_header(*mapping, path);
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->rows = header.rows;
    snapshot->next_image = header.next_image;

    const auto* unit = reinterpret_cast<const float*>(mapping->bytes + header.rows_at);
    const std::size_t d = header.dimension;
    for (std::size_t row = 0; row < header.rows; ++row) {
        const double length = std::sqrt(sum_of_products(unit + row * d, unit + row * d, d));
        require(std::abs(length - 1) < 1e-3, CFN_BAD_FILE, path, ": row ", row, " has length ", length, "; 1 is expected.");
    }

    uint64_t rows = 0;
    int64_t last = -1;
    for (std::size_t i = 0; i < header.images; ++i) {
        ImageEntry entry;
        std::memcpy(&entry, mapping->bytes + header.table_at + i * sizeof entry, sizeof entry);
        require(
            entry.image > last && static_cast<uint32_t>(entry.image) < header.next_image && entry.rows <= header.rows - rows, CFN_BAD_FILE,
            path, ": image ", i, " does not fit the header."
        );
        // The first image with rows decides, as when they were appended.
        if (rows == 0) snapshot->basis = Basis::choose(unit, entry.rows, d);
        snapshot->segments.push_back(std::make_shared<Segment>(entry.image, entry.rows, unit + rows * d, mapping, *snapshot->basis));
        rows += entry.rows;
        last = entry.image;
    }
    require(rows == header.rows, CFN_BAD_FILE, path, ": the images have ", rows, " rows, but the header says ", header.rows, ".");
    return {header.dimension, std::move(snapshot)};
}

} // namespace cfn
