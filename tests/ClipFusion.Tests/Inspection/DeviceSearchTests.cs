using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;
using ClipFusion.Tests.Native;
using ClipFusion.Tests.OnnxInference;

namespace ClipFusion.Tests.Inspection;

/// <summary>
/// Step 5 on the GPU that the networks run on. The networks run on the CPU, pretending that its memory is a GPU's; with the emulated
/// driver, whose memory is the host's too, the native library searches there for real. Without it the same inspections must fall back and
/// say so.
/// </summary>
[Collection(nameof(EmulatedGpu))]
[Trait("speed", "slow")]
public sealed class DeviceSearchTests(ProbedPacks packs) : IClassFixture<ProbedPacks>
{
    private const int References = 3;
    private static readonly Recipe Recipe = Recipe.Default("widget") with
    {
        TimestepBlocks = [new(201, 2), new(401, 1), new(801, 0), new(201, 1)],
    };
    private readonly byte[] _picture = Pictures.Bytes(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Profile.ClipFusion, false, null)]
    [InlineData(Profile.ClipFusion, true, null)]
    [InlineData(Profile.ClipFusion, true, 1)]
    [InlineData(Profile.ClipFusion, false, 2)]
    [InlineData(Profile.PatchClip, true, 0)]
    [InlineData(Profile.MapDiff, true, 0)]
    public void Inspect_WithFeaturesLeftOnTheGpu_GivesTheHostsBits(Profile profile, bool masked, int? exclude)
    {
        using ModelPack host = Pack(null, null),
            gpu = Pack(EmulatedGpu.Device, EmulatedGpu.Device);
        Recipe recipe = Recipe with { Profile = profile };
        using Inspector onHost = Enrolled(host, recipe, masked),
            onGpu = Enrolled(gpu, recipe, masked);
        for (int repeat = 0; repeat < 2; repeat++)
            AssertSame(Inspect(onHost, exclude), Inspect(onGpu, exclude));
        AssertPlace(gpu);
        Assert.Empty(host.BankSearches);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Inspect_WithOneNetworkOnTheGpu_SearchesItsBanksThereAndTheOthersOnTheHost(bool tower)
    {
        using ModelPack host = Pack(null, null),
            mixed = Pack(tower ? EmulatedGpu.Device : null, tower ? null : EmulatedGpu.Device);
        using Inspector onHost = Enrolled(host, Recipe),
            onBoth = Enrolled(mixed, Recipe);
        AssertSame(Inspect(onHost), Inspect(onBoth));
        AssertPlace(mixed);
    }

    [Fact]
    public void Inspect_WithoutReferences_PutsNothingOnTheGpu()
    {
        using ModelPack gpu = Pack(EmulatedGpu.Device, EmulatedGpu.Device);
        using Inspector inspector = Pictures.Inspector(gpu, Recipe);
        Inspect(inspector);
        Assert.Empty(gpu.BankSearches);
    }

    [Fact]
    public void Inspect_OnAGpuThatCannotSearch_IsTheHostsAndTheStateSaysWhy()
    {
        using ModelPack host = Pack(null, null),
            gpu = Pack(99, 99);
        var said = new List<BankSearchDecision>();
        gpu.BankSearchChosen += said.Add;
        using Inspector onHost = Enrolled(host, Recipe),
            onGpu = Enrolled(gpu, Recipe);
        for (int repeat = 0; repeat < 2; repeat++)
            AssertSame(Inspect(onHost), Inspect(onGpu));
        string why = Assert.Single(said).WhyNot!;
        Assert.Matches("not built in|NVIDIA driver|no GPU 99", why);
        Assert.Equal($"the processor searches memory banks: {why}", ProviderStatus.Of(gpu).Note);
        onGpu.Use(null);
        Assert.Null(ProviderStatus.Of(gpu).Note);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Inspect_WhereTheGpuFailsAtAnyPoint_IsTheHostsAndLeavesNothingThere(bool memory)
    {
        Assert.SkipUnless(EmulatedGpu.IsHere, "this needs the emulated GPU; ./build.sh test runs the class once more on it");
        using ModelPack host = Pack(null, null),
            gpu = Pack(0, 0);
        Recipe small = Recipe with { TimestepBlocks = [new(801, 0)] };
        int before = EmulatedGpu.Leftovers,
            failures = 0;
        using Inspector onHost = Enrolled(host, small),
            onGpu = Enrolled(gpu, small);
        InspectionResult expected = Inspect(onHost);
        ReferenceBanks banks = Enroll(onGpu);
        try
        {
            for (bool done = false; !done; failures++)
            {
                int ready = 0;
                EmulatedGpu.Break(memory ? failures : -1, memory ? -1 : failures);
                onGpu.Use(banks);
                InspectionResult found = onGpu.Inspect(Pictures.Frame(_picture), _ => ready++, cancellation: Cancellation);
                AssertSame(expected, found);
                Assert.Equal(1, ready);
                string? why = Assert.Single(gpu.BankSearches).WhyNot;
                done = why is null;
                if (done)
                    break;
                Assert.Contains(memory ? "out of memory" : "unspecified launch failure", why, StringComparison.Ordinal);
                Assert.Equal(before, EmulatedGpu.Leftovers);

                // What failed is not tried again with every part.
                EmulatedGpu.Break();
                AssertSame(expected, Inspect(onGpu));
                Assert.Equal(before, EmulatedGpu.Leftovers);
            }
        }
        finally
        {
            EmulatedGpu.Break();
        }

        // A launch for each bank that is copied, then two searches of three kernels each; memory for the banks, the results and what lies
        // between the kernels.
        int banksOnGpu = gpu.Manifest.RequireClip().Blocks.Count + 1;
        Assert.True(memory ? failures > 2 * banksOnGpu + 1 : failures == banksOnGpu + 2 * 3, $"{failures}");
    }

    [Fact]
    public void Banks_ReplacedOrGone_AreReplacedOrGoneOnTheGpu()
    {
        Assert.SkipUnless(EmulatedGpu.IsHere, "this needs the emulated GPU; ./build.sh test runs the class once more on it");
        using ModelPack host = Pack(null, null),
            gpu = Pack(0, 0);
        int before = EmulatedGpu.Leftovers;
        Inspector onGpu = Enrolled(gpu, Recipe);
        int copied = EmulatedGpu.Leftovers - before;
        Inspect(onGpu);
        int held = EmulatedGpu.Leftovers - before;
        Assert.True(copied > 0 && held > copied, $"{copied}, {held}");
        onGpu.Enroll(1, (_, use) => use(Pictures.Frame(Pictures.Bytes(7))), cancellation: Cancellation);
        Assert.Equal(before + copied, EmulatedGpu.Leftovers);
        using (Inspector other = Pictures.Inspector(host, Recipe, 7))
            AssertSame(Inspect(other), Inspect(onGpu));
        Assert.Equal(before + held, EmulatedGpu.Leftovers);
        onGpu.Dispose();
        Assert.Equal(before, EmulatedGpu.Leftovers);
        Assert.Empty(gpu.BankSearches);
    }

    [Fact]
    public void Inspect_CancelledBetweenTheSearches_EndsThereAndStaysUsable()
    {
        using ModelPack gpu = Pack(EmulatedGpu.Device, EmulatedGpu.Device);
        using Inspector inspector = Enrolled(gpu, Recipe);
        FusionScores expected = Inspect(inspector).Fused.Scores;
        using var deadline = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() =>
            inspector.Inspect(Pictures.Frame(_picture), _ => deadline.Cancel(), cancellation: deadline.Token)
        );
        Assert.Equal(expected, Inspect(inspector).Fused.Scores);
        AssertPlace(gpu);
    }

    [Fact]
    public void Inspect_LeavingOutAnImageThatIsNotThereOrAllThereIs_IsRefusedAsOnTheHost()
    {
        Assert.SkipUnless(EmulatedGpu.IsHere, "this needs the emulated GPU; ./build.sh test runs the class once more on it");
        using ModelPack gpu = Pack(0, 0);
        using Inspector inspector = Pictures.Inspector(gpu, Recipe, 0);
        ArgumentException alone = Assert.Throws<ArgumentException>(() => Inspect(inspector, exclude: 0)),
            unknown = Assert.Throws<ArgumentException>(() => Inspect(inspector, exclude: 1));
        Assert.Contains("leave-one-out needs rows from at least two", alone.Message, StringComparison.Ordinal);
        Assert.Contains("the bank has images 0 .. 0", unknown.Message, StringComparison.Ordinal);
        // The caller's mistakes are not the GPU's.
        AssertPlace(gpu);
    }

    [Fact]
    public void Output_LeftOnTheGpu_CannotBeReadByTheHost()
    {
        using ModelPack gpu = Pack(99, 99);
        using Inspector inspector = Inspector.Create(gpu, Recipe, cancellation: Cancellation);
        using PackNetworks networks = inspector.NetworksFor(inspector.Prepare(Pictures.Frame(_picture), cancellation: Cancellation));
        using NetworkOutputs o = networks.RunClip(staysOnDevice: true, null, Cancellation);
        string features = GraphNames.FeaturesVv(gpu.Manifest.RequireClip().Blocks[0]);
        Assert.True(o.IsOnDevice(features));
        Assert.Contains(
            features,
            Assert.Throws<InvalidOperationException>(() => o.Floats(features).Length).Message,
            StringComparison.Ordinal
        );
        Assert.False(o.IsOnDevice(GraphNames.Class));
        Assert.Equal(o.DeviceRow(features, 0).Values, Square(gpu.Manifest.RequireClip().GridSize) * gpu.Manifest.RequireClip().Width);
    }

    private static int Square(int side) => side * side;

    private static void AssertPlace(ModelPack pack)
    {
        BankSearchDecision decision = Assert.Single(pack.BankSearches);
        Assert.Equal((EmulatedGpu.Device, EmulatedGpu.IsHere), (decision.Device, decision.WhyNot is null));
    }

    private static void AssertSame(InspectionResult expected, InspectionResult found)
    {
        foreach (
            (IReadOnlyList<AnomalyMap> e, IReadOnlyList<AnomalyMap> f) in new[]
            {
                (expected.Maps.ClipVision, found.Maps.ClipVision),
                (expected.Maps.DiffVision, found.Maps.DiffVision),
            }
        )
            Assert.Equal(e.Select(m => m.Values), f.Select(m => m.Values));
        Assert.Equal(expected.Fused.Scores, found.Fused.Scores);
        Assert.Equal(expected.Fused.FewShot!.Values, found.Fused.FewShot!.Values);
    }

    private InspectionResult Inspect(Inspector inspector, int? exclude = null) =>
        inspector.Inspect(Pictures.Frame(_picture), excludeReference: exclude, cancellation: Cancellation);

    private static Inspector Enrolled(ModelPack pack, Recipe recipe, bool masked = false)
    {
        // A band of the picture is not looked at, so that no bank has all rows.
        var mask = new byte[80 * 60];
        mask.AsSpan(0, 80 * 25).Fill(255);
        var inspector = Inspector.Create(
            pack,
            recipe,
            masked ? new IgnoreMask(new ImageView(mask, 80, 60, 80, PixelFormat.Mono8)) : null,
            cancellation: Cancellation
        );
        Enroll(inspector);
        return inspector;
    }

    private static ReferenceBanks Enroll(Inspector inspector) =>
        inspector.Enroll(References, (i, use) => use(Pictures.Frame(Pictures.Bytes(i))), cancellation: Cancellation);

    /// <summary>A pack whose image tower and UNet pretend to run on GPUs; null is the CPU.</summary>
    private ModelPack Pack(int? tower, int? unet)
    {
        static ProviderChoice On(int? device) => device is null ? ProviderChoice.Cpu : ProviderChoice.Cuda;
        var settings = new ProviderSettings(new ProviderChoices(On(tower), ProviderChoice.Cpu, On(unet), On(unet)));
        return ModelPack.OpenWith(
            packs.Folder,
            settings,
            ProviderSet.Of(
                [
                    new PretendProvider(ExecutionProvider.TensorRt),
                    new PretendProvider(ExecutionProvider.Cuda) { Device = tower ?? unet },
                    new PretendProvider(ExecutionProvider.Cpu),
                ],
                null
            )
        );
    }
}
