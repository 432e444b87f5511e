using System.Numerics.Tensors;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Baselines.Learned;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>PromptAD and IIPAD against their authors' functions on the same weights and prompts.</summary>
public sealed class LearnedGoldenTests : IDisposable
{
    private const double Tolerance = 2e-5,
        Relative = 1e-4;

    private readonly BaselinePack _made = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private BaselineGoldens Golden => _made.Golden;

    private ClipPart Clip => _made.Pack.Manifest.RequireClip();

    public void Dispose() => _made.Dispose();

    [Fact]
    public void PromptAd_Texts_AreTheGoldenOnes()
    {
        var embeddings = new LearnedEmbeddings(_made.Pack);
        using PromptAdFile file = PromptAd();
        PromptAdPrompts prompts = Prompts(file);
        (LearnedPrompt[] normal, LearnedPrompt[] handle, LearnedPrompt[] learned) = PromptAdText.Prompts(
            embeddings,
            Golden.Object,
            prompts
        );
        Same("normal", normal);
        Same("handle", handle);
        Same("learned", learned);
        Assert.InRange(Distance("promptad.text.normal", embeddings.Encode(normal, Cancellation)), 0, Relative);
        Assert.InRange(Distance("promptad.text.abnormal", embeddings.Encode([.. handle, .. learned], Cancellation)), 0, Relative);
        TextPair pair = PromptAdText.Pair(embeddings, Golden.Object, prompts, Cancellation);
        Golden.Same("promptad.text", [.. pair.Normal, .. pair.Anomalous], Tolerance);

        void Same(string rows, LearnedPrompt[] found) =>
            Assert.Equal(Golden.Ids($"promptad.token_ids.{rows}"), found.SelectMany(p => p.Tokens));
    }

    [Fact]
    public void PromptAd_EveryQuery_HasTheGoldenTensors()
    {
        var text = new TextPair(Golden.Row("promptad.text", 0), Golden.Row("promptad.text", 1));
        int[] blocks = Golden.Integers("promptad_blocks");
        double stored = Math.Log(Clip.LogitScale);
        Assert.Equal(Golden.Json.GetProperty("promptad_scale").GetDouble(), stored, 1e-6);
        MemoryBank[] asItRuns = Banks(GraphNames.FeaturesAttended),
            asMeant = Banks(GraphNames.FeaturesOriginal);
        foreach (int query in Golden.Queries)
        {
            string at = $"q{query}.promptad.";
            float[] patches = Output(GraphNames.EmbeddingsVv(Clip.Layers), query);
            Golden.Same(at + "cls", Units(Output(GraphNames.Class, query), Clip.EmbedDim), Tolerance);
            Golden.Same(at + "patches", Units(patches, Clip.EmbedDim), Tolerance);
            foreach (int block in blocks.Where(b => Golden.Has($"{at}mid.{b}")))
                Assert.InRange(Distance($"{at}mid.{block}", [Output(GraphNames.FeaturesAttended(block), query)]), 0, Relative);
            Golden.Same(at + "map.text", PromptAdMethod.TextMap(patches, text, 1 / stored), Tolerance);
            Golden.Same(at + "exp.map.text", PromptAdMethod.TextMap(patches, text, 1 / (double)Clip.LogitScale), Tolerance);
            Golden.Same(at + "map.vision", Vision(query, GraphNames.FeaturesAttended, asItRuns), Tolerance);
            Golden.Same(at + "clean.map.vision", Vision(query, GraphNames.FeaturesOriginal, asMeant), Tolerance);
        }

        MemoryBank[] Banks(Func<int, string> features) =>
            [.. blocks.Select(b => NearestPatches.Bank([.. Golden.References.Select(r => Output(features(b), r))], Clip.Width))];

        float[] Vision(int query, Func<int, string> features, MemoryBank[] banks) =>
            PromptAdMethod.VisionMap([.. blocks.Select(b => Output(features(b), query))], banks, Clip.Width);

        float[] Output(string name, int picture) => Streams(GraphNames.Raw(name), picture, vvStart: 1);
    }

    [Fact]
    public void PromptAd_Rows_HaveTheGoldenMapsAndScores()
    {
        using PromptAdFile file = PromptAd();
        int[] blocks = Golden.Integers("promptad_blocks");
        using var asItRuns = new PromptAdMethod(_made.Pack, file, _made.Recipe, _made.Store, isClean: false, blocks);
        using var asMeant = new PromptAdMethod(_made.Pack, file, _made.Recipe, _made.Store, isClean: true, blocks);
        Picture[] references = [.. Golden.References.Select(_made.Picture)];
        Func<Picture, Judgement[]> judge = asItRuns.Enroll(Golden.Object, references.Length, references, Cancellation),
            judgeClean = asMeant.Enroll(Golden.Object, references.Length, references, Cancellation);
        string[] columns = Golden.Texts("promptad_score_columns");
        foreach (int query in Golden.Queries)
        {
            string at = $"q{query}.promptad.";
            float[] scores = Golden.Of(at + "score");
            Judgement row = Assert.Single(judge(_made.Picture(query)));
            Assert.Equal(scores[Array.IndexOf(columns, "fused")], row.Score, Tolerance);
            float[] map = new float[_made.Size * _made.Size];
            row.ReadMap!(_made.Size, _made.Size, map);
            Golden.Same(at + "map.seg", map, Tolerance);

            // As it was meant: the clean map, and the scale of the network.
            float[] clean = Golden.Of(at + "clean.map.vision"),
                text = Golden.Of(at + "exp.map.text"),
                enlarged = new float[map.Length];
            BilinearResize.Resize(clean, _made.Grid, _made.Grid, enlarged, _made.Size, _made.Size, Cancellation);
            Judgement meant = Assert.Single(judgeClean(_made.Picture(query)));
            Assert.Equal(PromptAdMethod.Harmonic(enlarged.Max(), scores[Array.IndexOf(columns, "exp.text")]), meant.Score, Tolerance);
            meant.ReadMap!(_made.Size, _made.Size, map);
            float[] both = [.. clean.Zip(text, (v, t) => (float)PromptAdMethod.Harmonic(v, t))];
            float[] expected = SmoothedMap.Of(both, _made.Grid, _made.Grid, _made.Size, sigma: 4);
            Assert.InRange(expected.Zip(map, (e, f) => Math.Abs(e - f)).Max(), 0, Tolerance);
        }
    }

    [Fact]
    public void PromptAd_PairOfACheckpoint_JudgesAsTheContextsItCameFrom()
    {
        string path = _made.Folder["pair.safetensors"];
        SafetensorsWriter.Write(path, [SafetensorsEntry.Of("text_features", Golden.Of("promptad.text"), Golden.Shape("promptad.text"))]);
        using PromptAdFile pair = PromptAdFile.Open(path),
            contexts = PromptAd();
        Picture[] references = [.. Golden.References.Select(_made.Picture)];
        float[][] scores =
        [
            .. new[] { pair, contexts }.Select(file =>
            {
                using var method = new PromptAdMethod(_made.Pack, file, _made.Recipe, _made.Store, isClean: false);
                Func<Picture, Judgement[]> judge = method.Enroll(Golden.Object, references.Length, references, Cancellation);
                return Golden.Queries.Select(q => judge(_made.Picture(q))[0].Score).ToArray();
            }),
        ];
        Assert.InRange(scores[0].Zip(scores[1], (a, b) => Math.Abs(a - b)).Max(), 0, Tolerance);
    }

    [Fact]
    public void Iipad_EveryQueryAndNumberOfShots_HasTheGoldenTensors()
    {
        using IipadFile file = IipadPrompts();
        using var method = new IipadMethod(
            _made.Pack,
            file,
            _made.Recipe,
            _made.Store,
            Golden.Integers("iipad_blocks"),
            Golden.Json.GetProperty("iipad_vv_start").GetInt32()
        );
        Picture[] pictures = [.. Golden.References.Select(_made.Picture)];
        IipadReference[] references = [.. pictures.Select(p => method.Reference(p, Cancellation))];
        Golden.Same("iipad.reference_text", [.. references.SelectMany(r => (float[])[.. r.Text.Normal, .. r.Text.Anomalous])], Tolerance);
        foreach (int query in Golden.Queries)
        {
            string at = $"q{query}.iipad.";
            IipadQuery known = method.Query(_made.Picture(query), Cancellation).Query;
            Golden.Same(at + "image", Units(known.Image, Clip.EmbedDim), Tolerance);
            Golden.Same(at + "query_similarity", [.. references.Select(r => Iipad.Similarity(known.Query, r.Query))], Tolerance);
            foreach (int shots in Golden.Integers("iipad_k"))
            {
                Iipad.Result result = Iipad.Judge(known, references, shots);
                Golden.Same($"{at}k{shots}.text", [.. result.Text.Normal, .. result.Text.Anomalous], Tolerance);
                Golden.Same($"{at}k{shots}.map.text", result.TextMap, Tolerance);
                Golden.Same($"{at}k{shots}.map.vision", result.VisionMap, Tolerance);
                Judgement row = Assert.Single(method.Enroll(Golden.Object, shots, pictures, Cancellation)(_made.Picture(query)));
                Golden.Same($"{at}k{shots}.score", [row.Score], Tolerance);
                float[] map = new float[_made.Size * _made.Size];
                row.ReadMap!(_made.Size, _made.Size, map);
                Golden.Same($"{at}k{shots}.map", map, Tolerance);
            }
        }
    }

    [Fact]
    public void Blocks_OfThePublishedTowers_AreTheAuthors()
    {
        Assert.Equal([3, 8], PromptAdMethod.BlocksOf(12));
        Assert.Equal([6, 12, 18, 24], IipadMethod.BlocksOf(24));
        Assert.All(Enumerable.Range(1, 5), layers => Assert.All(PromptAdMethod.BlocksOf(layers), b => Assert.InRange(b, 1, layers)));
        Assert.All(Enumerable.Range(1, 5), layers => Assert.All(IipadMethod.BlocksOf(layers), b => Assert.InRange(b, 1, layers)));
    }

    private PromptAdFile PromptAd()
    {
        string path = _made.Folder["promptad.safetensors"];
        SafetensorsWriter.Write(
            path,
            [Entry("normal_ctx", "promptad.normal_ctx"), Entry("abnormal_ctx", "promptad.abnormal_ctx")],
            new Dictionary<string, string> { ["states"] = string.Join('\n', Golden.Texts("promptad_states")) }
        );
        return PromptAdFile.Open(path);
    }

    private IipadFile IipadPrompts()
    {
        string path = _made.Folder["iipad.safetensors"];
        var entries = new List<SafetensorsEntry>();
        foreach (string what in (string[])["positive", "negative", "query"])
        {
            long[] shape = Golden.Shape($"iipad.{what}");
            foreach (int picture in Golden.References.Concat(Golden.Queries))
                entries.Add(SafetensorsEntry.Of($"{picture}/{what}", Golden.Row($"iipad.{what}", picture), shape[1..]));
        }

        SafetensorsWriter.Write(path, entries);
        return IipadFile.Open(path);
    }

    private SafetensorsEntry Entry(string name, string golden) => SafetensorsEntry.Of(name, Golden.Of(golden), Golden.Shape(golden));

    private PromptAdPrompts Prompts(PromptAdFile file) =>
        file.Of(Golden.Object, PromptAdTask.Segmentation, Clip.EmbedDim, () => _made.Pack.Manifest.ClipTextWidth!.Value);

    private float[] Streams(string output, int picture, int vvStart) =>
        new GraphOutput(_made, GraphNames.ClipStreamsImage, output).Of(
            _made.Picture(picture),
            BesidePixels.ValueBlocks(vvStart, Clip.Layers)
        );

    private double Distance(string golden, float[][] found)
    {
        float[] all = [.. found.SelectMany(f => f)],
            expected = Golden.Of(golden);
        return TensorPrimitives.Distance<float>(expected, all) / TensorPrimitives.Norm<float>(expected);
    }

    private static float[] Units(float[] rows, int width)
    {
        float[] unit = new float[rows.Length];
        UnitRows.Normalize(rows, width, unit, "rows");
        return unit;
    }
}
