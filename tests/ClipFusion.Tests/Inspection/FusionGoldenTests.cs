using ClipFusion.Inspection;
using ClipFusion.Inspection.MemoryBanks;

namespace ClipFusion.Tests.Inspection;

/// <summary>From the golden native-grid maps and CLIP embeddings to the golden fused maps and scores.</summary>
public sealed class FusionGoldenTests
{
    private const float Tolerance = 2e-5f;

    public static TheoryData<string, int> Queries =>
        new()
        {
            { "tiny-a", 2 },
            { "tiny-a", 3 },
            { "tiny-a", 4 },
            { "tiny-c", 1 },
            { "tiny-c", 2 },
            { "tiny-c", 3 },
        };

    [Theory]
    [MemberData(nameof(Queries))]
    public void Softmax_GoldenPatches_GivesLanguageMap(string folder, int query)
    {
        var golden = new GoldenMaps(folder);
        AssertClose(golden.Map(query, "clip_language").Values, golden.LanguageMap(query), "clip_language");
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public void Fuse_GoldenMaps_GivesGoldenMapsAndScores(string folder, int query)
    {
        var golden = new GoldenMaps(folder);
        var result = new FusionResult(golden.Recipe.OutputSize, golden.Recipe.OutputSize);

        Fusion.Fuse(golden.Recipe, golden.Maps(query), result, cancellation: TestContext.Current.CancellationToken);

        AssertClose(golden.Map(query, "fused.zero_shot").Values, result.ZeroShot!.Values, "zero-shot map");
        AssertClose(golden.Map(query, "fused.few_shot").Values, result.FewShot!.Values, "few-shot map");
        FusionScores s = result.Scores;
        float[] scores =
        [
            s.ClipLanguage!.Value,
            s.ClipVision!.Value,
            s.DiffLanguage!.Value,
            s.DiffVision!.Value,
            s.ZeroShot!.Value,
            s.FewShot!.Value,
        ];
        AssertClose(golden.Tensor($"q{query}.score").Values, scores, "scores");
    }

    /// <summary>tiny-c's first query is its reference picture, so the reference's features are known and the others' maps can be searched
    /// for.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 4)]
    [InlineData(2, 2)]
    [InlineData(2, 4)]
    [InlineData(3, 2)]
    [InlineData(3, 4)]
    public void Search_GoldenFeatures_GivesVisionMap(int query, int block)
    {
        var golden = new GoldenMaps("tiny-c");
        (int[] shape, float[] reference) = golden.Tensor($"q1.clip.vv.{block}");
        float[] features = golden.Tensor($"q{query}.clip.vv.{block}").Values;
        UnitRows.Normalize(features, shape[2], features, "query");
        var distances = new float[shape[1]];

        MemoryBank.Create([new(reference)], shape[2]).Search(features, distances, cancellation: TestContext.Current.CancellationToken);

        AssertClose(golden.Map(query, $"clip_vision.{block}").Values, distances, "clip_vision");
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public void Fuse_StatesOrTheirMean_GivesTheSame(string folder, int query)
    {
        var golden = new GoldenMaps(folder);
        FusionResult states = new(32, 48),
            mean = new(32, 48);

        Fusion.Fuse(golden.Recipe, golden.Maps(query), states, cancellation: TestContext.Current.CancellationToken);
        Fusion.Fuse(
            golden.Recipe,
            golden.Maps(query) with
            {
                DiffLanguage = [golden.Map(query, "diff_language")],
            },
            mean,
            cancellation: TestContext.Current.CancellationToken
        );

        AssertClose(mean.DiffLanguage!.Values, states.DiffLanguage!.Values, "diff_language");
        Assert.Equal(mean.Scores.DiffLanguage!.Value, states.Scores.DiffLanguage!.Value, Tolerance);
    }

    [Theory]
    [InlineData("tiny-a", 2)]
    [InlineData("tiny-c", 3)]
    public void Fuse_OtherOutputSize_LeavesScoresAlone(string folder, int query)
    {
        var golden = new GoldenMaps(folder);
        FusionResult small = new(17, 31),
            score = new(240, 240);

        Fusion.Fuse(golden.Recipe, golden.Maps(query), small, cancellation: TestContext.Current.CancellationToken);
        Fusion.Fuse(golden.Recipe, golden.Maps(query), score, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(score.Scores, small.Scores);
    }

    private static void AssertClose(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        float worst = expected.Zip(actual, (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= Tolerance, $"{what}: worst difference {worst}, allowed {Tolerance}");
    }
}
