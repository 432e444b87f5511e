using ClipFusion.Evaluation.Datasets;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Evaluation.Datasets;

public sealed class DefectMaskTests
{
    [Fact]
    public void Read_AnyValueAboveZero_IsADefect()
    {
        using var files = new DatasetFolder();
        string path = files.Picture("mask.png", 3, 2, 0, image => (image.Pixels[3], image.Pixels[17]) = (1, 255));
        Assert.Equal([false, true, false, false, false, true], DefectMask.Read(path).Defect);
    }

    [Theory]
    [InlineData(2, new[] { 1, 4 })]
    [InlineData(3, new[] { 1, 3, 5 })]
    [InlineData(6, new[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData(9, new[] { 0, 1, 1, 2, 3, 3, 4, 5, 5 })]
    public void Resize_AnotherWidth_TakesTheNearestPixel(int width, int[] expected)
    {
        for (int pixel = 0; pixel < 6; pixel++)
        {
            bool[] row = new bool[6],
                resized = new bool[width];
            row[pixel] = true;
            new DefectMask(6, 1, row).Resize(Region.Whole(6, 1), 1, width, resized);
            Assert.Equal(expected.Select(e => e == pixel), resized);
        }
    }

    [Fact]
    public void Resize_PartOfTheMask_TakesThatPart()
    {
        bool[] mask = new bool[20],
            part = new bool[4];
        mask[(2 * 5) + 3] = true;
        new DefectMask(5, 4, mask).Resize(new Region(2, 1, 2, 2), 2, 2, part);
        Assert.Equal([false, false, false, true], part);
    }
}
