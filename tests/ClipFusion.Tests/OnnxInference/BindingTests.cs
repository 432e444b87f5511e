using System.Diagnostics;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Parity;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Tests.OnnxInference;

/// <summary>The way that runs take on a GPU, taken on the CPU.</summary>
public sealed class BindingTests(ProbedPacks packs, ITestOutputHelper output) : IClassFixture<ProbedPacks>
{
    [Theory]
    [InlineData(GraphNames.ClipImage)]
    [InlineData(GraphNames.MapDiff)]
    public void BoundRun_GivesTheBitsOfAPlainRun_AndAllocatesNoMore(string name)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using ModelPack pack = ModelPack.Open(packs.Folder, new SessionSettings(Threads: 1));
        GraphEntry entry = pack.Manifest.Graphs.First(g => g.Name == name && g is { Debug: false, Target: GraphTarget.OnnxRuntime });
        string[] outputs = [.. entry.Outputs.Select(o => o.Name)];
        using ProbeInputs inputs = PackProbe.Of(pack, name, GoldenTensors.Read(packs.Folder));
        using InferenceSession plain = new CpuProvider(new SessionSettings(Threads: 1)).Open(new GraphFile(packs.Folder, name, [entry], 0));
        NetworkSession bound = pack.Session(name);
        foreach (Predicate<string>? stays in (Predicate<string>?[])[null, n => n == outputs[0], _ => true])
        {
            using var options = new RunOptions();
            using IDisposableReadOnlyCollection<OrtValue> expected = plain.Run(options, inputs.Values, outputs);
            using NetworkOutputs found = bound.Run(inputs.Values, outputs, cancellation, stays);
            for (int i = 0; i < outputs.Length; i++)
                Assert.True(expected[i].GetTensorDataAsSpan<float>().SequenceEqual(found.Floats(outputs[i])), outputs[i]);
        }

        void Plain()
        {
            using var options = new RunOptions();
            using var values = new NetworkOutputs(outputs, plain.Run(options, inputs.Values, outputs));
        }

        long plainBytes = Allocated(Plain);
        long boundBytes = Allocated(() => bound.Run(inputs.Values, outputs, cancellation).Dispose());
        output.WriteLine(
            $"{name}: {plainBytes} bytes plain, {boundBytes} bound; "
                + $"{Median(Plain, () => bound.Run(inputs.Values, outputs, cancellation).Dispose())} as long as plain (median of paired "
                + "rounds)"
        );
        Assert.InRange(boundBytes, 1, plainBytes + 2048);
    }

    [Fact]
    public void Session_ReplacedWhileItRuns_EndsTheRunOnTheOldOneAndGoesOnWithTheNew()
    {
        using ModelPack pack = ModelPack.Open(packs.Folder, new SessionSettings(Threads: 1));
        using ProbeInputs inputs = PackProbe.Of(pack, GraphNames.ClipImage, GoldenTensors.Read(packs.Folder));
        NetworkSession session = pack.Session(GraphNames.ClipImage);
        LoadedGraph first = session.Current;
        first.Keep();
        GraphEntry entry = pack.Manifest.Graphs.First(g =>
            g.Name == GraphNames.ClipImage && g is { Debug: false, Target: GraphTarget.OnnxRuntime }
        );
        session.Replace(LoadedGraph.Open(new PretendProvider(ExecutionProvider.Cuda), new GraphFile(packs.Folder, entry.Name, [entry], 0)));

        // Kept by a run, the old one is still there; the next run is on the new one.
        using NetworkOutputs old = first.Run(inputs.Values, [GraphNames.Class], null, TestContext.Current.CancellationToken);
        first.Release();
        using NetworkOutputs now = session.Run(inputs.Values, [GraphNames.Class], TestContext.Current.CancellationToken);
        Assert.Equal(ExecutionProvider.Cuda, session.Current.Provider);
        Assert.True(old.Floats(GraphNames.Class).SequenceEqual(now.Floats(GraphNames.Class)));
    }

    [Fact]
    public unsafe void DeviceTensor_OfAnOutputThatStays_IsWhereItsElementsAre()
    {
        using ModelPack pack = ModelPack.Open(packs.Folder, new SessionSettings(Threads: 1));
        using ProbeInputs inputs = PackProbe.Of(pack, GraphNames.ClipImage, GoldenTensors.Read(packs.Folder));
        using NetworkOutputs o = pack.Session(GraphNames.ClipImage)
            .Run(inputs.Values, [GraphNames.PatchesVv], TestContext.Current.CancellationToken, _ => true);
        DeviceTensor tensor = o.Device(GraphNames.PatchesVv);
        Assert.Equal(o.Shape(GraphNames.PatchesVv), tensor.Shape);
        // On the CPU the device's memory is the host's.
        Assert.True(
            new ReadOnlySpan<float>((void*)tensor.Pointer, (int)tensor.Shape.Aggregate((a, b) => a * b)).SequenceEqual(
                o.Floats(GraphNames.PatchesVv)
            )
        );
    }

    private static string Median(Action plain, Action bound)
    {
        double[] ratios =
        [
            .. Enumerable
                .Range(0, 21)
                .Select(_ =>
                {
                    long start = Stopwatch.GetTimestamp();
                    plain();
                    long middle = Stopwatch.GetTimestamp();
                    bound();
                    return Stopwatch.GetElapsedTime(middle) / Stopwatch.GetElapsedTime(start, middle);
                })
                .Order(),
        ];
        return $"{ratios[10]:0.00}";
    }

    private static long Allocated(Action run)
    {
        for (int i = 0; i < 3; i++)
            run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 5; i++)
            run();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 5;
    }
}
