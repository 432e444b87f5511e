using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Weights;

namespace ClipFusion.Inspection;

/// <summary>
/// Everything that inspections computed, as named tensors of one safetensors file: for comparing two machines, two packs or two builds.
/// Each image's tensors are prefixed by its name; the recipe's own (texts, tokens) stand once, without a prefix.
/// </summary>
public sealed class InspectionDump
{
    private readonly List<SafetensorsEntry> _entries = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Starts a dump with what belongs to the recipe: text embeddings, logit scale, token ids and contexts.</summary>
    public InspectionDump(Inspector inspector)
    {
        ArgumentNullException.ThrowIfNull(inspector);
        TextPrompts prompts = inspector.Prompts;
        if (prompts.Normal.Length > 0)
            Add("clip.text", [.. prompts.Normal, .. prompts.Abnormal], 2, prompts.Normal.Length);
        if (inspector.Pack.Manifest.Clip is { } clip)
            Add("clip.logit_scale", [clip.LogitScale], 1);
        if (prompts.Diffusion.Count == 0)
            return;
        int length = prompts.Diffusion[0].Ids.Length,
            width = inspector.Pack.Manifest.RequireDiffusion().ContextWidth;
        Add(SafetensorsEntry.Of("sd.token_ids", prompts.Diffusion.SelectMany(p => p.Ids).ToArray(), prompts.Diffusion.Count, length));
        Add("sd.context", [.. prompts.Diffusion.SelectMany(p => p.Context)], prompts.Diffusion.Count, length, width);
    }

    /// <summary>The tensors so far.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>Copies one inspection's tensors.</summary>
    /// <param name="image">Prefix of its names; must be new.</param>
    /// <param name="result">The inspection, before the inspector's next one.</param>
    /// <param name="inspector">The inspector that made it.</param>
    /// <exception cref="ArgumentException">An image of that name is in the dump already.</exception>
    public void Add(string image, InspectionResult result, Inspector inspector)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(inspector);
        Resized($"{image}.clip.resized_u8", result.Prepared.Clip);
        Resized($"{image}.diff.resized_u8", result.Prepared.Diffusion);
        Resized($"{image}.backbone.resized_u8", result.Prepared.Backbone);
        foreach ((string name, TensorTap tap) in result.Taps?.All ?? new Dictionary<string, TensorTap>())
            Add($"{image}.{name}", tap.Values, tap.Shape);

        BranchMaps maps = result.Maps;
        Map($"{image}.map.clip_language", maps.ClipLanguage);
        for (int i = 0; i < maps.ClipVision.Count; i++)
            Map($"{image}.map.clip_vision.{inspector.Pack.Manifest.RequireClip().Blocks[i]}", maps.ClipVision[i]);
        if (maps.DiffLanguage.Count > 0)
        {
            AnomalyMap mean = Fusion.MeanOfStates(maps.DiffLanguage);
            Add(
                $"{image}.map.diff_language.states",
                [.. maps.DiffLanguage.SelectMany(m => m.Values)],
                maps.DiffLanguage.Count,
                mean.Height,
                mean.Width
            );
            Map($"{image}.map.diff_language", mean);
        }

        for (int i = 0; i < maps.DiffVision.Count; i++)
        {
            TimestepBlock at = inspector.Recipe.TimestepBlocks[i];
            Map($"{image}.map.diff_vision.{at.Timestep}.{at.Block}", maps.DiffVision[i]);
        }

        Backbone(image, result, inspector);
        Map($"{image}.map.fused.zero_shot", result.Fused.ZeroShot);
        Map($"{image}.map.fused.few_shot", result.Fused.FewShot);
        FusionScores s = result.Fused.Scores;
        Add(
            $"{image}.score",
            [.. new[] { s.ClipLanguage, s.ClipVision, s.DiffLanguage, s.DiffVision, s.ZeroShot, s.FewShot }.Select(v => v ?? float.NaN)],
            6
        );
    }

    /// <summary>Writes the file in one step: a reader sees all of it or none.</summary>
    public void Write(string path) =>
        SafetensorsWriter.Write(
            path,
            _entries,
            new Dictionary<string, string>
            {
                ["score_columns"] = "clip_language,clip_vision,diff_language,diff_vision,fused_zero_shot,fused_few_shot",
            }
        );

    /// <summary>Each layer's map on its grid, their mean on the score's, and both scores.</summary>
    private void Backbone(string image, InspectionResult result, Inspector inspector)
    {
        IReadOnlyList<AnomalyMap> maps = result.Maps.BackboneVision;
        if (maps.Count == 0)
            return;
        for (int i = 0; i < maps.Count; i++)
            Map($"{image}.map.backbone_vision.{inspector.Pack.Manifest.RequireBackbone().Layers[i].Name}", maps[i]);
        Map($"{image}.map.backbone_vision", Fusion.Enlarged(maps, Recipe.ScoreSize, Recipe.ScoreSize));
        FusionScores s = result.Fused.Scores;
        Add($"{image}.score.backbone", [s.BackboneMax ?? float.NaN, s.BackboneTop1 ?? float.NaN], 2);
    }

    private void Resized(string name, byte[] pixels)
    {
        if (pixels.Length == 0)
            return;
        int side = (int)Math.Sqrt(pixels.Length / 3);
        Add(SafetensorsEntry.Of(name, pixels.ToArray(), side, side, 3));
    }

    private void Map(string name, AnomalyMap? map)
    {
        if (map is not null)
            Add(name, [.. map.Values], map.Height, map.Width);
    }

    private void Add(string name, float[] values, params long[] shape) => Add(SafetensorsEntry.Of(name, values, shape));

    private void Add(SafetensorsEntry entry)
    {
        if (!_names.Add(entry.Name))
            throw new ArgumentException($"the dump has a tensor '{entry.Name}' already; images need different file names");
        _entries.Add(entry);
    }
}
