using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection;

/// <summary>One golden folder: its settings as a recipe, its tensors by name.</summary>
internal sealed class GoldenMaps
{
    private readonly byte[] _bytes;
    private readonly JsonElement _header;
    private readonly int _dataStart;

    public GoldenMaps(string folder)
    {
        _bytes = File.ReadAllBytes(Fixtures.Path(folder, "golden.safetensors"));
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(_bytes);
        _dataStart = 8 + headerLength;
        _header = JsonElement.Parse(_bytes.AsSpan(8, headerLength));
        JsonElement settings = JsonElement.Parse(File.ReadAllBytes(Fixtures.Path(folder, "golden.json")));
        Recipe = Recipe.Default(settings.GetProperty("object").GetString()!) with
        {
            States = [.. settings.GetProperty("states").EnumerateArray().Select(s => s.GetString()!)],
            Temperature =
                settings.GetProperty("temperature").ValueKind == JsonValueKind.Null
                    ? null
                    : settings.GetProperty("temperature").GetDouble(),
            TokenNormalization =
                settings.GetProperty("token_normalization").GetString() == "none" ? TokenNormalization.None : TokenNormalization.Content,
            LanguageStream = settings.GetProperty("language_stream").GetString() == "vv" ? ClipStream.Vv : ClipStream.Original,
            TimestepBlocks =
            [
                .. settings
                    .GetProperty("timestep_blocks")
                    .EnumerateArray()
                    .Select(p => new TimestepBlock(p[0].GetInt32(), p[1].GetInt32())),
            ],
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
        JsonElement entry = _header.GetProperty(name),
            offsets = entry.GetProperty("data_offsets");
        int start = offsets[0].GetInt32(),
            end = offsets[1].GetInt32();
        int[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32())];
        return (shape, MemoryMarshal.Cast<byte, float>(_bytes.AsSpan(_dataStart + start, end - start)).ToArray());
    }

    public AnomalyMap Map(int query, string name)
    {
        (int[] shape, float[] values) = Tensor($"q{query}.map.{name}");
        return new AnomalyMap(shape[0], shape[1], values);
    }

    public float[] LanguageMap(int query) =>
        Language(Tensor($"q{query}.clip.{(Recipe.LanguageStream == ClipStream.Vv ? "patches" : "patches_ori")}").Values);

    public BranchMaps Maps(int query)
    {
        (int[] shape, float[] states) = Tensor($"q{query}.map.diff_language.states");

        // The golden files hold attention as the recipe normalises it, tiny-c's score comes from the attention before that. A map with one
        // cell at 1 and the rest at 1 - S stands in for it: it shows what becomes of S, not that S is right, which needs the denoiser.
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
