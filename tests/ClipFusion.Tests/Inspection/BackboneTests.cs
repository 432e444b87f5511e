using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Calibration;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Inspection;

/// <summary>The backbone through the whole method, alone and beside the paper's branches.</summary>
public sealed class BackboneTests(TinyPacks packs) : IDisposable
{
    private const int Width = 96,
        Height = 64;

    private static readonly Recipe Recipe = Recipe.Default("widget");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Inspect_ReferenceItself_ScoresNothingAndAnotherPictureDoes()
    {
        using ModelPack pack = Alone();
        using Inspector inspector = Enrolled(pack, Recipe, Texture(1), Texture(2));
        Assert.InRange(inspector.Inspect(View(Texture(2)), cancellation: Cancellation).Score, -1e-6, 1e-6);
        InspectionResult other = inspector.Inspect(View(Texture(3)), cancellation: Cancellation);
        Assert.True(other.Score > 0.01, $"{other.Score}");
        Assert.Equal((Profile.Backbone, other.Fused.Scores.BackboneMax), (inspector.Recipe.Profile, other.Score));
        Assert.Equal([6, 3], other.Maps.BackboneVision.Select(m => m.Width));
        Assert.True(other.Timings.BackboneNetwork > TimeSpan.Zero);
        // Each left out: what the box does for thresholds and colours.
        Assert.True(inspector.Inspect(View(Texture(2)), 1, cancellation: Cancellation).Score > 0.01);
    }

    [Fact]
    public void Inspect_WithoutReferences_HasNothingToJudgeBy()
    {
        using ModelPack pack = Alone();
        using Inspector inspector = Inspector.Create(pack, Recipe, cancellation: Cancellation);
        Assert.Equal(Branches.None, inspector.Branches);
        var e = Assert.Throws<ArgumentException>(() => inspector.Inspect(View(Texture(1)), cancellation: Cancellation));
        Assert.Contains("there are no references", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Parts that lie anyhow: a good one that was turned is as good as the reference only where that was turned, too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ReferenceTurns_TurnedPart_IsGood(int quarters)
    {
        using ModelPack pack = Alone();
        using Inspector plain = Enrolled(pack, Recipe, Texture(1)),
            turned = Enrolled(pack, Recipe with { ReferenceTurns = true }, Texture(1));
        byte[] pixels = new byte[Width * Height * 3];
        ImageView part = QuarterTurn.Of(View(Texture(1)), quarters, pixels);
        float seenPlain = plain.Inspect(part, cancellation: Cancellation).Score,
            seenTurned = turned.Inspect(part, cancellation: Cancellation).Score;
        Assert.InRange(seenTurned, -1e-6, 1e-6);
        Assert.True(seenPlain > 0.01, $"{seenPlain}");
        Assert.InRange(turned.Inspect(View(Texture(1)), cancellation: Cancellation).Score, -1e-6, 1e-6);
        Assert.True(turned.Inspect(View(Texture(2)), cancellation: Cancellation).Score > 0.01);
        // The turns of a reference are left out with it.
        Assert.Throws<ArgumentException>(() => turned.Inspect(View(Texture(1)), 0, cancellation: Cancellation));
    }

    /// <summary>What lies in the frame must be turned with it: grey levels and mosaics are made colours first, the region is cut out
    /// first, and what is ignored lies elsewhere.</summary>
    [Fact]
    public void ReferenceTurns_RegionAndIgnored_TurnWithTheFrame()
    {
        using ModelPack pack = Alone();
        Recipe region = Recipe with { Region = new Region(16, 0, 64, 64), ReferenceTurns = true };
        byte[] frame = Texture(1),
            cut = new byte[64 * 64 * 3],
            turned = new byte[64 * 64 * 3];
        for (int y = 0; y < 64; y++)
            frame.AsSpan(((y * Width) + 16) * 3, 64 * 3).CopyTo(cut.AsSpan(y * 64 * 3));
        // The left half of the region, in frame pixels.
        byte[] mask = [.. Enumerable.Range(0, Width * Height).Select(i => i % Width is >= 16 and < 48 ? (byte)1 : (byte)0)];
        var ignore = new IgnoreMask(new ImageView(mask, Width, Height, Width, PixelFormat.Mono8));
        using Inspector inspector = Inspector.Create(pack, region, ignore, cancellation: Cancellation);
        inspector.Enroll(1, (_, use) => use(View(frame)), Cancellation);
        ImageView part = QuarterTurn.Of(new ImageView(cut, 64, 64, 64 * 3, PixelFormat.RGB8), 2, turned);
        byte[] query = Texture(9);
        for (int y = 0; y < 64; y++)
            part.Row(y).CopyTo(query.AsSpan(((y * Width) + 16) * 3));
        // The judged half of the turned part shows what was ignored of the reference: however that is turned, it is in no bank. (Enlarging
        // lets a little of the ignored half across the edge.)
        float own = inspector.Inspect(View(frame), cancellation: Cancellation).Score,
            hidden = inspector.Inspect(View(query), cancellation: Cancellation).Score;
        Assert.True(hidden > 0.01 && hidden > own * 1.3, $"{hidden}, {own}");
    }

    /// <summary>Parts that always lie alike: what is good elsewhere on the part is not good here.</summary>
    [Fact]
    public void PositionRadius_GoodPatchAtTheWrongPlace_IsSeen()
    {
        using ModelPack pack = Alone();
        using Inspector anywhere = Enrolled(pack, Recipe, Halves(1, 2)),
            near = Enrolled(pack, Recipe with { PositionRadius = 1 }, Halves(1, 2));
        byte[] swapped = Halves(2, 1);
        float seenAnywhere = anywhere.Inspect(View(swapped), cancellation: Cancellation).Score,
            seenNear = near.Inspect(View(swapped), cancellation: Cancellation).Score;
        Assert.True(seenNear > seenAnywhere + 0.01, $"{seenNear}, {seenAnywhere}");
        Assert.InRange(near.Inspect(View(Halves(1, 2)), cancellation: Cancellation).Score, -1e-6, 1e-6);
        Assert.Equal([6, 3], near.Inspect(View(swapped), cancellation: Cancellation).Maps.BackboneVision.Select(m => m.Width));
    }

    [Fact]
    public void PositionRadius_PartIgnoredWiderThanTheRadius_CantBeEnrolled()
    {
        using ModelPack pack = Alone();
        byte[] mask = [.. Enumerable.Range(0, Width * Height).Select(i => i % Width < Width / 2 ? (byte)1 : (byte)0)];
        var ignore = new IgnoreMask(new ImageView(mask, Width, Height, Width, PixelFormat.Mono8));
        using Inspector inspector = Inspector.Create(pack, Recipe with { PositionRadius = 1 }, ignore, cancellation: Cancellation);
        Assert.Throws<ArgumentException>(() => inspector.Enroll(1, (_, use) => use(View(Texture(1))), Cancellation));
    }

    [Fact]
    [Trait("speed", "slow")]
    public void Inspect_BesideThePapersBranches_LeavesTheirsBitForBitAndAddsItsShare()
    {
        Recipe paper = Recipe with { TimestepBlocks = [new(201, 2), new(401, 1), new(801, 0)] };
        using ModelPack both = ModelPack.Open(packs.Folder(Precision.Float32)),
            all = ModelPack.Open(BackbonePack.Beside(packs.Folder(Precision.Float32), _folder["all"]));
        using Inspector without = Enrolled(both, paper, Texture(1), Texture(2)),
            beside = Enrolled(all, paper, Texture(1), Texture(2)),
            weighed = Enrolled(all, paper with { BackboneWeight = 1 }, Texture(1), Texture(2));
        InspectionResult expected = without.Inspect(View(Texture(3)), cancellation: Cancellation);
        FusionScores s = expected.Fused.Scores;
        float[] map = [.. expected.Map.Values];
        InspectionResult found = beside.Inspect(View(Texture(3)), cancellation: Cancellation);
        Assert.Equal(map, found.Map.Values);
        Assert.Equal(s, found.Fused.Scores with { BackboneVision = null, BackboneMax = null, BackboneTop1 = null });
        Assert.NotNull(found.Fused.Scores.BackboneVision);

        InspectionResult fused = weighed.Inspect(View(Texture(3)), cancellation: Cancellation);
        FusionScores f = fused.Fused.Scores;
        Assert.Equal((s.FewShot!.Value + f.BackboneVision!.Value) / 1.5, f.FewShot!.Value, 1e-6);
        Assert.Equal(s.ZeroShot, f.ZeroShot);

        // Held for a deadline: PatchCLIP's, with the backbone's share, as the profile says it; or the backbone's.
        Assert.Equal(Profile.PatchClip, weighed.HeldProfile);
        using Inspector held = Enrolled(all, paper with { Fallback = FallbackChoice.Backbone }, Texture(1)),
            none = Enrolled(all, paper with { Fallback = FallbackChoice.None }, Texture(1)),
            alone = Enrolled(all, paper with { Profile = Profile.Backbone }, Texture(1), Texture(2));
        Assert.Equal((Profile.Backbone, null, null), (held.HeldProfile, none.HeldProfile, alone.HeldProfile));
        Assert.Equal(f.BackboneVision, alone.Inspect(View(Texture(3)), cancellation: Cancellation).Score);
    }

    [Fact]
    [Trait("speed", "slow")]
    public void Calibration_HeldBackbone_HasThresholdsOfItsOwn()
    {
        Recipe recipe = Recipe with
        {
            Fallback = FallbackChoice.Backbone,
            Branches = Branches.ClipVision | Branches.BackboneVision,
            BackboneWeight = 1,
            TimestepBlocks = [new(201, 2)],
        };
        using ModelPack all = ModelPack.Open(BackbonePack.Beside(packs.Folder(Precision.Float32), _folder["all"]));
        using Inspector inspector = Enrolled(all, recipe, Texture(1), Texture(2));
        var scores = new CalibrationScores(inspector.Recipe.Profile, 0.5);
        for (int part = 3; part < 6; part++)
            scores.Add(inspector, View(Texture(part)), Cancellation);
        Assert.NotNull(scores.Rule.Thresholds[Profile.ClipFusion, ShotMode.FewShot]);
        Assert.NotNull(scores.Rule.Thresholds[Profile.Backbone, ShotMode.FewShot]);
        Assert.Null(scores.Rule.Thresholds[Profile.PatchClip, ShotMode.FewShot]);
        NormalReach reach = NormalReach.Unknown.With(inspector, 0, View(Texture(1)), cancellation: Cancellation);
        Assert.NotNull(reach.Own);
        Assert.NotNull(reach.Held);
    }

    public void Dispose() => _folder.Dispose();

    private ModelPack Alone() => ModelPack.Open(BackbonePack.Alone(_folder["alone"]));

    private static Inspector Enrolled(ModelPack pack, Recipe recipe, params byte[][] references)
    {
        Inspector inspector = Inspector.Create(pack, recipe, cancellation: Cancellation);
        inspector.Enroll(references.Length, (i, use) => use(View(references[i])), Cancellation);
        return inspector;
    }

    private static ImageView View(byte[] pixels) => new(pixels, Width, Height, 3 * Width, PixelFormat.RGB8);

    private static byte[] Texture(int seed)
    {
        var random = new Random(seed);
        byte[] pixels = new byte[Width * Height * 3];
        // Blocks of four pixels, which survive the squeezing.
        byte[] blocks = new byte[(Width / 4) * (Height / 4) * 3];
        random.NextBytes(blocks);
        for (int i = 0; i < pixels.Length; i++)
        {
            (int x, int y, int c) = (i / 3 % Width, i / 3 / Width, i % 3);
            pixels[i] = blocks[((((y / 4) * (Width / 4)) + (x / 4)) * 3) + c];
        }

        return pixels;
    }

    private static byte[] Halves(int left, int right)
    {
        byte[] pixels = Texture(left),
            other = Texture(right);
        for (int y = 0; y < Height; y++)
        {
            // Each half shows the same whatever side it is on.
            Span<byte> row = pixels.AsSpan(y * Width * 3, Width * 3);
            pixels.AsSpan(y * Width * 3, Width * 3 / 2).CopyTo(row);
            other.AsSpan(y * Width * 3, Width * 3 / 2).CopyTo(row[(Width * 3 / 2)..]);
        }

        return pixels;
    }
}
