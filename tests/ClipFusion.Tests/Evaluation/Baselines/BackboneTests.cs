using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Graph;
using ClipFusion.Tests.Cli;

namespace ClipFusion.Tests.Evaluation.Baselines;

public sealed class BackboneTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public void Features_OfAPicture_AreThosePatchCoresPaperDescribes()
    {
        using var folder = new TemporaryFolder();
        string file = TinyBackbone.Write(folder["net.onnx"]);
        var options = new BackboneOptions(file)
        {
            Resize = 20,
            Mean = [0.4f, 0.5f, 0.6f],
            Deviation = [0.2f, 0.3f, 0.4f],
        };
        using Backbone backbone = Backbone.Open(options);
        // Its shorter side is 20 already: nothing is resampled, and the centre 16 x 16 begins at column 4, row 2.
        RgbImage picture = NoisePicture.Create(3, 24, 20);
        string path = Save(picture, folder["picture.png"]);
        using ModelPack pack = ModelPack.Open(tiny.Folder);
        using var source = new BackbonePatches(backbone, Recipe.Default("object"), new NetworkStore(folder["store"], pack, []));

        PatchFeatures found = source.Features(new Picture(path, "picture", "object"), TestContext.Current.CancellationToken);

        Assert.Equal(["near", "far"], backbone.Outputs);
        Assert.Equal((8, 8, new Region(4, 2, 16, 16)), (found.Height, found.Width, found.Covered));
        var input = new double[3, 16, 16];
        for (int c = 0; c < 3; c++)
        for (int y = 0; y < 16; y++)
        for (int x = 0; x < 16; x++)
            input[c, y, x] = ((picture.Pixels[(3 * (((y + 2) * 24) + x + 4)) + c] / 255.0) - options.Mean[c]) / options.Deviation[c];
        (double[,,] near, double[,,] far) = TinyBackbone.Run(input);
        const int width = TinyBackbone.NearChannels + TinyBackbone.FarChannels;
        for (int i = 0; i < 64; i++)
        {
            for (int c = 0; c < width; c++)
            {
                double expected =
                    c < TinyBackbone.NearChannels
                        ? Averaged(near, c, i / 8, i % 8)
                        : Enlarged(far, c - TinyBackbone.NearChannels, i / 8, i % 8);
                Assert.Equal(expected, found.Rows[(i * width) + c], 1e-5);
            }
        }
    }

    [Fact]
    public void LocallyAware_MapsOfOneGrid_AreAsThoseOfRows()
    {
        var random = new Random(4);
        float[][] planes = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, 3 * 25).Select(_ => random.NextSingle()).ToArray())];
        float[][] rows = [.. planes.Select(p => Enumerable.Range(0, 25 * 3).Select(i => p[(i % 3 * 25) + (i / 3)]).ToArray())];
        Assert.All(
            PatchCore.LocallyAware(rows, 5).Zip(FeatureMaps.LocallyAware([.. planes.Select(p => new FeatureMap(p, 3, 5, 5))], 5, 5)),
            p => Assert.Equal(p.First, p.Second, 1e-6f)
        );
    }

    [Fact]
    public void Pixels_OfALargePicture_AreItsCentreAfterResizing()
    {
        using var folder = new TemporaryFolder();
        using Backbone backbone = Backbone.Open(new BackboneOptions(TinyBackbone.Write(folder["net.onnx"])));
        using ModelPack pack = ModelPack.Open(tiny.Folder);
        using var source = new BackbonePatches(backbone, Recipe.Default("object"), new NetworkStore(folder["store"], pack, []));

        // 16 x 256 / 224 = 18: 360 x 180 becomes 36 x 18, of which columns 10 to 26 and rows 1 to 17 are shown.
        (_, Region covered) = source.Pixels(NoisePicture.Create(3, 360, 180).View);
        Assert.Equal((18, new Region(100, 10, 160, 160)), (backbone.Resize, covered));
    }

    [Fact]
    public void Content_OfWeightsBesideTheFile_Counts()
    {
        using var folder = new TemporaryFolder();
        string file = folder["net.onnx"];
        using (var store = new ExternalWeightFile(folder["net.weights"], TestContext.Current.CancellationToken))
            TinyBackbone.Write(file, store);
        string Content()
        {
            using Backbone backbone = Backbone.Open(new BackboneOptions(file));
            return backbone.Content;
        }

        string before = Content();
        File.WriteAllText(folder["unrelated.txt"], "other");
        Assert.Equal(before, Content());
        byte[] weights = File.ReadAllBytes(folder["net.weights"]);
        weights[0] ^= 1;
        File.WriteAllBytes(folder["net.weights"], weights);
        Assert.NotEqual(before, Content());
    }

    private static double Averaged(double[,,] map, int channel, int row, int column)
    {
        double sum = 0;
        for (int v = row - 1; v <= row + 1; v++)
        for (int u = column - 1; u <= column + 1; u++)
            if (v >= 0 && u >= 0 && v < map.GetLength(1) && u < map.GetLength(2))
                sum += map[channel, v, u];
        return sum / 9;
    }

    /// <summary>From 4 x 4 to 8 x 8 after the averaging.</summary>
    private static double Enlarged(double[,,] map, int channel, int row, int column)
    {
        (double y, double x) = (Math.Clamp(((row + 0.5) / 2) - 0.5, 0, 3), Math.Clamp(((column + 0.5) / 2) - 0.5, 0, 3));
        double At(int v, int u) => Averaged(map, channel, Math.Min(v, 3), Math.Min(u, 3));
        (int top, int left) = ((int)y, (int)x);
        return ((1 - y + top) * (((1 - x + left) * At(top, left)) + ((x - left) * At(top, left + 1))))
            + ((y - top) * (((1 - x + left) * At(top + 1, left)) + ((x - left) * At(top + 1, left + 1))));
    }

    private static string Save(RgbImage image, string path)
    {
        using FileStream file = File.Create(path);
        ImageCodec.EncodePng(image.View, file);
        return path;
    }
}
