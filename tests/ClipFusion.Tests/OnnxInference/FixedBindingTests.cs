using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;
using ClipFusion.Tests.Native;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Tests.OnnxInference;

/// <summary>
/// Runs at fixed addresses, as the replay of a CUDA graph needs them, without a GPU: the graph runs on the CPU, in buffers that a GPU's
/// would take the place of. On the emulated GPU the copies to, from and within them are the native library's.
/// </summary>
[Collection(nameof(EmulatedGpu))]
public sealed class FixedBindingTests(ProbedPacks packs, ITestOutputHelper output) : IClassFixture<ProbedPacks>
{
    private static readonly int? Gpu = EmulatedGpu.IsHere ? EmulatedGpu.Device : null;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(GraphNames.ClipImage)]
    [InlineData(GraphNames.VaeEncoder)]
    public void Runs_OfTwoPicturesInTurn_GiveTheBitsOfPlainRuns(string name)
    {
        using var plain = new Graph(packs, name, cudaGraphs: false);
        using var replayed = new Graph(packs, name, cudaGraphs: true);
        foreach (Predicate<string>? stays in (Predicate<string>?[])[null, n => n == plain.Outputs[0], _ => true])
        {
            foreach (int picture in (int[])[1, 2, 1, 1, 3])
            {
                using NetworkOutputs expected = plain.Run(picture, stays),
                    found = replayed.Run(picture, stays);
                foreach (string o in plain.Outputs)
                {
                    Assert.Equal(expected.Shape(o), found.Shape(o));
                    Assert.Equal(Elements(expected, o), Elements(found, o));
                    Assert.Equal(Gpu is not null && stays?.Invoke(o) == true, found.IsOnDevice(o));
                }
            }
        }
    }

    [Fact]
    public void Outputs_HeldWhileOtherRunsGoOn_StayWhatTheyWere()
    {
        using var plain = new Graph(packs, GraphNames.ClipImage, cudaGraphs: false);
        using var replayed = new Graph(packs, GraphNames.ClipImage, cudaGraphs: true);
        foreach (Predicate<string>? stays in (Predicate<string>?[])[null, _ => true])
        {
            NetworkOutputs[] held = [.. Enumerable.Range(0, 4).Select(p => replayed.Run(p, stays))];
            for (int p = 0; p < held.Length; p++)
            {
                using NetworkOutputs expected = plain.Run(p);
                foreach (string o in plain.Outputs)
                    Assert.Equal(Elements(expected, o), Elements(held[p], o));
                held[p].Dispose();
            }
        }
    }

    [Fact]
    public void Runs_ThatOverlap_EachGiveTheirOwnPicture()
    {
        const int Pictures = 4,
            Rounds = 8;
        using var plain = new Graph(packs, GraphNames.VaeEncoder, cudaGraphs: false);
        using var replayed = new Graph(packs, GraphNames.VaeEncoder, cudaGraphs: true);
        float[][] expected =
        [
            .. Enumerable
                .Range(0, Pictures)
                .Select(p =>
                {
                    using NetworkOutputs o = plain.Run(p);
                    return Elements(o, GraphNames.Latent);
                }),
        ];
        Parallel.For(
            0,
            Pictures,
            new ParallelOptions { MaxDegreeOfParallelism = Pictures, CancellationToken = Cancellation },
            p =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    using NetworkOutputs o = replayed.Run(p, round % 2 == 0 ? null : _ => true);
                    Assert.Equal(expected[p], Elements(o, GraphNames.Latent));
                }
            }
        );
    }

    [Fact]
    public void Outputs_OfAGraphThatWasClosed_AreThereUntilTheyAreDisposed()
    {
        using var plain = new Graph(packs, GraphNames.VaeEncoder, cudaGraphs: false);
        var replayed = new Graph(packs, GraphNames.VaeEncoder, cudaGraphs: true);
        NetworkOutputs found = replayed.Run(1, _ => true);
        replayed.Dispose();
        using NetworkOutputs expected = plain.Run(1);
        Assert.Equal(Elements(expected, GraphNames.Latent), Elements(found, GraphNames.Latent));
        found.Dispose();
        found.Dispose();
    }

    [Fact]
    public void Run_ThatFails_SaysWhyAndLeavesTheGraphUsable()
    {
        using var replayed = new Graph(packs, GraphNames.VaeEncoder, cudaGraphs: true);
        using NetworkOutputs before = replayed.Run(1);
        using (OrtValue small = OrtValue.CreateTensorValueFromMemory(new byte[12], [1, 2, 2, 3]))
        {
            NetworkException e = Assert.Throws<NetworkException>(() =>
                replayed.Loaded.Run(
                    new Dictionary<string, OrtValue> { [GraphNames.Pixels] = small },
                    [GraphNames.Latent],
                    null,
                    Cancellation
                )
            );
            Assert.Contains("12 bytes", e.Message, StringComparison.Ordinal);
        }

        using NetworkOutputs after = replayed.Run(1);
        Assert.Equal(Elements(before, GraphNames.Latent), Elements(after, GraphNames.Latent));
    }

    [Fact]
    public void Copies_OnABrokenGpu_AreTheNetworksErrorAndLeaveTheGraphUsable()
    {
        Assert.SkipUnless(EmulatedGpu.IsHere, "this needs the emulated GPU; ./build.sh test runs the class once more on it");
        using var replayed = new Graph(packs, GraphNames.VaeEncoder, cudaGraphs: true);
        using NetworkOutputs expected = replayed.Run(1);
        try
        {
            // The picture up, the output down or to another place.
            foreach ((int copies, Predicate<string>? stays) in new (int, Predicate<string>?)[] { (0, null), (1, null), (1, _ => true) })
            {
                EmulatedGpu.Break(copies: copies);
                Assert.Contains(
                    "unspecified launch failure",
                    Assert.Throws<NetworkException>(() => replayed.Run(1, stays)).Message,
                    StringComparison.Ordinal
                );
                EmulatedGpu.Break();
                using NetworkOutputs found = replayed.Run(1, stays);
                Assert.Equal(Elements(expected, GraphNames.Latent), Elements(found, GraphNames.Latent));
            }
        }
        finally
        {
            EmulatedGpu.Break();
        }
    }

    [Theory]
    [InlineData(GraphNames.ClipImage)]
    [InlineData(GraphNames.VaeEncoder)]
    public void Run_AtFixedAddresses_AllocatesNoMoreThanOneWithFreshTensors(string name)
    {
        using var fresh = new Graph(packs, name, cudaGraphs: false);
        using var replayed = new Graph(packs, name, cudaGraphs: true);
        long freshBytes = Allocated(() => fresh.Run(1).Dispose()),
            bytes = Allocated(() => replayed.Run(1).Dispose());
        output.WriteLine($"{name}: {bytes} bytes at fixed addresses, {freshBytes} with fresh tensors");
        Assert.InRange(bytes, 1, freshBytes);
    }

    [Fact]
    public void Graph_OfSeveralInputs_CantBeBound()
    {
        NetworkException e = Assert.Throws<NetworkException>(() => new Graph(packs, GraphNames.MapDiff, cudaGraphs: true));
        Assert.Contains("one input", e.Message, StringComparison.Ordinal);
    }

    /// <summary>On the emulated GPU, whose memory is the host's, also what stays there.</summary>
    private static unsafe float[] Elements(NetworkOutputs o, string name)
    {
        DeviceTensor tensor = o.Device(name);
        return new ReadOnlySpan<float>((void*)tensor.Pointer, (int)tensor.Shape.Aggregate((a, b) => a * b)).ToArray();
    }

    /// <summary>All threads' bytes: a run is made by another one.</summary>
    private static long Allocated(Action run)
    {
        for (int i = 0; i < 3; i++)
            run();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < 20; i++)
            run();
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / 20;
    }

    /// <summary>A graph of the pack and pictures for it.</summary>
    private sealed class Graph : IDisposable
    {
        private readonly Dictionary<string, OrtValue>[] _pictures;

        public Graph(ProbedPacks packs, string name, bool cudaGraphs)
        {
            PackManifest manifest = PackVerifier.ReadManifest(packs.Folder);
            GraphEntry entry = manifest.Graphs.First(g => g.Name == name && g is { Debug: false, Target: GraphTarget.OnnxRuntime });
            Outputs = [.. entry.Outputs.Select(o => o.Name)];
            Loaded = LoadedGraph.Open(
                new PretendProvider(ExecutionProvider.Cuda) { Device = Gpu },
                new GraphFile(packs.Folder, name, [entry], 0),
                cudaGraphs
            );
            int side = name == GraphNames.ClipImage ? manifest.RequireClip().ImageSize : manifest.RequireDiffusion().ImageSize;
            _pictures =
            [
                .. Enumerable
                    .Range(0, 4)
                    .Select(seed =>
                    {
                        var pixels = new byte[side * side * 3];
                        new Random(seed).NextBytes(pixels);
                        return new Dictionary<string, OrtValue>
                        {
                            [GraphNames.Pixels] = OrtValue.CreateTensorValueFromMemory(pixels, [1, side, side, 3]),
                        };
                    }),
            ];
        }

        public LoadedGraph Loaded { get; }

        public string[] Outputs { get; }

        public NetworkOutputs Run(int picture, Predicate<string>? stays = null) =>
            Loaded.Run(_pictures[picture], Outputs, stays, Cancellation);

        public void Dispose()
        {
            Loaded.Release();
            foreach (OrtValue value in _pictures.SelectMany(p => p.Values))
                value.Dispose();
        }
    }
}
