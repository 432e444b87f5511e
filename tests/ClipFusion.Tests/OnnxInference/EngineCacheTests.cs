using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Tests.OnnxInference;

public sealed class EngineCacheTests
{
    private static readonly EngineCacheKey Key = new(
        "0123456789abcdef",
        new GpuIdentity("NVIDIA Orin Nano", "540.4.0", "10.3.0", "1.31.1"),
        true,
        2L << 30
    );

    public static TheoryData<string> Changes { get; } =
    ["pack", "gpu", "driver", "tensorrt", "onnxruntime", "float16", "workspace", "moved border"];

    [Theory]
    [MemberData(nameof(Changes))]
    public void FolderName_OfAnyOtherKey_IsAnother(string change) =>
        Assert.NotEqual(
            Key.FolderName,
            (
                change switch
                {
                    "pack" => Key with { PackHash = "0123456789abcdee" },
                    "gpu" => Key with { Identity = Key.Identity with { Gpu = "NVIDIA Orin NX" } },
                    "driver" => Key with { Identity = Key.Identity with { Driver = "540.4.1" } },
                    "tensorrt" => Key with { Identity = Key.Identity with { TensorRt = "10.3.1" } },
                    "onnxruntime" => Key with { Identity = Key.Identity with { OnnxRuntime = "1.31.2" } },
                    "float16" => Key with { Float16 = false },
                    "workspace" => Key with { WorkspaceBytes = 1L << 30 },
                    _ => Key with { Identity = Key.Identity with { Driver = "540.4.01", TensorRt = "0.3.0" } },
                }
            ).FolderName
        );

    [Theory]
    [InlineData("NVIDIA GeForce RTX 4070 Ti SUPER (Laptop)/../../etc")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("グラフィック")]
    [InlineData("a-name-that-is-very-long-and-goes-on-and-on-and-on-and-on-and-on")]
    public void FolderName_WhateverTheDriverSays_IsASafeFileName(string gpu) =>
        Assert.Matches(@"\A[a-z0-9][a-z0-9.-]{16,64}\z", (Key with { Identity = Key.Identity with { Gpu = gpu } }).FolderName);

    [Fact]
    public void FolderName_OfOneKey_NeverChanges() => Assert.Equal("nvidia-orin-nano-trt10.3.0-", Key.FolderName[..^16]);

    [Fact]
    public void Open_ManyKeys_KeepsTheLastOnesAndWhatIsNotItsOwn()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["mine"]);
        var cache = new EngineCache(folder.Root);
        string[] opened =
        [
            .. Enumerable
                .Range(0, EngineCache.Kept + 2)
                .Select(i =>
                {
                    string one = cache.Open(Key with { PackHash = $"pack{i}" });
                    File.SetLastWriteTimeUtc(
                        Path.Combine(one, ".clipfusion-engines"),
                        new DateTime(2026, 1, 1 + i, 0, 0, 0, DateTimeKind.Utc)
                    );
                    return one;
                }),
        ];
        Assert.Equal(
            opened[2..].Append(folder["mine"]).Order(StringComparer.Ordinal),
            Directory.GetDirectories(folder.Root).Order(StringComparer.Ordinal)
        );

        // The oldest that is left becomes the newest by being used.
        cache.Open(Key with { PackHash = "pack2" });
        cache.Open(Key with { PackHash = "pack9" });
        Assert.True(Directory.Exists(opened[2]));
        Assert.False(Directory.Exists(opened[3]));
    }
}
