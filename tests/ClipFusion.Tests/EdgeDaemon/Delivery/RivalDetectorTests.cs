using System.Buffers;
using System.Text;
using ClipFusion.EdgeDaemon.Delivery;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

public sealed class RivalDetectorTests
{
    private static readonly byte[] Online = Wire.Json(new StatusMessage(DeviceStatus.Online, "mine"));

    private readonly FakeTimeProvider _time = new();
    private readonly RivalDetector _detector;

    public RivalDetectorTests() => _detector = new RivalDetector(Online, "mine", TimeSpan.FromMinutes(1), _time);

    [Theory]
    [InlineData("online")]
    [InlineData("lost")]
    public void Hear_AnothersWordTwiceAfterOurOwn_IsARival(string status)
    {
        Assert.Equal(StatusNews.Own, Hear("online", "mine"));
        Assert.Equal(StatusNews.Contradicted, Hear(status, "other"));
        Assert.Equal(StatusNews.Own, Hear("online", "mine"));
        Assert.Equal(StatusNews.Rival, _detector.Hear(Message(status, "other"), out string? rival));
        Assert.Equal("other", rival);
    }

    [Fact]
    public void Hear_WordsOfAnEarlierRunBeforeOurOwn_AreSetRight()
    {
        foreach (string status in (string[])["lost", "online", "lost", "online"])
            Assert.Equal(StatusNews.Contradicted, Hear(status, "yesterday"));
    }

    [Fact]
    public void Hear_ALeftoverOnceOrAgainLongAfter_IsSetRight()
    {
        for (int i = 0; i < 3; i++)
        {
            Hear("online", "mine");
            Assert.Equal(StatusNews.Contradicted, Hear("online", "yesterday"));
            _time.Advance(TimeSpan.FromMinutes(2));
        }
    }

    [Fact]
    public void Hear_TwiceWithoutOurWordBetween_IsNoProof()
    {
        Hear("online", "mine");
        for (int i = 0; i < 3; i++)
            Assert.Equal(StatusNews.Contradicted, Hear("online", "other"));
    }

    [Fact]
    public void Hear_WhoMakesWay_IsNeverARival()
    {
        for (int i = 0; i < 3; i++)
        {
            Hear("online", "mine");
            Assert.Equal(StatusNews.Contradicted, Hear("offline", "other"));
            Assert.Equal(StatusNews.Contradicted, Hear("lost", "mine"));
        }
    }

    [Fact]
    public void Hear_AfterForgetting_BeginsAnew()
    {
        Hear("online", "mine");
        Hear("lost", "other");
        _detector.Forget();
        Assert.Equal(StatusNews.Contradicted, Hear("lost", "other"));
        Hear("online", "mine");
        Assert.Equal(StatusNews.Contradicted, Hear("lost", "other"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("online")]
    [InlineData("[]")]
    [InlineData("""{"status":1,"bootId":[]}""")]
    [InlineData("""{"status":"online","bootId":"\ud800"}""")]
    [InlineData("{\"status\":\"online\",\"bootId\":\"x\"")]
    public void Hear_Garbage_IsSetRight(string payload)
    {
        for (int i = 0; i < 3; i++)
        {
            Hear("online", "mine");
            Assert.Equal(StatusNews.Contradicted, _detector.Hear(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(payload)), out _));
        }
    }

    private static ReadOnlySequence<byte> Message(string status, string boot) =>
        new(
            boot == "mine" && status == "online"
                ? Online
                : Encoding.UTF8.GetBytes($$"""{"schema":"clipfusion/v1/status","status":"{{status}}","bootId":"{{boot}}"}""")
        );

    private StatusNews Hear(string status, string boot) => _detector.Hear(Message(status, boot), out _);
}
