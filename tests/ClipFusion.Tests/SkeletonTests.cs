namespace ClipFusion.Tests;

public sealed class SkeletonTests
{
    [Fact]
    public void Fixtures_AreFound() => Assert.True(Directory.Exists(Fixtures.Root));
}
