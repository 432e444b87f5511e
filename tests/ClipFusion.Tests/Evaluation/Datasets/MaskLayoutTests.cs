using ClipFusion.Evaluation.Datasets;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Evaluation.Datasets;

/// <summary>Masks where other data sets have them, and what looks like a mask and is none.</summary>
public sealed class MaskLayoutTests : IDisposable
{
    private readonly DatasetFolder _files = new();

    [Theory]
    [InlineData("crack/0_mask.png", "crack/1_mask.png")]
    [InlineData("crack/0_Label.PNG", "crack/1_label.png")]
    [InlineData("crack/0_GT.png", "crack/1-gt.png")]
    [InlineData("crack/mask_0.png", "crack/mask_1.png")]
    [InlineData("crack/mask/0.png", "crack/mask/1.png")]
    [InlineData("mask/0.png", "mask/1.png")]
    [InlineData("Masks/crack_0.png", "Masks/crack_1.png")]
    [InlineData("LABELS/crack/0.png", "LABELS/crack/1.png")]
    [InlineData("gt/Crack/0_mask.png", "gt/Crack/1_mask.png")]
    [InlineData("ground_truth/crack/0/000.png", "ground_truth/crack/1/000.png")]
    [InlineData("crack_mask/0.png", "crack_mask/1.png")]
    [InlineData("ground-truth/crack/0.jpg.png", "ground-truth/crack/1.jpg.png")]
    public void Folder_MasksOfAnyLayout_BelongToTheirPictures(string first, string second)
    {
        foreach (string id in (string[])["good/0.jpg", "good/1.jpg", "good/2.jpg", "crack/0.jpg", "crack/1.jpg"])
            _files.Picture(id);
        _files.Mask(first);
        _files.Mask(second);

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Empty(data.Problems);
        Assert.Equal("2 of 5 test pictures are defective, 2 with masks", data.Counts);
        Assert.Equal([first, second], data.Categories[0].Test.SelectMany(t => t.Masks).Select(m => Path.GetRelativePath(_files.Root, m)));
    }

    [Theory]
    [InlineData("bolt/ground_truth/crack/0.png")]
    [InlineData("bolt/GROUND_TRUTH/crack/0_MASK.png")]
    [InlineData("bolt/masks/0.png")]
    [InlineData("bolt/test/label/0.png")]
    [InlineData("ground_truth/bolt/crack/0.png")]
    [InlineData("ground_truth/crack/0.png")]
    [InlineData("bolt/ground_truth/test/crack/0.png")]
    public void Mvtec_MasksOfAnyLayout_BelongToTheirPictures(string mask)
    {
        foreach (string id in (string[])["bolt/Train/OK/0.png", "bolt/Test/ok/0.png", "bolt/Test/crack/0.png"])
            _files.Picture(id);
        _files.Mask(mask.Replace("/test/label", "/Test/label", StringComparison.Ordinal));

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Equal(DatasetLayout.Mvtec, data.Layout);
        Assert.Empty(data.Problems);
        Assert.Equal("1 of 2 test pictures are defective, 1 with masks", data.Counts);
    }

    [Fact]
    public void Mvtec_SeveralMasksOfOnePicture_AreOneMaskTogether()
    {
        foreach (string id in (string[])["train/good/0.png", "test/good/0.png", "test/logical/0.png"])
            _files.Picture(id, 4, 1);
        _files.Picture("ground_truth/logical/0/000.png", 4, 1, 0, m => m.Pixels.AsSpan(0, 3).Fill(200));
        _files.Picture("ground_truth/logical/0/001.png", 4, 1, 0, m => m.Pixels.AsSpan(9, 3).Fill(100));

        TestImage picture = DatasetReader.Read(_files.Root).Categories[0].Test.Single(t => t.IsAnomalous);

        Assert.Equal([true, false, false, true], DefectMask.Read(picture.Masks).Defect);
    }

    [Theory]
    [InlineData("T2_mask", "3 of 7 test pictures are defective, 3 with masks")]
    [InlineData("D_nosuffix", "3 of 6 test pictures are defective, 3 with masks")]
    public void Read_SetsThatWereCountedWrongly_AreCountedRightly(string name, string expected)
    {
        Dataset data = DatasetReader.Read(Fixtures.Path("field-1", "evaluate", name));
        Assert.Empty(data.Problems);
        Assert.Equal(expected, data.Counts);
    }

    [Fact]
    public void Folder_MasksThatNobodyOwns_AreSaidOncePerFolder()
    {
        foreach (string id in (string[])["good/0.png", "crack/0.png", "dent/0.png", "dent/1.png"])
            _files.Picture(id);
        _files.Mask("mask/0.png");
        _files.Mask("mask/7.png");
        _files.Mask("mask/8.png");
        _files.Mask("mask/1.png");
        _files.Mask("dent/1_label.png");
        _files.Mask("dent/9_mask.png");

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Equal(3, data.Categories[0].Defective);
        Assert.Equal(["crack/0.png", "dent/0.png", "dent/9_mask.png", "mask", "mask/0.png", "mask/1.png"], data.Problems.Select(p => p.Id));
        Assert.Contains("no picture belongs to it", data.Problems[2].What, StringComparison.Ordinal);
        Assert.StartsWith("2 files look like masks and are not used (7.png, 8.png)", data.Problems[3].What, StringComparison.Ordinal);
        Assert.Contains("it may belong to crack/0.png or to dent/0.png", data.Problems[4].What, StringComparison.Ordinal);
        Assert.Contains("dent/1.png has dent/1_label.png", data.Problems[5].What, StringComparison.Ordinal);
        Assert.Contains("If 'mask' is a kind of defect, rename its folder", data.Problems[5].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_DefectNamedLikeMasks_IsADefectWhereItsMasksSaySoAndElseANote()
    {
        foreach (string id in (string[])["good/0.png", "label/0.png", "solder_mask/0.png"])
            _files.Picture(id);
        _files.Mask("ground_truth/label/0_mask.png");
        _files.Mask("ground_truth/solder_mask/0_mask.png");

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Equal(["label", "solder_mask"], data.Categories[0].Test.Where(t => t.IsAnomalous).Select(t => t.Defect));
        Assert.Equal(2, data.Categories[0].Masked);
        Assert.Equal(["label", "solder_mask"], data.Notes.Select(n => n.Id));
        Assert.All(data.Notes, n => Assert.Contains("read as a kind of defect", n.What, StringComparison.Ordinal));
    }

    [Fact]
    public void Folder_PhotographsInAFolderNamedLikeMasks_AreNoMasks()
    {
        foreach (string id in (string[])["good/0.png", "crack/0.png"])
            _files.Picture(id);
        _files.Picture("label/0.png", draw: image => new Random(1).NextBytes(image.Pixels));

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Equal("1 of 2 test pictures are defective, 0 with masks", data.Counts);
        Assert.Contains("as in a photograph", Assert.Single(data.Problems).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Masks_OfGoodPictures_AreFineWhenEmptyAndAProblemWhenNot()
    {
        _files.Mvtec("");
        _files.Picture("ground_truth/good/000.png", value: 0);
        _files.Mask("ground_truth/good/001.png");
        _files.Mask("train/good/000_mask.png");

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Equal(["ground_truth/good/001.png", "train/good/000_mask.png"], data.Problems.Select(p => p.Id));
        Assert.All(data.Problems, p => Assert.Contains("the picture is judged as good", p.What, StringComparison.Ordinal));
        Assert.Equal((3, 2), (data.Categories[0].References.Count, data.Categories[0].Test.Count(t => !t.IsAnomalous)));
    }

    [Fact]
    public void Masks_ThatLookOdd_AreUsedAndNoted()
    {
        foreach (string id in (string[])["good/0.png", "a/0.png", "a/1.png", "a/2.png", "a/3.png"])
            _files.Picture(id);
        _files.Picture("a/0_mask.png", value: 255, draw: m => m.Pixels.AsSpan(0, 30).Clear());
        foreach (int i in (int[])[1, 2])
            _files.Picture($"a/{i}_mask.png", value: 0, draw: m => (m.Pixels[0], m.Pixels[3]) = (90, 255));
        _files.Jpeg("a/3_mask.JPG", 12, 8, m => Square(m));

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Empty(data.Problems);
        Assert.Equal(4, data.Categories[0].Masked);
        Assert.Equal(["a/0_mask.png", "a/1_mask.png", "a/3_mask.JPG"], data.Notes.Select(n => n.Id));
        Assert.Contains("is it inverted?", data.Notes[0].What, StringComparison.Ordinal);
        Assert.Contains("more than two values", data.Notes[1].What, StringComparison.Ordinal);
        Assert.EndsWith("(and 1 more like it)", data.Notes[1].What, StringComparison.Ordinal);
        Assert.Contains("JPEG", data.Notes[2].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_JpegMask_HasNoNoiseAroundItsDefect()
    {
        string path = _files.Jpeg("mask.jpg", 32, 32, m => Square(m));
        Assert.Equal(16, DefectMask.Read(path).Defect.Count(d => d));
        Assert.DoesNotContain(true, DefectMask.Read(_files.Jpeg("empty.jpg", 32, 32, _ => { })).Defect);
    }

    [Theory]
    [InlineData(';', false)]
    [InlineData(',', true)]
    [InlineData('\t', true)]
    public void Visa_TableSavedBySpreadsheets_IsRead(char separator, bool quotes)
    {
        _files.Picture("nuts, small/Data/0.JPG");
        _files.Picture("nuts, small/Data/1.JPG");
        _files.Mask("nuts, small/Masks/1.png");
        string[][] rows =
        [
            ["Object", "split", "LABEL", "image", "mask"],
            ["nuts", "Train", "normal", @"nuts, small\Data\0.JPG", ""],
            ["nuts", "test", "Anomaly", @"nuts, small\Data\1.JPG", @"nuts, small\Masks\1.png"],
        ];
        _files.Text(
            "split_csv/1cls.csv",
            string.Join("\r\n", rows.Select(r => string.Join(separator, r.Select(c => quotes ? $"\"{c}\"" : c))))
        );

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Empty(data.Problems);
        Assert.Equal((1, 1), (data.Categories[0].References.Count, data.Categories[0].Masked));
    }

    public void Dispose() => _files.Dispose();

    private static void Square(RgbImage image)
    {
        for (int y = 2; y < 6; y++)
            image.Pixels.AsSpan(((y * image.Width) + 3) * 3, 12).Fill(255);
    }
}
