using ClipFusion.Camera;
using ClipFusion.Camera.Simulation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Calibration;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection.Calibration;

/// <summary>What is said of reference pictures before a network has seen them.</summary>
public sealed class ReferenceAdviceTests : IDisposable
{
    private const int Width = 640,
        Height = 480;

    private readonly ModelPack _pack = ModelPack.Open(SharedStarterPack.Folder);
    private readonly Recipe _recipe;

    public ReferenceAdviceTests() => _recipe = PackRecipe.Settle(Recipe.Default("part"), _pack.Manifest);

    public static TheoryData<Material> Materials => [.. Enum.GetValues<Material>()];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _pack.Dispose();

    [Theory, MemberData(nameof(Materials))]
    public async Task GoodParts_OfEveryMaterial_AreLeftInPeace(Material material)
    {
        RgbImage[] parts = await PartsAsync(material);
        Assert.Equal([], Remarks([.. parts.Select(p => Look(p))]));
    }

    [Theory, MemberData(nameof(Materials))]
    public async Task WhatIsWrong_IsSaidOfThatPictureAlone(Material material)
    {
        RgbImage[] parts = await PartsAsync(material);
        ReferenceLook[] Instead(RgbImage of) => [.. parts[..^1].Select(p => Look(p)), Look(of)];
        RgbImage last = parts[^1];
        Assert.Equal([(8, ReferenceRemark.Darker)], Remarks(Instead(Map(last, (v, _) => v * 0.75))));
        Assert.Contains((8, ReferenceRemark.Brighter), Remarks(Instead(Map(last, (v, _) => v * 1.3))));
        Assert.Contains((8, ReferenceRemark.Clipped), Remarks(Instead(Map(last, (v, pixel) => pixel < Width * Height / 6 ? 255 : v))));
        // The same part again under a camera's noise, and a little brighter.
        var noise = new Random(4);
        Assert.Equal(
            [(8, ReferenceRemark.NearDuplicate)],
            Remarks(Instead(Map(parts[2], (v, _) => (v * 1.01) + (6 * (noise.NextDouble() - 0.5)))))
        );
        Assert.Contains((8, ReferenceRemark.Blurred), Remarks(Instead(Blurred(last))));
        Assert.Equal(
            [(8, ReferenceRemark.OtherSize)],
            Remarks([.. parts[..^1].Select(p => Look(p)), Look(last) with { FrameWidth = 2 * Width }])
        );
    }

    [Fact]
    public async Task Advice_SaysWhatToDo()
    {
        RgbImage[] parts = await PartsAsync(Material.CircuitBoard);
        ReferenceAdvice advice = Assert.Single(ReferenceAdvice.Of([.. parts.Select(p => Look(p)), Look(parts[1])]));
        Assert.Equal("picture 9 shows almost the same as picture 2: it teaches nothing new. Take another part", advice.Text);
        ReferenceAdvice dark = Assert.Single(ReferenceAdvice.Of([Look(parts[0], new ImageChecks { MinBrightness = 250 })]));
        Assert.Equal(
            (
                ReferenceRemark.WouldNotBeJudged,
                "picture 1 would not be judged (too dark): the recipe's image checks refuse it. Take it again"
            ),
            (dark.Remark, dark.Text)
        );
    }

    private static (int?, ReferenceRemark)[] Remarks(ReferenceLook[] looks) =>
        [.. ReferenceAdvice.Of(looks).Select(a => (a.Picture, a.Remark))];

    private ReferenceLook Look(RgbImage picture, ImageChecks? checks = null) =>
        ReferenceLook.At(picture.View, _recipe, checks ?? ImageChecks.Off, _pack.Manifest, Cancellation);

    private static async Task<RgbImage[]> PartsAsync(Material material)
    {
        await using var camera = new SimulatedCamera(
            new SimulatedLine(
                new LineOptions
                {
                    Material = material,
                    Width = Width,
                    Height = Height,
                    DefectRate = 0,
                    Seed = 77,
                }
            )
        );
        await camera.OpenAsync(Cancellation);
        var parts = new List<RgbImage>();
        for (int part = 1; part <= 8; part++)
        {
            using Frame frame = await camera.TriggerAsync(
                new TriggerContext(part, TimeSpan.FromMinutes(1), null, null, DateTimeOffset.UnixEpoch),
                Cancellation
            );
            parts.Add(PixelConverter.ToRgb(new ImageView(frame.Pixels, frame.Width, frame.Height, frame.Shape.Stride, frame.Format)));
        }

        return [.. parts];
    }

    private static RgbImage Map(RgbImage picture, Func<double, int, double> value)
    {
        var made = new RgbImage(picture.Width, picture.Height);
        for (int i = 0; i < made.Pixels.Length; i++)
            made.Pixels[i] = (byte)Math.Clamp(Math.Round(value(picture.Pixels[i], i / 3)), 0, 255);
        return made;
    }

    /// <summary>Out of focus: means over 11 x 11 pixels.</summary>
    private static RgbImage Blurred(RgbImage picture)
    {
        const int Radius = 5;
        var made = new RgbImage(picture.Width, picture.Height);
        for (int y = 0; y < picture.Height; y++)
        for (int x = 0; x < picture.Width; x++)
        for (int c = 0; c < 3; c++)
        {
            int sum = 0,
                count = 0;
            for (int dy = Math.Max(0, y - Radius); dy <= Math.Min(picture.Height - 1, y + Radius); dy++)
            for (int dx = Math.Max(0, x - Radius); dx <= Math.Min(picture.Width - 1, x + Radius); dx++, count++)
                sum += picture.Pixels[(3 * ((dy * picture.Width) + dx)) + c];
            made.Pixels[(3 * ((y * picture.Width) + x)) + c] = (byte)(sum / count);
        }

        return made;
    }
}
