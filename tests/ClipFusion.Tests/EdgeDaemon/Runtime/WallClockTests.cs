using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Runtime;

public sealed class WallClockTests
{
    private readonly FakeTimeProvider _monotonic = new();
    private readonly LogLines<WallClock> _log = new();
    private readonly TwoClocks _time;
    private bool? _kernel = true;

    public WallClockTests() => _time = new TwoClocks(_monotonic);

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(false, false, false)]
    [InlineData(null, true, null)]
    public void Check_ByTheKernelsWord_TrustsAndTells(bool? kernel, bool isTrusted, bool? told)
    {
        _kernel = kernel;
        WallClock clock = Clock();
        Assert.Equal((isTrusted, isTrusted, told), (clock.IsTrusted, clock.Check(), clock.Told));
    }

    [Theory]
    [InlineData(61, false)]
    [InlineData(-61, false)]
    [InlineData(59, true)]
    [InlineData(-59, true)]
    public void Check_JumpEitherWay_AboveAnHourIsNotTrusted(int minutes, bool isTrusted)
    {
        WallClock clock = Clock();
        _time.Jump(TimeSpan.FromMinutes(minutes));
        Assert.Equal((isTrusted, isTrusted, true), (clock.Check(), clock.Told, clock.IsSynchronised));
    }

    [Fact]
    public void Check_ManySmallSteps_AddUpToAJump()
    {
        WallClock clock = Clock();
        var trusted = new List<bool>();
        for (int i = 0; i < 3; i++)
        {
            _time.Jump(TimeSpan.FromMinutes(25));
            trusted.Add(clock.Check());
        }

        Assert.Equal([true, true, false], trusted);
    }

    [Fact]
    public void Check_DaysWithoutAJump_StaysTrusted()
    {
        WallClock clock = Clock();
        for (int day = 0; day < 400; day++)
        {
            _monotonic.Advance(TimeSpan.FromDays(1));
            Assert.True(clock.Check());
        }

        Assert.Empty(_log.Ids);
    }

    [Fact]
    public void Check_SynchronisedAnewAfterAJump_IsTrustedAgain()
    {
        WallClock clock = Clock();
        _time.Jump(TimeSpan.FromDays(-1));
        // The kernel's old word is worth nothing: it was synchronised before the jump.
        Assert.Equal([false, false], new[] { clock.Check(), clock.Check() });
        _kernel = false;
        Assert.False(clock.Check());
        _kernel = true;
        Assert.True(clock.Check());
        Assert.Equal([5002, 5001, 5003, 5000], _log.Ids);
    }

    [Fact]
    public void Check_ADayAfterTheLastJump_IsTrustedAgain()
    {
        WallClock clock = Clock();
        _time.Jump(TimeSpan.FromDays(400));
        Assert.False(clock.Check());
        _monotonic.Advance(TimeSpan.FromHours(23));
        _time.Jump(TimeSpan.FromDays(-400));
        Assert.False(clock.Check());
        _monotonic.Advance(TimeSpan.FromHours(23));
        Assert.False(clock.Check());
        _monotonic.Advance(TimeSpan.FromHours(1));
        Assert.True(clock.Check());
    }

    [Fact]
    public void Check_AJumpWhileNotSynchronised_TakesBothBack()
    {
        _kernel = false;
        WallClock clock = Clock();
        _time.Jump(TimeSpan.FromDays(20_000));
        Assert.Equal((false, false), (clock.Check(), clock.Told));
        // The time service that made the jump now says so to the kernel: this is how a box without a battery comes up.
        _kernel = true;
        Assert.Equal((true, true), (clock.Check(), clock.Told));
    }

    [Fact]
    public void Check_FirstSynchronisationThatJumps_IsTrustedAtOnce()
    {
        _kernel = false;
        WallClock clock = Clock();
        _time.Jump(TimeSpan.FromDays(20_000));
        _kernel = true;
        Assert.True(clock.Check());
    }

    [Fact]
    public void IsSynchronised_TheRealKernel_AnswersAndNeverThrows()
    {
        bool? said = KernelClock.IsSynchronised();
        Assert.True(
            !OperatingSystem.IsLinux() || said is not null,
            "Linux is expected to answer adjtimex, which needs no rights for reading."
        );
    }

    private WallClock Clock() => new(_time, _log, () => _kernel);
}
