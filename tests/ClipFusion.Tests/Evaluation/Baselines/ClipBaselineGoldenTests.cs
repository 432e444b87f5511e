using System.Numerics.Tensors;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;
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

    private readonly BaselinePack _made = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private BaselineGoldens Golden => _made.Golden;

    private int Size => _made.Size;

    private int Grid => _made.Grid;

    public void Dispose() => _made.Dispose();

    [Theory]
    [InlineData("plain")]
    [InlineData("imagenet")]
    [InlineData("cpe")]
    public void TextPairs_OfTheObject_AreTheGoldenOnes(string set)
    {
        TextPair pair = Pair(set);
        Golden.Same($"text.{set}", [.. pair.Normal, .. pair.Anomalous], Tolerance);
    }

    [Fact]
    public void Templates_OfImageNet_AreTheAuthors() =>
        Assert.Equal(
            Golden.Texts("imagenet_templates").Select(t => t.Replace("{}", "x", StringComparison.Ordinal)),
            ImageNetTemplates.Around("x")
        );

    [Fact]
    public void ClipAc_EveryQuery_HasTheGoldenScores()
    {
        using var method = new ClipAcMethod(_made.Pack, _made.Recipe, _made.Store);
        string[] columns = Golden.Texts("clip_ac_score_columns");
        Func<Picture, Judgement[]> judge = method.Enroll(Golden.Object, 0, [], Cancellation);
        var images = new GraphOutput(_made, GraphNames.ClipImage, GraphNames.Class);
        foreach (int query in Golden.Queries)
        {
            float[] embedding = images.Of(Picture(query), null);
            float[] found = [.. columns.Select(c => Pair(c[..^2]).AnomalousSide(embedding, Golden.Temperatures[c[^1] - '0']))];
            Golden.Same($"q{query}.clip_ac.score", found, Tolerance);
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
        using var method = new MaskClipMethod(_made.Pack, _made.Recipe, _made.Store);
        Func<Picture, Judgement[]> judge = method.Enroll(Golden.Object, 0, [], Cancellation);
        var images = new GraphOutput(_made, GraphNames.MaskClipImage, GraphNames.Raw(GraphNames.PatchesOriginal));
        foreach (int query in Golden.Queries)
        {
            float[] patches = images.Of(Picture(query), null);
            Assert.InRange(Distance(Golden.Of($"q{query}.maskclip.patches"), patches), 0, Relative);
            foreach (string set in new[] { "plain", "cpe" })
                for (int t = 0; t < Golden.Temperatures.Length; t++)
                    Golden.Same(
                        $"q{query}.maskclip.map.{set}@{t}",
                        MaskClipMethod.Map(patches, Pair(set), Golden.Temperatures[t]),
                        Tolerance
                    );
            float[] enlarged = new float[Size * Size];
            BilinearResize.Resize(
                MaskClipMethod.Map(patches, Pair("plain"), Golden.Temperatures[1]),
                Grid,
                Grid,
                enlarged,
                Size,
                Size,
                Cancellation
            );
            Golden.Same($"q{query}.maskclip.map.plain@1.output", enlarged, Tolerance);
            Judgement row = Assert.Single(judge(Picture(query)));
            Assert.Equal(Golden.Of($"q{query}.maskclip.map.plain@0").Max(), row.Score, Tolerance);
            // Residual and feed-forward stay: without them it is another map.
            Assert.NotInRange(
                Distance(
                    Golden.Of($"q{query}.maskclip.bare.map.plain@1"),
                    MaskClipMethod.Map(patches, Pair("plain"), Golden.Temperatures[1])
                ),
                0,
                1e-3
            );
        }
    }

    [Fact]
    public void TransMm_EveryQuery_HasTheGoldenMaps()
    {
        using var ofLast = new TransMmMethod(_made.Pack, _made.Recipe, _made.Store, allBlocks: false);
        using var ofAll = new TransMmMethod(_made.Pack, _made.Recipe, _made.Store, allBlocks: true);
        Func<Picture, Judgement[]> judgeLast = ofLast.Enroll(Golden.Object, 0, [], Cancellation),
            judgeAll = ofAll.Enroll(Golden.Object, 0, [], Cancellation);
        var last = new GraphOutput(_made, GraphNames.TransMmLastImage, GraphNames.Relevance);
        var all = new GraphOutput(_made, GraphNames.TransMmImage, GraphNames.Relevance);
        (TextPair plain, TextPair cpe) = (Pair("plain"), Pair("cpe"));
        foreach (int query in Golden.Queries)
        {
            string at = $"q{query}.transmm.";
            Same(at + "last.anomalous", last.Of(Picture(query), BesidePixels.Text("plain anomalous", plain.Anomalous)));
            Same(at + "last.normal", last.Of(Picture(query), BesidePixels.Text("plain normal", plain.Normal)));
            Same(at + "last.cpe", last.Of(Picture(query), BesidePixels.Text("cpe", cpe.Anomalous)));
            Same(at + "all.anomalous", all.Of(Picture(query), BesidePixels.Text("plain anomalous", plain.Anomalous)));
            Judgement[] rows = [Assert.Single(judgeLast(Picture(query))), Assert.Single(judgeAll(Picture(query)))];
            float[] map = new float[Size * Size];
            rows[0].ReadMap!(Size, Size, map);
            Same(at + "last.anomalous.output", map);
            rows[1].ReadMap!(Grid, Grid, map.AsSpan(0, Grid * Grid));
            Same(at + "all.anomalous", map[..(Grid * Grid)]);
        }

        void Same(string name, float[] found) => Golden.Same(name, found, Relative, ofLargest: true);
    }

    [Fact]
    public void TransMm_FirstQuery_HasTheGoldenAttentionAndGradients()
    {
        int query = Golden.Queries.First(),
            blocks = _made.Pack.Manifest.RequireClip().Layers;
        string at = $"q{query}.transmm.";
        Dictionary<string, (long[] Shape, float[] Values)> said = Traced(query, blocks);
        foreach (string what in new[] { "attention", "gradient" })
        {
            (long[] shape, float[] values) = said[$"{what}.{blocks}"];
            (int heads, int rows, int tokens) = ((int)shape[1], (int)shape[2], (int)shape[3]);
            float[] ofClass = [.. Enumerable.Range(0, heads).SelectMany(h => values[(h * rows * tokens)..((h * rows * tokens) + tokens)])];
            Assert.InRange(Distance(Golden.Of($"{at}{what}.last.cls"), ofClass), 0, Relative);
        }

        foreach (int block in Enumerable.Range(1, blocks - 1))
        {
            (long[] shape, float[] values) = said[$"gradient.{block}"];
            long[] slice = Golden.Shape($"{at}gradient.{block}.slice");
            float[] found =
            [
                .. from h in Enumerable.Range(0, (int)slice[0])
                from row in Enumerable.Range(0, (int)slice[1])
                from column in Enumerable.Range(0, (int)slice[2])
                select values[(((h * shape[2]) + row) * shape[3]) + column],
            ];
            Assert.InRange(Distance(Golden.Of($"{at}gradient.{block}.slice"), found), 0, Relative);
        }
    }

    [Fact]
    public void PadimOnClip_EveryQuery_HasTheGoldenMapsAndScores()
    {
        var channels = new PadimChannels(0, Golden.Integers("padim_clip_channels"));
        Picture[] references = [.. Golden.References.Select(Picture)];
        using var source = new PadimClip(_made.Pack, channels, _made.Recipe, _made.Store);
        using var method = new PadimMethod(source);
        foreach (int shots in new[] { 1, references.Length })
        {
            Func<Picture, Judgement[]> judge = method.Enroll(Golden.Object, shots, references[..shots], Cancellation);
            var padim = new Padim([.. references[..shots].Select(r => source.Features(r, Cancellation).Rows)], Grid * Grid, Cancellation);
            foreach (int query in Golden.Queries)
            {
                string at = $"q{query}.padim.clip.{shots}shot.";
                Golden.Same(
                    at + "distance",
                    padim.Distances(source.Features(Picture(query), Cancellation).Rows),
                    Relative,
                    ofLargest: true
                );
                Judgement row = Assert.Single(judge(Picture(query)));
                float[] map = new float[Size * Size];
                row.ReadMap!(Size, Size, map);
                Golden.Same(at + "map", map, Relative, ofLargest: true);
                Golden.Same(at + "score", [row.Score], Relative, ofLargest: true);
            }
        }
    }

    private static bool Near(float one, float other) => Math.Abs(one - other) <= Tolerance;

    private static double Distance(float[] golden, float[] found) =>
        TensorPrimitives.Distance<float>(golden, found) / TensorPrimitives.Norm<float>(golden);

    private Picture Picture(int number) => _made.Picture(number);

    private TextPair Pair(string set) =>
        TextPair.Of(
            new PromptEmbeddings(_made.Pack),
            set switch
            {
                "plain" => PromptSet.Plain,
                "imagenet" => PromptSet.ImageNet,
                _ => PromptSet.Compositional,
            },
            Golden.Object,
            Cancellation
        );

    /// <summary>The graph of all blocks with its attentions and gradients.</summary>
    private Dictionary<string, (long[] Shape, float[] Values)> Traced(int query, int blocks)
    {
        string weights = Path.GetFullPath(Fixtures.Path("baselines", Golden.Json.GetProperty("pictures").GetString()!));
        using OpenClipFolder clip = OpenClipFolder.Open(Path.Combine(weights, "clip"));
        var graph = new GraphBuilder("traced", GraphTarget.OnnxRuntime);
        int side = clip.Config.Vision.ImageSize;
        Value pixels = graph.Input(GraphNames.Pixels, ElementType.UInt8, 1, side, side, 3),
            text = graph.Input(GraphNames.Text, ElementType.Float32, 1, clip.Config.EmbedDim);
        using (var store = new ExternalWeightFile(_made.Folder["traced.weights"], Cancellation))
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

        graph.Save(_made.Folder["traced.onnx"]);
        var prepared = new ClipFusion.Inspection.PreparedImage();
        new ClipFusion.Inspection.Preparation(_made.Pack.Manifest, _made.Recipe, new ClipFusion.Imaging.PillowResampler()).Run(
            Golden.Picture(query).View,
            Branches.Clip,
            prepared,
            cancellation: Cancellation
        );
        using var session = new PackGraph(_made.Folder["traced.onnx"]);
        using OrtValue image = OrtValue.CreateTensorValueFromMemory(prepared.Clip, [1, side, side, 3]),
            words = OrtValue.CreateTensorValueFromMemory(Pair("plain").Anomalous, [1, clip.Config.EmbedDim]);
        return session.Run(new Dictionary<string, OrtValue> { [GraphNames.Pixels] = image, [GraphNames.Text] = words });
    }
}
