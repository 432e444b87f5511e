/*
 * Exact nearest-neighbour search by cosine over banks of feature vectors, on the CPU and on NVIDIA GPUs: the C ABI of
 * libclipfusion_native.so.
 *
 * Rules that hold for every function:
 *   - It returns a cfn_status; no C++ exception leaves the library. cfn_last_message() says in words what was wrong with the calling
 *     thread's last failed call.
 *   - Sizes are explicit; a buffer that does not fit is a status, never a read or write beyond it. Pointers must be valid for the stated
 *     size.
 *   - Handles are numbers from a table with generations: a handle that was destroyed, or was never given out, is CFN_BAD_HANDLE and not a
 *     crash.
 *   - Everything may be called from any thread at any time. A search works on the bank as it was when the search began: append, remove and
 *     destroy neither wait for it nor disturb it.
 */
#ifndef CLIPFUSION_NATIVE_H
#define CLIPFUSION_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#if defined(CFN_BUILDING)
#define CFN_API __attribute__((visibility("default")))
#else
#define CFN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Callers built for CFN_ABI_OLDEST .. CFN_ABI_NEWEST are served. Version 2 added cfn_device_* and cfn_bank_coreset, version 3
 * cfn_device_set_search_down, version 4 cfn_device_upload, cfn_device_download and cfn_device_copy. */
#define CFN_ABI_OLDEST 1
#define CFN_ABI_NEWEST 4

#define CFN_MAX_DIMENSION 65536
#define CFN_MAX_IMAGES 1048576
#define CFN_MAX_ROWS 2147483647
#define CFN_MAX_THREADS 256
#define CFN_MAX_DEVICE_BANKS 1024
#define CFN_MAX_DEVICE_QUERIES 1024

typedef int32_t cfn_status;
enum {
    CFN_OK = 0,
    CFN_BAD_ARGUMENT = 1, /* null pointer, wrong length, number out of range */
    CFN_BAD_HANDLE = 2,   /* not a living bank */
    CFN_BAD_VECTOR = 3,   /* NaN, infinite or zero vector; the message names the row */
    CFN_EMPTY = 4,        /* no row to search, possibly because the only image is left out */
    CFN_CANCELLED = 5,    /* the caller's flag was raised; outputs are undefined */
    CFN_NO_MEMORY = 6,
    CFN_IO = 7,            /* the operating system refused a file operation; the message has its words */
    CFN_BAD_FILE = 8,      /* not a bank file, another version, torn or altered */
    CFN_UNSUPPORTED = 9,   /* this CPU does not have the kernel that was asked for */
    CFN_INTERNAL = 10,     /* a defect of the library */
    CFN_NO_DEVICE = 11,    /* no GPU that can be used; the message says whether kernels, driver or GPU are missing, or what is too old */
    CFN_DEVICE_FAILED = 12 /* the NVIDIA driver refused or broke off; the message has its words */
};

typedef int32_t cfn_format;
enum { CFN_FLOAT32 = 0, CFN_FLOAT16 = 1 };

/* A bank; 0 is never one. */
typedef uint64_t cfn_bank;

/* What a bank holds at one moment. */
typedef struct cfn_bank_info {
    uint32_t struct_size; /* in: sizeof(cfn_bank_info) */
    uint32_t dimension;
    uint64_t rows;       /* without ignored ones */
    uint32_t images;     /* with those without rows */
    uint32_t next_image; /* id that the next append gets */
    uint64_t bytes;      /* memory held, mapped file pages included */
    char kernel[16];     /* "avx2", ... */
} cfn_bank_info;

/* One search. Output arrays have one entry a query; those marked optional may be null. */
typedef struct cfn_search {
    uint32_t struct_size;  /* sizeof(cfn_search) */
    cfn_format format;     /* of the queries */
    const void* queries;   /* query_count x dimension, row-major; any length but zero, since only the direction counts */
    uint64_t query_values; /* query_count * dimension */
    uint64_t query_count;
    int32_t exclude_image; /* id of an image whose rows are left out, or -1 */
    int32_t threads;       /* at most this many, 1 .. CFN_MAX_THREADS, the caller's included */
    const int32_t* cancel; /* optional; read while searching, the search ends soon after it becomes other than 0 */
    float* similarity;     /* cosine with the nearest row, -1 .. 1, the float64 value rounded once */
    int64_t* row;          /* optional: number of the nearest row in the bank, ignored rows not counted; of equal ones the lowest */
    int32_t* image;        /* optional: id of its image */
    int32_t* image_row;    /* optional: its number within the image, ignored rows not counted */
} cfn_search;

/* The range of ABI versions that this library serves. Call it first. */
CFN_API cfn_status cfn_abi_range(uint32_t* oldest, uint32_t* newest);

/* Copies the calling thread's last message, cut to fit and always ended with a zero byte. Returns the length of the whole message without
 * it. */
CFN_API size_t cfn_last_message(char* buffer, size_t capacity);

/* Names of the kernels that this CPU can run and that passed their self-test, best first, separated by spaces. Same buffer rules as
 * above. */
CFN_API size_t cfn_kernels(char* buffer, size_t capacity);

/* Makes an empty bank. kernel: a name from cfn_kernels(), or null for CLIPFUSION_KERNEL from the environment, or else the best. */
CFN_API cfn_status cfn_bank_create(uint32_t dimension, const char* kernel, cfn_bank* bank);

/* The bank ends when the last search on it ends; the handle is bad at once. */
CFN_API cfn_status cfn_bank_destroy(cfn_bank bank);

/*
 * Appends the rows of one reference image, each scaled to length 1. All or nothing.
 * values: row_count * dimension numbers. ignored: null, or row_count bytes; rows with a byte other than 0 are neither looked at nor taken.
 * image: optional, receives the image's id: 0, 1, 2 ... in order of appending, never used twice.
 */
CFN_API cfn_status cfn_bank_append(
    cfn_bank bank, cfn_format format, const void* rows, uint64_t values, uint64_t row_count, const uint8_t* ignored, int32_t* image
);

/* Removes one image's rows; rows after them move down in number. */
CFN_API cfn_status cfn_bank_remove_image(cfn_bank bank, int32_t image);

/* Puts the rows of another bank of the same dimension in the place of this one's, in one step. */
CFN_API cfn_status cfn_bank_replace(cfn_bank bank, cfn_bank with);

CFN_API cfn_status cfn_bank_info_get(cfn_bank bank, cfn_bank_info* info);

CFN_API cfn_status cfn_bank_search(cfn_bank bank, const cfn_search* search);

/* Which rows of a bank stand best for all of them. */
typedef struct cfn_coreset {
    uint32_t struct_size;  /* sizeof(cfn_coreset) */
    int32_t threads;       /* as cfn_search has it */
    uint64_t count;        /* rows to choose, 1 .. rows of the bank */
    uint64_t seed;         /* decides on the first row; the others follow from it */
    const int32_t* cancel; /* optional, as cfn_search has it */
    int64_t* row;          /* count entries: the chosen rows in the order of their choice, numbered as cfn_search numbers them */
    float* radius; /* optional, count entries: with the rows chosen so far, the largest (1 - cosine) / 2 of any row with the nearest chosen
                      one */
} cfn_coreset;

/*
 * Greedy k-centre: begins with one row and again and again takes the row that is farthest from those chosen, of equal ones the lowest. The
 * radius is at most twice the best possible one (in Euclidean distance). The same rows on every machine and with any number of threads.
 * Time grows with count * rows * dimension.
 */
CFN_API cfn_status cfn_bank_coreset(cfn_bank bank, const cfn_coreset* coreset);

/* Writes the bank to a file (UTF-8 path) that appears under its name complete or not at all, and is on the disk when the call returns. */
CFN_API cfn_status cfn_bank_save(cfn_bank bank, const char* path);

/* Maps a saved bank into memory after checking all of it. The file may be replaced or removed meanwhile, but must not be written in
 * place. */
CFN_API cfn_status cfn_bank_load(const char* path, const char* kernel, cfn_bank* bank);

/*
 * The same search on an NVIDIA GPU. Results are the CPU's, to the last bit: same rows, same similarities.
 *
 * A device set holds a copy of several banks in one GPU's memory; 0 is never one. Searches of one set may be enqueued from any thread on
 * any stream and run one after the other on the GPU. Everything lives in the device's primary context, as memory and streams of the CUDA
 * runtime do.
 */
typedef uint64_t cfn_device_set;

/* A GPU, as far as it was found. */
typedef struct cfn_device_info {
    uint32_t struct_size;       /* in: sizeof(cfn_device_info) */
    int32_t devices;            /* GPUs that the driver has; 0 without a driver */
    int32_t driver_version;     /* 12020 = CUDA 12.2; 0 without a driver */
    int32_t compute_capability; /* 87 = 8.7; 0 where not found */
    uint64_t memory;            /* bytes */
    char name[64];
    char kernels[16]; /* what it would run: "sm_87" is machine code, "compute_80" is compiled by the driver at first use */
} cfn_device_info;

/* One bank's queries. Bad ones (NaN, infinite, zero) get similarity NaN and row -1. */
typedef struct cfn_device_query {
    uint32_t struct_size;  /* sizeof(cfn_device_query) */
    uint32_t bank;         /* its number in the set, counted from 0 */
    cfn_format format;     /* of the queries */
    int32_t exclude_image; /* id of an image whose rows are left out, or -1 */
    const void* queries;   /* query_count x dimension, row-major; any length but zero */
    uint64_t query_values; /* query_count * dimension */
    uint64_t query_count;
    float* similarity; /* cosine with the nearest row, -1 .. 1 */
    int64_t* row;      /* optional: number of the nearest row in the bank, as cfn_search has it */
} cfn_device_query;

/* Whether a GPU (counted from 0) can be used. Fills in what was found also when the status is CFN_NO_DEVICE. Loads the driver, but touches
 * no GPU memory. */
CFN_API cfn_status cfn_device_probe(int32_t device, cfn_device_info* info);

/*
 * Copies bytes to, from and within a GPU's memory, whoever allocated it in the device's primary context (ONNX Runtime, the CUDA runtime).
 * No kernels are needed, only the driver. Done when they return, for every stream; what made the bytes must be done before. The pointers
 * are not looked into: the stated size must lie within what they point to, and a copy within the device must not overlap. Nothing is copied
 * for 0 bytes, and the pointers may be null then.
 */
CFN_API cfn_status cfn_device_upload(int32_t device, void* to_device, const void* from_host, uint64_t bytes);
CFN_API cfn_status cfn_device_download(int32_t device, void* to_host, const void* from_device, uint64_t bytes);
CFN_API cfn_status cfn_device_copy(int32_t device, void* to_device, const void* from_device, uint64_t bytes);

/* Copies banks, as they are now, to a GPU: 6 bytes a value. A bank that changes later is not copied again; make a new set. The banks may be
 * destroyed. */
CFN_API cfn_status cfn_device_set_create(int32_t device, const cfn_bank* banks, uint32_t count, cfn_device_set* set);

/* Bytes of GPU memory that the set holds now; a set's first searches add to them. */
CFN_API cfn_status cfn_device_set_bytes(cfn_device_set set, uint64_t* bytes);

/* Waits for searches under way. */
CFN_API cfn_status cfn_device_set_destroy(cfn_device_set set);

/*
 * Enqueues a search on a stream (a CUstream or cudaStream_t; null is the default stream) and returns. All banks are searched by the same
 * three launches. queries, similarity and row of every query point into the device's memory, aligned as their types are; they must live
 * until the stream has come to there.
 */
CFN_API cfn_status cfn_device_set_search(cfn_device_set set, const cfn_device_query* queries, uint32_t count, void* stream);

/*
 * The same for queries in the device's memory whose results go to the caller's memory; on the default stream, and waits. What made the
 * queries must be done or on a stream that the default stream waits for. A bad query is CFN_BAD_VECTOR, and what else was written is
 * undefined.
 */
CFN_API cfn_status cfn_device_set_search_down(cfn_device_set set, const cfn_device_query* queries, uint32_t count);

/* The same with all pointers into the caller's memory: copies, waits. A bad query is CFN_BAD_VECTOR, and what else was written is
 * undefined. */
CFN_API cfn_status cfn_device_set_search_host(cfn_device_set set, const cfn_device_query* queries, uint32_t count);

#ifdef __cplusplus
}
#endif
#endif
