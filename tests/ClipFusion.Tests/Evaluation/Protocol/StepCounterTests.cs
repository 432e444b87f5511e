using ClipFusion.Evaluation.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.Evaluation.Protocol;

public sealed class StepCounterTests : IProgress<EvaluationProgress>
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<EvaluationProgress> _told = [];

    [Fact]
    public void Left_KindThatIsStillToComeWasNeverMeasured_IsTheLeast()
    {
        StepCounter steps = Counter(("fast", 4), ("slow", 10));
        Work(steps, "fast", 1, 10, times: 3);

        Assert.True(_told[^1].IsLeast);
        Assert.Equal(TimeSpan.FromMilliseconds(10), _told[^1].Left);
    }

    [Fact]
    public void Left_EachKindMeasured_IsTheSumOfTheirOwnTimes()
    {
        StepCounter steps = Counter(("fast", 3), ("slow", 20));
        Work(steps, "fast", 1, 10, times: 3);
        Work(steps, "slow", 10, 5000);

        Assert.Equal((13, false, TimeSpan.FromSeconds(5)), (_told[^1].Done, _told[^1].IsLeast, _told[^1].Left));
        steps.Begin("slow", "slow", 10);
        _time.Advance(TimeSpan.FromSeconds(2));
        steps.Step();
        Assert.Equal(TimeSpan.FromSeconds(3), _told[^1].Left);
    }

    [Fact]
    public void Left_WhatWasThereAlready_IsNotMeasured()
    {
        StepCounter steps = Counter(("slow", 30));
        Work(steps, "slow", 10, 0, measured: false);
        Assert.Null(_told[^1].Left);
        Work(steps, "slow", 10, 4000);
        Assert.Equal(TimeSpan.FromSeconds(4), _told[^1].Left);
    }

    void IProgress<EvaluationProgress>.Report(EvaluationProgress value) => _told.Add(value);

    private StepCounter Counter(params (string Kind, int Steps)[] plan)
    {
        var steps = new StepCounter(this, _time);
        foreach ((string kind, int count) in plan)
            steps.Plan(kind, count);
        return steps;
    }

    private void Work(StepCounter steps, string kind, int count, int milliseconds, int times = 1, bool measured = true)
    {
        for (int i = 0; i < times; i++)
        {
            steps.Begin(kind, kind, count);
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            steps.End(measured);
        }
    }
}
