using ClipFusion.Evaluation.Baselines;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>PaDiM against its authors' code on the same features.</summary>
public sealed class PadimTests : IDisposable
{
    private const double Tolerance = 1e-4;

    private readonly BaselineGoldens _golden = new();

    public void Dispose() => _golden.Dispose();

    [Fact]
    public void Distances_MoreImagesThanChannels_AreTheGoldenOnes()
    {
        // [n, D, P] and [D, P].
        long[] shape = _golden.Shape("padim.math.references");
        (int n, int width, int positions) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        float[] references = _golden.Of("padim.math.references");
        float[][] images =
        [
            .. Enumerable.Range(0, n).Select(i => Rows(references[(i * width * positions)..((i + 1) * width * positions)], positions)),
        ];
        var padim = new Padim(images, positions, TestContext.Current.CancellationToken);
        _golden.Same("padim.math.distance", padim.Distances(Rows(_golden.Of("padim.math.query"), positions)), Tolerance, ofLargest: true);
    }

    [Theory]
    [InlineData(1, 7, 3)]
    [InlineData(2, 5, 9)]
    [InlineData(5, 5, 4)]
    [InlineData(64, 3, 21)]
    public void Distances_AnyNumberOfImagesAndChannels_AreThoseOfTheCovarianceMatrix(int n, int positions, int width)
    {
        var random = new Random(n);
        float[][] images = [.. Enumerable.Range(0, n).Select(_ => Draw())];
        float[] query = Draw();
        float[] found = new Padim(images, positions, TestContext.Current.CancellationToken).Distances(query);
        for (int p = 0; p < positions; p++)
            Assert.Equal(ByCovariance(images, query, p, width), found[p], 1e-5 * found.Max());

        float[] Draw() => [.. Enumerable.Range(0, positions * width).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    [Theory]
    [InlineData(0, 1, 5)]
    [InlineData(0, 1, 1)]
    [InlineData(0, -1, 2)]
    public void Channels_ListThatDoesNotFit_IsRefused(params int[] listed) =>
        Assert.Contains(
            "0 to 4",
            Assert.Throws<PadimChannelsException>(() => new PadimChannels(0, listed).Of(5)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Channels_Drawn_AreTheSameEveryTimeAndAllWhereThereAreFewer()
    {
        int[] drawn = new PadimChannels(20).Of(48);
        Assert.Equal(drawn, new PadimChannels(20).Of(48));
        Assert.Equal(20, drawn.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 7), new PadimChannels(20).Of(7).Order());
    }

    [Fact]
    public void Distances_OneImage_AreTenTimesTheDistanceToItAndNeverNaN()
    {
        float[] image = [1, 2, 3, 4],
            query = [1, 2, 6, 8];
        Assert.Equal([0f, 50f], new Padim([image], 2, TestContext.Current.CancellationToken).Distances(query));
    }

    [Fact]
    public void Distances_OfANetworksLayers_GiveTheGoldenMapsAndScores()
    {
        using Backbone backbone = Backbone.Open(new BackboneOptions(Fixtures.Path("baselines", "backbone.onnx")) { Threads = 1 });
        int side = _golden.Json.GetProperty("padim_size").GetInt32();
        Assert.Equal(side, backbone.InputSize);
        var channels = new PadimChannels(0, _golden.Integers("padim_channels"));
        int[] references = [.. _golden.References];
        foreach (int shots in new[] { 1, references.Length })
        {
            (int height, int width) = (0, 0);
            float[][] normal = [.. references.Take(shots).Select(Features)];
            var padim = new Padim(normal, height * width, TestContext.Current.CancellationToken);
            foreach (int query in _golden.Queries)
            {
                string at = $"q{query}.padim.cnn.{shots}shot.";
                float[] distances = padim.Distances(Features(query)),
                    map = SmoothedMap.Of(distances, height, width, side, sigma: 4);
                _golden.Same(at + "distance", distances, Tolerance, ofLargest: true);
                _golden.Same(at + "map", map, Tolerance, ofLargest: true);
                _golden.Same(at + "score", [map.Max()], Tolerance, ofLargest: true);
            }

            float[] Features(int picture)
            {
                byte[] rgb = BackbonePixels.Squeezed(
                    _golden.Picture(picture).View,
                    side,
                    Recipe.Default(_golden.Object),
                    new PillowResampler()
                );
                using NetworkOutputs said = backbone.Run(
                    BackbonePixels.Normalized(rgb, side * side, backbone.Options),
                    TestContext.Current.CancellationToken
                );
                FeatureMap[] layers = [.. backbone.Outputs.Select(o => FeatureMap.Of(said, o))];
                (height, width) = (layers[0].Height, layers[0].Width);
                return FeatureMaps.Nearest(layers, channels.Of(layers.Sum(l => l.Channels)));
            }
        }
    }

    /// <summary>sqrt((x-mu)^T C^-1 (x-mu)) by Gaussian elimination, C = A^T A / max(n-1, 1) + 0.01 I.</summary>
    private static double ByCovariance(float[][] images, float[] query, int position, int width)
    {
        double[] mean = [.. Enumerable.Range(0, width).Select(c => images.Average(i => (double)i[(position * width) + c]))],
            e = [.. Enumerable.Range(0, width).Select(c => query[(position * width) + c] - mean[c])],
            x = [.. e];
        double[][] c =
        [
            .. Enumerable
                .Range(0, width)
                .Select(a =>
                    Enumerable
                        .Range(0, width)
                        .Select(b =>
                            (
                                images.Sum(i => (i[(position * width) + a] - mean[a]) * (i[(position * width) + b] - mean[b]))
                                / Math.Max(images.Length - 1, 1)
                            ) + (a == b ? 0.01 : 0)
                        )
                        .ToArray()
                ),
        ];
        for (int k = 0; k < width; k++)
        for (int row = k + 1; row < width; row++)
        {
            double factor = c[row][k] / c[k][k];
            for (int column = k; column < width; column++)
                c[row][column] -= factor * c[k][column];
            x[row] -= factor * x[k];
        }

        for (int row = width - 1; row >= 0; row--)
        {
            for (int column = row + 1; column < width; column++)
                x[row] -= c[row][column] * x[column];
            x[row] /= c[row][row];
        }

        return Math.Sqrt(x.Zip(e, (a, b) => a * b).Sum());
    }

    /// <summary>[D, P] to [P, D].</summary>
    private static float[] Rows(float[] columns, int positions)
    {
        int width = columns.Length / positions;
        float[] rows = new float[columns.Length];
        for (int p = 0; p < positions; p++)
        for (int c = 0; c < width; c++)
            rows[(p * width) + c] = columns[(c * positions) + p];
        return rows;
    }
}
