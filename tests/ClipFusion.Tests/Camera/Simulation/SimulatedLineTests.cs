using ClipFusion.Camera;
using ClipFusion.Camera.Simulation;
using ClipFusion.Foundation;

namespace ClipFusion.Tests.Camera.Simulation;

[Trait("speed", "slow")]
public sealed class SimulatedLineTests
{
    private static readonly LineOptions Small = new()
    {
        Width = 320,
        Height = 256,
        Seed = 5,
        DefectRate = 1,
    };

    public static TheoryData<Material> Materials => [.. Enum.GetValues<Material>()];

    [Theory, MemberData(nameof(Materials))]
    public async Task Line_SameSeedAndPart_GivesTheSameBytes(Material material)
    {
        LineOptions options = Small with { Material = material, DefectRate = 0.5 };
        byte[] first = await Shoot(options, 11),
            again = await Shoot(options, 11);
        Assert.Equal(first, again);
        Assert.NotEqual(first, await Shoot(options, 12));
        Assert.NotEqual(first, await Shoot(options with { Seed = 6 }, 11));
    }

    [Theory, MemberData(nameof(Materials))]
    public async Task Truth_EveryDefect_IsVisibleInsideItsMaskAndNowhereElse(Material material)
    {
        foreach (DefectKind kind in Enum.GetValues<DefectKind>())
        {
            // Without noise the only difference between the two lines is the defect.
            LineOptions options = Small with
            {
                Material = material,
                Defects = [kind],
                SensorNoise = 0,
                BlurPasses = 0,
            };
            if (kind == DefectKind.MissingPart && material <= Material.CeramicTile)
            {
                Assert.Throws<ArgumentOutOfRangeException>(() => new SimulatedLine(options));
                continue;
            }
            byte[] bad = await Shoot(options, 3),
                good = await Shoot(options with { DefectRate = 0 }, 3);
            byte[] mask = new byte[options.Width * options.Height];
            LineTruth truth = new SimulatedLine(options).Truth;
            truth.DrawMask(3, mask);
            int masked = mask.Count(value => value == 255),
                inside = 0,
                outside = 0;
            for (int i = 0; i < mask.Length; i++)
            {
                int difference =
                    Math.Abs(bad[3 * i] - good[3 * i])
                    + Math.Abs(bad[3 * i + 1] - good[3 * i + 1])
                    + Math.Abs(bad[3 * i + 2] - good[3 * i + 2]);
                if (difference < 12)
                    continue;
                if (mask[i] == 255)
                    inside++;
                else
                    outside++;
            }
            Assert.True(masked > 20, $"{kind} on {material} covers {masked} pixels");
            Assert.True(inside > 0.2 * masked, $"{kind} on {material} changes {inside} of {masked} masked pixels");
            // The soft edges of stains and lines reach a little past the half-covered pixels.
            Assert.True(outside < 0.9 * masked + 40, $"{kind} on {material} changes {outside} pixels outside of its mask of {masked}");
            Assert.EndsWith($" on {truth.Of(3).Caption.Split(" on ")[1]}", truth.Of(3).Caption, StringComparison.Ordinal);
            Assert.Equal(kind, truth.Of(3).Defect);
        }
    }

    [Fact]
    public void Truth_Rate_IsThatOfTheOptionsAndGoodPartsHaveNoMask()
    {
        LineTruth truth = new SimulatedLine(Small with { DefectRate = 0.2 }).Truth;
        var mask = new byte[Small.Width * Small.Height];
        ulong good = Enumerable.Range(0, 100).Select(part => (ulong)part).First(part => !truth.Of(part).IsDefective);
        truth.DrawMask(good, mask);
        Assert.DoesNotContain((byte)255, mask);
        Assert.Equal("good", truth.Of(good).Caption);
        Assert.InRange(Enumerable.Range(0, 2000).Count(part => truth.Of((ulong)part).IsDefective), 340, 460);
    }

    [Fact]
    public void Frame_Type_HasNothingThatTellsTheTruth()
    {
        IEnumerable<Type> reachable = typeof(Frame)
            .GetProperties()
            .Select(property => property.PropertyType)
            .Concat(typeof(TriggerContext).GetProperties().Select(property => property.PropertyType));
        Assert.DoesNotContain(reachable, type => type.Namespace == typeof(SimulatedLine).Namespace);
    }

    [Theory, InlineData(PixelFormat.Mono8, 1), InlineData(PixelFormat.BGR8, 3), InlineData(PixelFormat.BayerRG8, 1)]
    public async Task Line_OtherFormats_ShowTheSamePart(PixelFormat format, int bytes)
    {
        LineOptions options = Small with { SensorNoise = 0 };
        byte[] rgb = await Shoot(options, 1),
            other = await Shoot(options with { Format = format }, 1);
        Assert.Equal(options.Width * options.Height * bytes, other.Length);
        for (int i = 0; i < options.Width * options.Height; i += 97)
        {
            (int x, int y) = (i % options.Width, i / options.Width);
            int expected = format switch
            {
                PixelFormat.BGR8 => rgb[3 * i + 2],
                PixelFormat.BayerRG8 => rgb[3 * i + (x & 1) + (y & 1)],
                _ => (77 * rgb[3 * i] + 150 * rgb[3 * i + 1] + 29 * rgb[3 * i + 2]) >> 8,
            };
            Assert.InRange(other[i * bytes], expected - 2, expected + 2);
        }
    }

    [Fact]
    public void Options_OutOfRange_AreNamed()
    {
        Assert.Contains(
            "DefectRate must be 0..1",
            Assert.Throws<ArgumentOutOfRangeException>(() => new SimulatedLine(Small with { DefectRate = 1.5 })).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => new SimulatedLine(Small with { Width = 10 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SimulatedLine(Small with { Format = PixelFormat.Encoded }));
    }

    private static async Task<byte[]> Shoot(LineOptions options, long part)
    {
        await using var camera = new SimulatedCamera(new SimulatedLine(options));
        await camera.OpenAsync(TestContext.Current.CancellationToken);
        using Frame frame = await camera.TriggerAsync(
            new TriggerContext(part, TimeSpan.FromMinutes(1)),
            TestContext.Current.CancellationToken
        );
        return frame.Pixels.ToArray();
    }
}
