using System.Security.Cryptography;
using ClipFusion.Models.Download;

namespace ClipFusion.Tests.Models.Download;

/// <summary>A scripted server, an empty target folder and a clock: what a test of one downloaded file needs.</summary>
internal sealed class PullBench : IAsyncDisposable, IProgress<PullProgress>
{
    public const string SetName = "set";
    public const string FileName = "net/weights.safetensors";
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(1000);

    private readonly TemporaryFolder _folder = new();
    private readonly Func<Exchange, Task>[] _gets;
    private readonly List<PullProgress> _events = [];
    private int _next;

    /// <summary>The n-th GET is answered by the n-th script, later ones by the last.</summary>
    public PullBench(params Func<Exchange, Task>[] gets)
    {
        _gets = gets;
        Server = new TlsServer(e => e.Method == "HEAD" ? Head(e) : _gets[Math.Min(_next++, _gets.Length - 1)](e));
    }

    public TlsServer Server { get; }

    public string Directory => _folder.Root;

    public ScriptedTime Time { get; } = new(TimeSpan.FromSeconds(300));

    public Func<Exchange, Task> Head { get; set; } = e => e.StatusAsync(405);

    public long FreeBytes { get; set; } = 1L << 40;

    /// <summary>Called for every step after it was noted.</summary>
    public Action<PullProgress> OnProgress { get; set; } = _ => { };

    /// <summary>Stops pulls as Ctrl-C would.</summary>
    public CancellationTokenSource Stop { get; set; } =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public string FinalPath => Path.Combine(Directory, SetName, FileName);

    public string PartPath => FinalPath + ".part";

    public IReadOnlyList<PullProgress> Events => _events;

    /// <summary>Seeded bytes that compress badly and repeat never.</summary>
    public static byte[] Content(int length = 300_000, int seed = 7)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public ModelSet Set(string? sha256, long? size = null, Uri? baseUrl = null) =>
        new(
            SetName,
            "",
            "source",
            baseUrl ?? Server.BaseUrl,
            "",
            new Uri("https://localhost/"),
            null,
            [new ModelFile(FileName, size, sha256)]
        );

    public PullOptions Options(bool acceptHash = false) =>
        new()
        {
            TargetDirectory = Directory,
            AcceptHash = acceptHash,
            StallTimeout = Stall,
            DiskReserveBytes = 1000,
        };

    public async Task<PulledFile> PullAsync(ModelSet set, PullOptions? options = null, HttpMessageHandler? handler = null)
    {
        using var trusting = handler ?? TlsServer.TrustingHandler();
        using var puller = new ModelPuller(options ?? Options(), trusting, Time, _ => FreeBytes, new Random(1));
        return Assert.Single(await puller.PullAsync([set], this, Stop.Token));
    }

    public Task<PulledFile> PullAsync(byte[] expected) => PullAsync(Set(Sha256(expected)));

    /// <summary>A pull that must fail, and its failure.</summary>
    public async Task<PullException> FailAsync(ModelSet set, PullOptions? options = null, HttpMessageHandler? handler = null) =>
        await Assert.ThrowsAsync<PullException>(() => PullAsync(set, options, handler));

    public void AssertInstalled(byte[] content)
    {
        Assert.Equal(content, File.ReadAllBytes(FinalPath));
        Assert.Equal([FinalPath], System.IO.Directory.GetFiles(Path.GetDirectoryName(FinalPath)!));
    }

    public void AssertNothingLeft() => Assert.Empty(System.IO.Directory.GetFiles(Path.GetDirectoryName(FinalPath)!));

    public void Report(PullProgress value)
    {
        _events.Add(value);
        OnProgress(value);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Stop.Dispose();
        _folder.Dispose();
    }
}
