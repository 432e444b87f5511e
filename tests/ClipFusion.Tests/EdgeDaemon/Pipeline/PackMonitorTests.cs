using System.Security.Cryptography;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.Tests.OnnxInference;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

/// <summary>A pack that is damaged is not judged with, whatever the damage looks like on the disk; one that is whole again is.</summary>
public sealed class PackMonitorTests(ProbedPacks packs) : IClassFixture<ProbedPacks>, IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("clipfusion-monitor-").FullName;

    private string Mark => Path.Combine(_data, "pack.quarantined.json");

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Run_NetworkThatComputesSomethingElseThoughEveryByteIsAsTheManifestSays_FailsAndIsRemembered()
    {
        string weights = GraphNames.WeightFile(GraphNames.VaeEncoder);
        string manifest = Path.Combine(packs.Broken, PackManifest.FileName);
        string resealed = (await File.ReadAllTextAsync(manifest, TestContext.Current.CancellationToken)).Replace(
            HashOf(Path.Combine(packs.Folder, weights)),
            HashOf(Path.Combine(packs.Broken, weights)),
            StringComparison.Ordinal
        );
        await File.WriteAllTextAsync(manifest, resealed, TestContext.Current.CancellationToken);

        PackCondition condition = await CheckedAsync(packs.Broken);
        Assert.Equal(PackCheck.Failed, condition.Check);
        Assert.Contains("vae_encoder: outputs differ from the goldens: latent ", condition.Fault, StringComparison.Ordinal);
        Assert.True(File.Exists(Mark));

        // In doubt from the next start on, until its whole check has passed; another pack is nobody's fault.
        var next = new PackCondition();
        _ = new PackMonitor(next, _data, new NetworkScheduler(), new FakeTimeProvider(), NullLogger.Instance);
        Assert.Equal(PackCheck.Pending, next.Check);
        Assert.Contains("vae_encoder", next.Fault, StringComparison.Ordinal);
        Assert.Equal((PackCheck.Failed, true), ((await CheckedAsync(packs.Broken)).Check, File.Exists(Mark)));
        PackCondition whole = await CheckedAsync(packs.Folder);
        Assert.Equal((PackCheck.Passed, null, false), (whole.Check, whole.Fault, File.Exists(Mark)));
    }

    [Fact]
    public async Task Run_BytesThatChangedUnderTheirSizeAndTime_Fails()
    {
        string copy = Path.Combine(_data, "pack");
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.EnumerateFiles(packs.Folder))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        string weights = Path.Combine(copy, GraphNames.WeightFile(GraphNames.ClipText));
        using (ModelPack first = ModelPack.Open(copy))
            Assert.NotEmpty(first.Hash);
        DateTime written = File.GetLastWriteTimeUtc(weights);
        using (FileStream file = File.Open(weights, FileMode.Open))
        {
            file.Position = file.Length / 2;
            int value = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(value ^ 1));
        }

        File.SetLastWriteTimeUtc(weights, written);
        PackCondition condition = await CheckedAsync(copy);
        Assert.Equal(PackCheck.Failed, condition.Check);
        Assert.Contains(Path.GetFileName(weights), condition.Fault, StringComparison.Ordinal);
    }

    private static string HashOf(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));

    /// <summary>What a start with this pack comes to, with the VAE open.</summary>
    private async Task<PackCondition> CheckedAsync(string pack)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromMinutes(2));
        var condition = new PackCondition();
        var told = new TaskCompletionSource();
        condition.Changed += () =>
        {
            if (condition.Check is PackCheck.Passed or PackCheck.Failed)
                told.TrySetResult();
        };
        var monitor = new PackMonitor(condition, _data, new NetworkScheduler(), new FakeTimeProvider(), NullLogger.Instance);
        using var networks = new WarmNetworks(pack, new SessionSettings(Threads: 1), ProviderSettings.CpuOnly, monitor.Watch);
        OpenPack opened = await networks.OpenAsync(stop.Token);
        opened.Pack.EnsureOpen([GraphNames.VaeEncoder]);
        Task running = monitor.RunAsync(networks, stop.Token);
        await Task.WhenAny(running, told.Task.WaitAsync(stop.Token));
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return condition;
    }
}
