using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

public sealed class UlidGeneratorTests
{
    [Fact]
    public void Next_KnownTime_BeginsWithItsTenCharacters()
    {
        // The time of the ULID specification's own example.
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1469918176385));
        Assert.StartsWith("01ARYZ6S41", new UlidGenerator(time).Next(), StringComparison.Ordinal);
    }

    [Fact]
    public void Next_WithinAMillisecondAndWithTheClockAnywhere_OnlyGrows()
    {
        var random = new Random(17);
        var time = new JumpingClock();
        var generator = new UlidGenerator(time);
        var ids = new List<string>();
        for (int i = 0; i < 5000; i++)
        {
            if (i % 10 == 0)
                time.Now = DateTimeOffset.UnixEpoch.AddDays(random.Next(-100, 20_000));
            ids.Add(generator.Next());
        }

        Assert.Equal(ids, ids.Distinct().Order(StringComparer.Ordinal));
        Assert.All(ids, id => Assert.Matches("^[0-7][0-9A-HJKMNP-TV-Z]{25}$", id));
    }

    [Fact]
    public void Next_RandomPartAtItsEnd_CarriesIntoTheTime()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1469918176385));
        Assert.Equal("01ARYZ6S420000000000000000", new UlidGenerator(time, "01ARYZ6S41ZZZZZZZZZZZZZZZZ").Next());
    }

    [Theory]
    [InlineData("01ARYZ6S41")]
    [InlineData("81ARYZ6S41ZZZZZZZZZZZZZZZZ")]
    [InlineData("01ARYZ6S41ZZZZZZZZZZZZZZZU")]
    public void Constructor_NoUlid_SaysWhatIsExpected(string last) =>
        Assert.Contains(
            "26 characters",
            Assert.Throws<FormatException>(() => new UlidGenerator(TimeProvider.System, last)).Message,
            StringComparison.Ordinal
        );

    private sealed class JumpingClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
