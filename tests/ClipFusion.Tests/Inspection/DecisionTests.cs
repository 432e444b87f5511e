using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Tests.Inspection;

public sealed class DecisionTests
{
    private static readonly DecisionRule Rule = new(
        ProfileTable.Empty.With(Profile.ClipFusion, 0.5, 0.25).With(Profile.PatchClip, 1.5, null),
        ProfileTable.Empty.With(Profile.ClipFusion, 0.125, null)
    );

    [Theory]
    [InlineData(0, Outcome.Ok)]
    [InlineData(0.374, Outcome.Ok)]
    [InlineData(0.375, Outcome.Review)]
    [InlineData(0.5, Outcome.Review)]
    [InlineData(0.625, Outcome.Review)]
    [InlineData(0.626, Outcome.Ng)]
    [InlineData(2, Outcome.Ng)]
    public void Decide_WithGreyBand_IsReviewUpToItsEdges(double score, Outcome expected)
    {
        Decision decision = Rule.Decide(Profile.ClipFusion, ShotMode.FewShot, score);
        Assert.Equal((expected, 0.5, score - 0.5), (decision.Outcome, decision.Threshold, decision.Margin));
    }

    [Theory]
    [InlineData(0.25, Outcome.Ok)]
    [InlineData(0.2500001, Outcome.Ng)]
    public void Decide_WithoutGreyBand_IsNgOnlyAboveTheThreshold(double score, Outcome expected) =>
        Assert.Equal(expected, Rule.Decide(Profile.ClipFusion, ShotMode.ZeroShot, score).Outcome);

    [Fact]
    public void Decide_OtherProfilesOrShots_NeverShareAThreshold()
    {
        Assert.Equal(Outcome.Ok, Rule.Decide(Profile.PatchClip, ShotMode.FewShot, 1.4).Outcome);
        Assert.Equal(Outcome.NoThreshold, Rule.Decide(Profile.PatchClip, ShotMode.ZeroShot, 1.4).Outcome);
        Assert.Equal(Outcome.NoThreshold, Rule.Decide(Profile.MapDiff, ShotMode.FewShot, 0).Outcome);
        Assert.Null(Rule.Decide(Profile.MapDiff, ShotMode.FewShot, 0).Margin);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Decide_ScoreThatIsNoNumber_IsNeverOkOrNg(double score)
    {
        Assert.Equal(Outcome.NotANumber, Rule.Decide(Profile.ClipFusion, ShotMode.FewShot, score).Outcome);
        Assert.Equal(Outcome.NotANumber, Rule.Decide(Profile.MapDiff, ShotMode.FewShot, score).Outcome);
    }

    [Fact]
    public void Decide_Scores_TakeFewShotWhereThereIsOne()
    {
        Assert.Equal((Outcome.Ng, 0.5), Of(new FusionScores(null, null, null, null, 0.1f, 0.9f)));
        Assert.Equal((Outcome.Ok, 0.25), Of(new FusionScores(null, null, null, null, 0.1f, null)));
        Assert.Equal((Outcome.NotANumber, null), Of(default));

        static (Outcome, double?) Of(FusionScores scores)
        {
            Decision decision = Rule.Decide(Profile.ClipFusion, scores);
            return (decision.Outcome, decision.Threshold);
        }
    }

    [Fact]
    public void ProfileTable_With_ChangesOneProfileOnly()
    {
        foreach (Profile changed in Enum.GetValues<Profile>())
        {
            ProfileTable table = Enum.GetValues<Profile>().Aggregate(ProfileTable.Empty, (t, p) => t.With(p, 1, 2)).With(changed, 3, 4);
            foreach (Profile profile in Enum.GetValues<Profile>())
            {
                Assert.Equal(profile == changed ? 3 : 1, table[profile, ShotMode.FewShot]);
                Assert.Equal(profile == changed ? 4 : 2, table[profile, ShotMode.ZeroShot]);
            }
        }

        Assert.Equal(ProfileTable.Empty, ProfileTable.Empty.With(Profile.MapDiff, null, null));
    }
}
