using System.Numerics.Tensors;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Architectures;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>CLIP-AC, MaskCLIP, Trans-MM and PaDiM on CLIP against their authors' functions on the same weights.</summary>
public sealed class ClipBaselineGoldenTests : IDisposable
{
    private const double Tolerance = 2e-5,
        Relative = 1e-4;

    private readonly BaselineGoldens _golden = new();
    private readonly TemporaryFolder _folder = new();
    private readonly ModelPack _pack;
    private readonly NetworkStore _store;
    private readonly Recipe _recipe;

    public ClipBaselineGoldenTests()
    {
        string weights = Path.GetFullPath(Fixtures.Path("baselines", _golden.Json.GetProperty("pictures").GetString()!));
        var options = new PackOptions(ClipBlocks: _golden.Integers("padim_clip_blocks"));
        _pack = ModelPack.Open(TinyPacks.Build(weights, _folder["pack"], options, null, Cancellation));
        _store = new NetworkStore(_folder["networks"], _pack, []);
        _recipe = Recipe.Default(_golden.Object) with { OutputSize = Size };
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Size => _golden.Json.GetProperty("output_size").GetInt32();

    private int Grid => _pack.Manifest.RequireClip().GridSize;

    public void Dispose()
    {
        _pack.Dispose();
        _folder.Dispose();
        _golden.Dispose();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("imagenet")]
    [InlineData("cpe")]
    public void TextPairs_OfTheObject_AreTheGoldenOnes(string set)
    {
        TextPair pair = Pair(set);
        _golden.Same($"text.{set}", [.. pair.Normal, .. pair.Anomalous], Tolerance);
    }

    [Fact]
    public void Templates_OfImageNet_AreTheAuthors() =>
        Assert.Equal(
            _golden.Texts("imagenet_templates").Select(t => t.Replace("{}", "x", StringComparison.Ordinal)),
            ImageNetTemplates.Around("x")
        );

    [Fact]
    public void ClipAc_EveryQuery_HasTheGoldenScores()
    {
        using var method = new ClipAcMethod(_pack, _recipe, _store);
        string[] columns = _golden.Texts("clip_ac_score_columns");
        Func<Picture, Judgement[]> judge = method.Enroll(_golden.Object, [], Cancellation);
        var images = new Images(_pack, _recipe, _store, GraphNames.ClipImage, GraphNames.Class);
        foreach (int query in _golden.Queries)
        {
            float[] embedding = images.Of(Picture(query), null);
            float[] found = [.. columns.Select(c => Pair(c[..^2]).AnomalousSide(embedding, _golden.Temperatures[c[^1] - '0']))];
            _golden.Same($"q{query}.clip_ac.score", found, Tolerance);
            // The rows are of the network's own temperature, which the goldens have first.
            Judgement[] rows = judge(Picture(query));
            Assert.Equal(
                columns.Zip(found).Where(c => c.First.EndsWith("@0", StringComparison.Ordinal)).Select(c => c.Second),
                rows.Select(r => r.Score),
                Near
            );
            Assert.All(rows, r => Assert.Null(r.ReadMap));
        }
    }

    [Fact]
    public void MaskClip_EveryQuery_HasTheGoldenPatchesAndMaps()
    {
        using var method = new MaskClipMethod(_pack, _recipe, _store);
        Func<Picture, Judgement[]> judge = method.Enroll(_golden.Object, [], Cancellation);
        var images = new Images(_pack, _recipe, _store, GraphNames.MaskClipImage, GraphNames.Raw(GraphNames.PatchesOriginal));
        foreach (int query in _golden.Queries)
        {
            float[] patches = images.Of(Picture(query), null);
            Assert.InRange(Distance(_golden.Of($"q{query}.maskclip.patches"), patches), 0, Relative);
            foreach (string set in new[] { "plain", "cpe" })
                for (int t = 0; t < _golden.Temperatures.Length; t++)
                    _golden.Same(
                        $"q{query}.maskclip.map.{set}@{t}",
                        MaskClipMethod.Map(patches, Pair(set), _golden.Temperatures[t]),
                        Tolerance
                    );
            float[] enlarged = new float[Size * Size];
            BilinearResize.Resize(
                MaskClipMethod.Map(patches, Pair("plain"), _golden.Temperatures[1]),
                Grid,
                Grid,
                enlarged,
                Size,
                Size,
                Cancellation
            );
            _golden.Same($"q{query}.maskclip.map.plain@1.output", enlarged, Tolerance);
            Judgement row = Assert.Single(judge(Picture(query)));
            Assert.Equal(_golden.Of($"q{query}.maskclip.map.plain@0").Max(), row.Score, Tolerance);
            // Residual and feed-forward stay: without them it is another map.
            Assert.NotInRange(
                Distance(
                    _golden.Of($"q{query}.maskclip.bare.map.plain@1"),
                    MaskClipMethod.Map(patches, Pair("plain"), _golden.Temperatures[1])
                ),
                0,
                1e-3
            );
        }
    }

    [Fact]
    public void TransMm_EveryQuery_HasTheGoldenMaps()
    {
        using var method = new TransMmMethod(_pack, _recipe, _store);
        Func<Picture, Judgement[]> judge = method.Enroll(_golden.Object, [], Cancellation);
        var last = new Images(_pack, _recipe, _store, GraphNames.TransMmLastImage, GraphNames.Relevance);
        var all = new Images(_pack, _recipe, _store, GraphNames.TransMmImage, GraphNames.Relevance);
        (TextPair plain, TextPair cpe) = (Pair("plain"), Pair("cpe"));
        foreach (int query in _golden.Queries)
        {
            string at = $"q{query}.transmm.";
            Same(at + "last.anomalous", last.Of(Picture(query), ("plain anomalous", plain.Anomalous)));
            Same(at + "last.normal", last.Of(Picture(query), ("plain normal", plain.Normal)));
            Same(at + "last.cpe", last.Of(Picture(query), ("cpe", cpe.Anomalous)));
            Same(at + "all.anomalous", all.Of(Picture(query), ("plain anomalous", plain.Anomalous)));
            Judgement[] rows = judge(Picture(query));
            float[] map = new float[Size * Size];
            rows[0].ReadMap!(Size, Size, map);
            Same(at + "last.anomalous.output", map);
            rows[1].ReadMap!(Grid, Grid, map.AsSpan(0, Grid * Grid));
            Same(at + "all.anomalous", map[..(Grid * Grid)]);
        }

        void Same(string name, float[] found) => _golden.Same(name, found, Relative, ofLargest: true);
    }

    [Fact]
    public void TransMm_FirstQuery_HasTheGoldenAttentionAndGradients()
    {
        int query = _golden.Queries.First(),
            blocks = _pack.Manifest.RequireClip().Layers;
        string at = $"q{query}.transmm.";
        Dictionary<string, (long[] Shape, float[] Values)> said = Traced(query, blocks);
        foreach (string what in new[] { "attention", "gradient" })
        {
            (long[] shape, float[] values) = said[$"{what}.{blocks}"];
            (int heads, int rows, int tokens) = ((int)shape[1], (int)shape[2], (int)shape[3]);
            float[] ofClass = [.. Enumerable.Range(0, heads).SelectMany(h => values[(h * rows * tokens)..((h * rows * tokens) + tokens)])];
            Assert.InRange(Distance(_golden.Of($"{at}{what}.last.cls"), ofClass), 0, Relative);
        }

        foreach (int block in Enumerable.Range(1, blocks - 1))
        {
            (long[] shape, float[] values) = said[$"gradient.{block}"];
            long[] slice = _golden.Shape($"{at}gradient.{block}.slice");
            float[] found =
            [
                .. from h in Enumerable.Range(0, (int)slice[0])
                from row in Enumerable.Range(0, (int)slice[1])
                from column in Enumerable.Range(0, (int)slice[2])
                select values[(((h * shape[2]) + row) * shape[3]) + column],
            ];
            Assert.InRange(Distance(_golden.Of($"{at}gradient.{block}.slice"), found), 0, Relative);
        }
    }

    [Fact]
    public void PadimOnClip_EveryQuery_HasTheGoldenMapsAndScores()
    {
        var channels = new PadimChannels(0, _golden.Integers("padim_clip_channels"));
        Picture[] references = [.. _golden.References.Select(Picture)];
        using var source = new PadimClip(_pack, channels, _recipe, _store);
        using var method = new PadimMethod(source);
        foreach (int shots in new[] { 1, references.Length })
        {
            Func<Picture, Judgement[]> judge = method.Enroll(_golden.Object, references[..shots], Cancellation);
            var padim = new Padim([.. references[..shots].Select(r => source.Features(r, Cancellation).Rows)], Grid * Grid, Cancellation);
            foreach (int query in _golden.Queries)
            {
                string at = $"q{query}.padim.clip.{shots}shot.";
                _golden.Same(
                    at + "distance",
                    padim.Distances(source.Features(Picture(query), Cancellation).Rows),
                    Relative,
                    ofLargest: true
                );
                Judgement row = Assert.Single(judge(Picture(query)));
                float[] map = new float[Size * Size];
                row.ReadMap!(Size, Size, map);
                _golden.Same(at + "map", map, Relative, ofLargest: true);
                _golden.Same(at + "score", [row.Score], Relative, ofLargest: true);
            }
        }
    }

    private static bool Near(float one, float other) => Math.Abs(one - other) <= Tolerance;

    private static double Distance(float[] golden, float[] found) =>
        TensorPrimitives.Distance<float>(golden, found) / TensorPrimitives.Norm<float>(golden);

    private Picture Picture(int number) => new(_golden.PathOf(number), $"{number}", _golden.Object);

    private TextPair Pair(string set) =>
        TextPair.Of(
            new PromptEmbeddings(_pack),
            set switch
            {
                "plain" => PromptSet.Plain,
                "imagenet" => PromptSet.ImageNet,
                _ => PromptSet.Compositional,
            },
            _golden.Object,
            Cancellation
        );

    /// <summary>The graph of all blocks with its attentions and gradients.</summary>
    private Dictionary<string, (long[] Shape, float[] Values)> Traced(int query, int blocks)
    {
        string weights = Path.GetFullPath(Fixtures.Path("baselines", _golden.Json.GetProperty("pictures").GetString()!));
        using OpenClipFolder clip = OpenClipFolder.Open(Path.Combine(weights, "clip"));
        var graph = new GraphBuilder("traced", GraphTarget.OnnxRuntime);
        int side = clip.Config.Vision.ImageSize;
        Value pixels = graph.Input(GraphNames.Pixels, ElementType.UInt8, 1, side, side, 3),
            text = graph.Input(GraphNames.Text, ElementType.Float32, 1, clip.Config.EmbedDim);
        using (var store = new ExternalWeightFile(_folder["traced.weights"], Cancellation))
        {
            ClipTransMm.Outputs o = new ClipTransMm(clip.Config).Build(
                new NetworkContext(graph, clip.Weights, store, ElementType.Float32),
                pixels,
                text,
                start: 1
            );
            // From the last block to the first.
            for (int i = 0; i < blocks; i++)
            {
                graph.Output($"attention.{blocks - i}", o.Attention[i]);
                graph.Output($"gradient.{blocks - i}", o.Gradients[i]);
            }
        }

        graph.Save(_folder["traced.onnx"]);
        var prepared = new ClipFusion.Inspection.PreparedImage();
        new ClipFusion.Inspection.Preparation(_pack.Manifest, _recipe, new ClipFusion.Imaging.PillowResampler()).Run(
            _golden.Picture(query).View,
            Branches.Clip,
            prepared,
            cancellation: Cancellation
        );
        using var session = new PackGraph(_folder["traced.onnx"]);
        using OrtValue image = OrtValue.CreateTensorValueFromMemory(prepared.Clip, [1, side, side, 3]),
            words = OrtValue.CreateTensorValueFromMemory(Pair("plain").Anomalous, [1, clip.Config.EmbedDim]);
        return session.Run(new Dictionary<string, OrtValue> { [GraphNames.Pixels] = image, [GraphNames.Text] = words });
    }

    /// <summary>One output of a graph on CLIP's pixels.</summary>
    private sealed class Images(ModelPack pack, Recipe recipe, NetworkStore store, string graph, string output)
    {
        private readonly ClipImages _images = new(pack, graph, [output], recipe, store);

        public float[] Of(Picture picture, (string Words, float[] Embedding)? text)
        {
            using StoredOutputs said = _images.Get(picture, text, Cancellation);
            return said.Tensors.Floats(output).ToArray();
        }
    }
}
