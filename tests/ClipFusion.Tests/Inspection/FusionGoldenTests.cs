using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection;

/// <summary>From the golden native-grid maps and CLIP embeddings to the golden fused maps and scores.</summary>
public sealed class FusionGoldenTests
{
    private const float Tolerance = 2e-5f;

    public static TheoryData<string, int> Queries => new()
    {
        { "tiny-a", 2 }, { "tiny-a", 3 }, { "tiny-a", 4 },
        { "tiny-c", 1 }, { "tiny-c", 2 }, { "tiny-c", 3 },
    };

    [Theory]
    [MemberData(nameof(Queries))]
    public void Softmax_GoldenPatches_GivesLanguageMap(string folder, int query)
    {
        var golden = new Golden(folder);
        AssertClose(golden.Map(query, "clip_language").Values, golden.LanguageMap(query), "clip_language");
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public void Fuse_GoldenMaps_GivesGoldenMapsAndScores(string folder, int query)
    {
        var golden = new Golden(folder);
        var result = new FusionResult(golden.Recipe.OutputSize, golden.Recipe.OutputSize);

        Fusion.Fuse(golden.Recipe, golden.Maps(query), result);

        AssertClose(golden.Map(query, "fused.zero_shot").Values, result.ZeroShot!.Values, "zero-shot map");
        AssertClose(golden.Map(query, "fused.few_shot").Values, result.FewShot!.Values, "few-shot map");
        FusionScores s = result.Scores;
        float[] scores = [s.ClipLanguage!.Value, s.ClipVision!.Value, s.DiffLanguage!.Value, s.DiffVision!.Value, s.ZeroShot!.Value, s.FewShot!.Value];
        AssertClose(golden.Tensor($"q{query}.score").Values, scores, "scores");
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public void Fuse_StatesOrTheirMean_GivesTheSame(string folder, int query)
    {
        var golden = new Golden(folder);
        FusionResult states = new(32, 48), mean = new(32, 48);

        Fusion.Fuse(golden.Recipe, golden.Maps(query), states);
        Fusion.Fuse(golden.Recipe, golden.Maps(query) with { DiffLanguage = [golden.Map(query, "diff_language")] }, mean);

        AssertClose(mean.DiffLanguage!.Values, states.DiffLanguage!.Values, "diff_language");
        Assert.Equal(mean.Scores.DiffLanguage!.Value, states.Scores.DiffLanguage!.Value, Tolerance);
    }

    [Theory]
    [InlineData("tiny-a", 2)]
    [InlineData("tiny-c", 3)]
    public void Fuse_OtherOutputSize_LeavesScoresAlone(string folder, int query)
    {
        var golden = new Golden(folder);
        FusionResult small = new(17, 31), score = new(240, 240);

        Fusion.Fuse(golden.Recipe, golden.Maps(query), small);
        Fusion.Fuse(golden.Recipe, golden.Maps(query), score);

        Assert.Equal(score.Scores, small.Scores);
    }

    private static void AssertClose(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        float worst = expected.Zip(actual, (e, a) => MathF.Abs(e - a)).Max();
        Assert.True(worst <= Tolerance, $"{what}: worst difference {worst}, allowed {Tolerance}");
    }

    /// <summary>One golden folder: its settings as a recipe, its tensors by name.</summary>
    private sealed class Golden
    {
        private readonly byte[] _bytes;
        private readonly JsonElement _header;
        private readonly int _dataStart;

        public Golden(string folder)
        {
            _bytes = File.ReadAllBytes(Fixtures.Path(folder, "golden.safetensors"));
            int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(_bytes);
            _dataStart = 8 + headerLength;
            _header = JsonElement.Parse(_bytes.AsSpan(8, headerLength));
            JsonElement settings = JsonElement.Parse(File.ReadAllBytes(Fixtures.Path(folder, "golden.json")));
            Recipe = Recipe.Default(settings.GetProperty("object").GetString()!) with
            {
                States = [.. settings.GetProperty("states").EnumerateArray().Select(s => s.GetString()!)],
                Temperature = settings.GetProperty("temperature").ValueKind == JsonValueKind.Null ? null : settings.GetProperty("temperature").GetDouble(),
                TokenNormalization = settings.GetProperty("token_normalization").GetString() == "none" ? TokenNormalization.None : TokenNormalization.Content,
                LanguageStream = settings.GetProperty("language_stream").GetString() == "vv" ? ClipStream.Vv : ClipStream.Original,
                TimestepBlocks = [.. settings.GetProperty("timestep_blocks").EnumerateArray().Select(p => new TimestepBlock(p[0].GetInt32(), p[1].GetInt32()))],
                AlphaSegmentation = settings.GetProperty("alpha_segmentation").GetDouble(),
                AlphaClassification = settings.GetProperty("alpha_classification").GetDouble(),
                OutputSize = settings.GetProperty("output_size").GetInt32(),
                SmoothingSigma = settings.GetProperty("smoothing_sigma").GetDouble(),
            };
            ClipBlocks = [.. settings.GetProperty("blocks").EnumerateArray().Select(b => b.GetInt32())];
        }

        public Recipe Recipe { get; }

        private ImmutableArray<int> ClipBlocks { get; }

        public (int[] Shape, float[] Values) Tensor(string name)
        {
            JsonElement entry = _header.GetProperty(name), offsets = entry.GetProperty("data_offsets");
            int start = offsets[0].GetInt32(), end = offsets[1].GetInt32();
            int[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32())];
            return (shape, MemoryMarshal.Cast<byte, float>(_bytes.AsSpan(_dataStart + start, end - start)).ToArray());
        }

        public AnomalyMap Map(int query, string name)
        {
            (int[] shape, float[] values) = Tensor($"q{query}.map.{name}");
            return new AnomalyMap(shape[0], shape[1], values);
        }

        public float[] LanguageMap(int query) => Language(Tensor($"q{query}.clip.{(Recipe.LanguageStream == ClipStream.Vv ? "patches" : "patches_ori")}").Values);

        public BranchMaps Maps(int query)
        {
            (int[] shape, float[] states) = Tensor($"q{query}.map.diff_language.states");

            // The golden files hold attention as the recipe normalises it, tiny-c's score comes from the attention before that. A map with one cell
            // at 1 and the rest at 1 - S stands in for it: it shows what becomes of S, not that S is right, which needs the denoiser.
            float score = Tensor($"q{query}.score").Values[2];
            float[] standIn = [1, .. Enumerable.Repeat(1 - score, (shape[1] * shape[2]) - 1)];
            return new BranchMaps
            {
                ClipLanguage = new AnomalyMap(15, 15, LanguageMap(query)),
                ClipLanguageScore = Language(Tensor($"q{query}.clip.cls").Values)[0],
                ClipVision = [.. ClipBlocks.Select(b => Map(query, $"clip_vision.{b}"))],
                DiffLanguage = [.. states.Chunk(shape[1] * shape[2]).Select(s => new AnomalyMap(shape[1], shape[2], s))],
                DiffLanguageUnnormalized = [new AnomalyMap(shape[1], shape[2], standIn)],
                DiffVision = [.. Recipe.TimestepBlocks.Select(p => Map(query, $"diff_vision.{p.Timestep}.{p.Block}"))],
            };
        }

        private float[] Language(float[] embeddings)
        {
            (int[] shape, float[] text) = Tensor("clip.text");
            var result = new float[embeddings.Length / shape[1]];
            double temperature = Recipe.Temperature ?? 1 / Tensor("clip.logit_scale").Values[0];
            LanguageScore.Softmax(embeddings, text.AsSpan(0, shape[1]), text.AsSpan(shape[1]), temperature, result);
            return result;
        }
    }
}
