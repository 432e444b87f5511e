using ClipFusion.Inspection.MemoryBanks;

namespace ClipFusion.Tests.Inspection;

public sealed class MemoryBankTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int, int, int, int> Shapes =>
        new()
        {
            // queries, dimension, rows an image, images
            { 1, 1, 1, 1 },
            { 7, 1, 3, 2 },
            { 1, 5, 1, 1 },
            { 6, 8, 16, 1 },
            { 13, 3, 17, 3 },
            { 225, 896, 225, 2 },
            { 97, 33, 31, 5 },
            { 1024, 31, 64, 3 },
            { 5, 1280, 1, 20 },
        };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Search_RandomShapes_AgreesWithDoublePrecision(int queries, int dimension, int rows, int images)
    {
        var random = new Random((queries * 31) + (dimension * 7) + rows + images);
        foreach (int parallelism in (int[])[1, 3])
        {
            var references = Enumerable.Range(0, images).Select(_ => Gaussian(random, rows * dimension)).ToArray();
            var bank = MemoryBank.Create([.. references.Select(r => new ReferenceFeatures(r))], dimension);
            float[] query = Unit(Gaussian(random, queries * dimension), dimension);
            var distances = new float[queries];
            var nearest = new int[queries];
            int? exclude = images > 1 ? images / 2 : null;

            bank.Search(query, distances, nearest, exclude, parallelism, Token);

            for (int q = 0; q < queries; q++)
            {
                var all =
                    from image in Enumerable.Range(0, images)
                    where image != exclude
                    from row in Enumerable.Range(0, rows)
                    select Distance(query.AsSpan(q * dimension, dimension), references[image].AsSpan(row * dimension, dimension));
                Assert.Equal(all.Min(), distances[q], 3e-6);
                (int nearestImage, int nearestRow) = bank.Origin(nearest[q]);
                Assert.NotEqual(exclude, nearestImage);
                double claimed = Distance(
                    query.AsSpan(q * dimension, dimension),
                    references[nearestImage].AsSpan(nearestRow * dimension, dimension)
                );
                Assert.Equal(distances[q], claimed, 3e-6);
            }
        }
    }

    [Fact]
    public void Search_EqualRows_NamesTheLowest()
    {
        // More copies than a panel has rows, spread over two images.
        float[] copies = [.. Enumerable.Range(0, 40).SelectMany(i => i < 3 ? new float[] { 0, 1 } : [2, 0])];
        var bank = MemoryBank.Create([new(copies), new(copies)], 2);
        var nearest = new int[1];

        bank.Search([1, 0], new float[1], nearest, cancellation: Token);
        Assert.Equal((0, 3), bank.Origin(nearest[0]));

        bank.Search([1, 0], new float[1], nearest, exclude: 0, cancellation: Token);
        Assert.Equal((1, 3), bank.Origin(nearest[0]));
    }

    [Fact]
    public void Search_EveryRowOfTheBank_FindsItself()
    {
        const int rows = 67,
            dimension = 48;
        float[] features = Unit(Gaussian(new Random(5), rows * dimension), dimension);
        var bank = MemoryBank.Create([new(features)], dimension);
        var distances = new float[rows];
        var nearest = new int[rows];

        bank.Search(features, distances, nearest, cancellation: Token);

        Assert.Equal(Enumerable.Range(0, rows), nearest);
        Assert.All(distances, d => Assert.InRange(d, -1e-6f, 1e-6f));
    }

    [Fact]
    public void Search_OppositeRow_IsAtDistanceOne()
    {
        // Fifteen of sixteen places of the panel are padding, which must not look nearer than the row itself.
        var bank = MemoryBank.Create([new(new float[] { -3, 0 })], 2);
        var distance = new float[1];
        bank.Search([1, 0], distance, cancellation: Token);
        Assert.Equal(1, distance[0]);
    }

    [Fact]
    public void Create_IgnoredRows_AreNotInTheBank()
    {
        float[] rows = [1, 0, 0, 0, 0, 1];
        var bank = MemoryBank.Create([new(rows, [true, true, false]), new(rows, [true, true, true])], 2);
        var distance = new float[1];
        var nearest = new int[1];

        bank.Search([1, 0], distance, nearest, cancellation: Token);

        Assert.Equal(1, bank.Count);
        Assert.Equal(0.5f, distance[0], 1e-6f);
        Assert.Equal((0, 2), bank.Origin(nearest[0]));
    }

    [Theory]
    [InlineData(0f, "zero vector")]
    [InlineData(float.NaN, "NaN or infinite")]
    [InlineData(float.NegativeInfinity, "NaN or infinite")]
    public void Create_BrokenVector_NamesImageAndRow(float value, string reason)
    {
        float[] good = [1, 2, 3, 4],
            broken = [1, 2, value, value];
        var e = Assert.Throws<ArgumentException>(() => MemoryBank.Create([new(good), new(broken)], 2));
        Assert.Contains("Reference image 1: row 1", e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e-30f)]
    [InlineData(1e30f)]
    public void Create_ExtremeLengths_AreNormalised(float scale)
    {
        var bank = MemoryBank.Create([new(new[] { scale, scale })], 2);
        var distance = new float[1];
        bank.Search([MathF.Sqrt(0.5f), MathF.Sqrt(0.5f)], distance, cancellation: Token);
        Assert.Equal(0, distance[0], 1e-6f);
    }

    [Theory]
    [InlineData(0.1, 24)]
    [InlineData(0.5, 120)]
    [InlineData(1, 240)]
    public void CreateCoreset_RowsInClusters_KeepsSomeOfEach(double share, int kept)
    {
        // Twelve directions, twenty rows close to each, over three images; so a coreset of a tenth must still be near to everything.
        const int dimension = 16,
            perImage = 80;
        var random = new Random(8);
        float[][] centres = [.. Enumerable.Range(0, 12).Select(_ => Gaussian(random, dimension))];
        float[][] images =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(image =>
                    Enumerable
                        .Range(0, perImage)
                        .SelectMany(row => centres[((image * perImage) + row) % 12].Select(v => v + (0.05f * random.NextSingle())))
                        .ToArray()
                ),
        ];
        var bank = MemoryBank.CreateCoreset(
            [.. images.Select(i => new ReferenceFeatures(i))],
            dimension,
            share,
            parallelism: 2,
            cancellation: Token
        );

        Assert.Equal(kept, bank.Count);
        Assert.Equal(3, bank.ImageCount);
        var distances = new float[perImage];
        var nearest = new int[perImage];
        foreach (float[] image in images)
        {
            float[] queries = Unit(image, dimension);
            bank.Search(queries, distances, nearest, cancellation: Token);
            Assert.All(distances, d => Assert.InRange(d, -1e-6f, 0.01f));
            for (int q = 0; q < perImage; q++)
            {
                // What a row is said to come from is where it lies.
                (int from, int row) = bank.Origin(nearest[q]);
                Assert.Equal(
                    distances[q],
                    Distance(queries.AsSpan(q * dimension, dimension), images[from].AsSpan(row * dimension, dimension)),
                    3e-6
                );
            }
        }
    }

    /// <summary>The banks without an image are what the others alone would give: nothing of it stands in for them.</summary>
    [Fact]
    public void CreateCoreset_OfEachImage_KeepsWhatItWouldKeepWithoutTheOthers()
    {
        const int Dimension = 5,
            Rows = 40;
        var random = new Random(3);
        float[][] images =
        [
            .. Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, Rows * Dimension).Select(_ => random.NextSingle() - 0.5f).ToArray()),
        ];
        ReferenceFeatures[] all = [.. images.Select(i => new ReferenceFeatures(i)), new(images[0], [.. Enumerable.Repeat(true, Rows)])];
        MemoryBank whole = MemoryBank.CreateCoreset(all, Dimension, 0.25, scope: CoresetScope.EachImage, cancellation: Token),
            without = MemoryBank.CreateCoreset(all[1..4], Dimension, 0.25, scope: CoresetScope.EachImage, cancellation: Token);
        Assert.Equal((40, 5), (whole.Count, whole.ImageCount));
        Assert.Equal(
            Enumerable.Range(0, without.Count).Select(r => (without.Origin(r).Image + 1, without.Origin(r).Row)),
            Enumerable.Range(0, whole.Count).Select(whole.Origin).Where(o => o.Image > 0)
        );
        float[] queries = [.. Enumerable.Range(0, 7 * Dimension).Select(_ => random.NextSingle() - 0.5f)];
        UnitRows.Normalize(queries, Dimension, queries, "queries");
        float[] leftOut = new float[7],
            alone = new float[7];
        whole.Search(queries, leftOut, exclude: 0, cancellation: Token);
        without.Search(queries, alone, cancellation: Token);
        Assert.Equal(alone, leftOut);
    }

    [Fact]
    public void CreateCoreset_IgnoredRows_AreNeverKept()
    {
        float[] rows = [1, 0, 0, 1, -1, 0, 0, -1];
        var bank = MemoryBank.CreateCoreset(
            [new(rows, [false, true, false, true]), new(rows, [true, true, true, true])],
            2,
            0.9,
            cancellation: Token
        );
        Assert.Equal(1, bank.Count);
        Assert.Contains(bank.Origin(0), new[] { (0, 0), (0, 2) });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void CreateCoreset_NoShare_Throws(double share) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            MemoryBank.CreateCoreset([new(new float[] { 1, 0 })], 2, share, cancellation: Token)
        );

    [Fact]
    public void Create_NothingLeft_IsAnError()
    {
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => MemoryBank.Create([], 2)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "empty",
            Assert.Throws<ArgumentException>(() => MemoryBank.Create([new(new float[] { 1, 0 }, [true])], 2)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Search_OnlyImageExcluded_IsAnError()
    {
        var bank = MemoryBank.Create([new(new float[] { 1, 0 })], 2);
        var e = Assert.Throws<ArgumentException>(() => bank.Search([1, 0], new float[1], exclude: 0, cancellation: Token));
        Assert.Contains("leave-one-out needs rows from at least two", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => bank.Search([1, 0], new float[1], exclude: 1, cancellation: Token));
    }

    [Theory]
    [InlineData(2f)]
    [InlineData(0f)]
    [InlineData(float.NaN)]
    public void Search_QueryNotOfLengthOne_NamesTheQuery(float value)
    {
        var bank = MemoryBank.Create([new(new float[] { 1, 0 })], 2);
        var e = Assert.Throws<ArgumentException>(() => bank.Search([1, 0, 0, value], new float[2], cancellation: Token));
        Assert.Contains("Query 1 has length", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Search_Cancelled_Stops(int parallelism)
    {
        float[] rows = Unit(Gaussian(new Random(1), 64 * 8), 8);
        var bank = MemoryBank.Create([new(rows)], 8);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            bank.Search(rows, new float[64], parallelism: parallelism, cancellation: new CancellationToken(canceled: true))
        );
    }

    private static float[] Gaussian(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }

    private static float[] Unit(float[] rows, int dimension)
    {
        UnitRows.Normalize(rows, dimension, rows, "test rows");
        return rows;
    }

    private static double Distance(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double dot = 0,
            xx = 0,
            yy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            dot += (double)x[i] * y[i];
            xx += (double)x[i] * x[i];
            yy += (double)y[i] * y[i];
        }

        return (1 - (dot / Math.Sqrt(xx * yy))) / 2;
    }
}
