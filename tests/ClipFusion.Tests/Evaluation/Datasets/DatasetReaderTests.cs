using ClipFusion.Evaluation.Datasets;

namespace ClipFusion.Tests.Evaluation.Datasets;

public sealed class DatasetReaderTests : IDisposable
{
    private readonly DatasetFolder _files = new();

    [Fact]
    public void Mvtec_TwoCategories_AreReadWithMasksAndWords()
    {
        _files.Mvtec("metal_nut");
        _files.Mvtec("pcb1");

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Equal(DatasetLayout.Mvtec, data.Layout);
        Assert.Empty(data.Problems);
        Assert.Equal(["metal nut", "printed circuit board"], data.Categories.Select(c => c.ObjectWord));
        Category nut = data.Categories[0];
        Assert.Equal(
            ["metal_nut/train/good/000.png", "metal_nut/train/good/001.png", "metal_nut/train/good/002.png"],
            nut.References.Select(r => r.Id)
        );
        Assert.Equal(
            ["metal_nut/test/good/000.png", "metal_nut/test/good/001.png", "metal_nut/test/crack/000.png", "metal_nut/test/crack/001.png"],
            nut.Test.Select(t => t.Id)
        );
        Assert.All(nut.Test, t => Assert.True(t.HasPixelTruth));
    }

    [Fact]
    public void Mvtec_RootIsOneCategory_IsReadAsThatCategory()
    {
        _files.Mvtec("");
        Category category = Assert.Single(DatasetReader.Read(_files.Root).Categories);
        Assert.Equal(4, category.Test.Count);
    }

    [Fact]
    public void Mvtec_EveryKindOfFault_IsListedAndTheRestIsUsed()
    {
        _files.Mvtec("bottle", bad: 5);
        File.Delete(Path.Combine(_files.Root, "bottle/ground_truth/crack/000_mask.png"));
        _files.Mask("bottle/ground_truth/crack/001_mask.png", width: 13);
        _files.Text("bottle/ground_truth/crack/002_mask.png", "no picture");
        _files.Picture("bottle/ground_truth/crack/003_mask.png", value: 0);
        _files.Text("bottle/test/good/001.png", "no picture");
        _files.Text("bottle/train/good/notes.txt", "by hand");
        byte[] whole = File.ReadAllBytes(_files.Picture("bottle/train/good/002.png"));
        File.WriteAllBytes(Path.Combine(_files.Root, "bottle/train/good/002.png"), whole[..^20]);

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Equal(
            [
                "bottle/ground_truth/crack/001_mask.png",
                "bottle/ground_truth/crack/002_mask.png",
                "bottle/ground_truth/crack/003_mask.png",
                "bottle/test/crack/000.png",
                "bottle/test/good/001.png",
                "bottle/train/good/002.png",
                "bottle/train/good/notes.txt",
            ],
            data.Problems.Select(p => p.Id)
        );
        Assert.Contains("13x8 pixels, its picture bottle/test/crack/001.png has 12x8", data.Problems[0].What, StringComparison.Ordinal);
        Assert.Contains("the mask is empty", data.Problems[2].What, StringComparison.Ordinal);
        Assert.Contains("000_mask.png is missing", data.Problems[3].What, StringComparison.Ordinal);
        Assert.All(data.Problems, p => Assert.DoesNotContain(_files.Root, p.What, StringComparison.Ordinal));
        Category bottle = Assert.Single(data.Categories);
        Assert.Equal(2, bottle.References.Count);
        Assert.Equal(6, bottle.Test.Count);
        Assert.Equal([true, false, false, false, true, true], bottle.Test.Select(t => t.HasPixelTruth));
    }

    [Fact]
    public void Visa_SplitTable_SaysWhichPictureIsForWhat()
    {
        const string normal = "capsules/Data/Images/Normal",
            anomaly = "capsules/Data/Images/Anomaly",
            masks = "capsules/Data/Masks/Anomaly";
        foreach (string name in (string[])["0000", "0001", "0002"])
            _files.Picture($"{normal}/{name}.JPG");
        _files.Picture($"{anomaly}/000.JPG");
        _files.Picture($"{anomaly}/001.JPG");
        _files.Mask($"{masks}/000.png");
        _files.Text(
            "split_csv/1cls.csv",
            $"""
            object,split,label,image,mask
            capsules,train,normal,{normal}/0001.JPG,
            capsules,train,normal,{normal}/0000.JPG,
            capsules,test,normal,{normal}/0002.JPG,
            capsules,test,anomaly,{anomaly}/000.JPG,{masks}/000.png
            capsules,test,anomaly,{anomaly}/001.JPG,
            capsules,test,strange,{anomaly}/001.JPG,
            """
        );

        Dataset data = DatasetReader.Read(_files.Root);

        Category capsules = Assert.Single(data.Categories);
        Assert.Equal(DatasetLayout.Visa, data.Layout);
        Assert.Equal([$"{normal}/0000.JPG", $"{normal}/0001.JPG"], capsules.References.Select(r => r.Id));
        Assert.Equal([(false, true), (true, true), (true, false)], capsules.Test.Select(t => (t.IsAnomalous, t.HasPixelTruth)));
        Assert.Equal(["capsules/Data/Images/Anomaly/001.JPG", "split_csv/1cls.csv"], data.Problems.Select(p => p.Id));
        Assert.Contains("line 7", data.Problems[1].What, StringComparison.Ordinal);
    }

    [Fact]
    public void Visa_TableWithOtherColumns_SaysWhatIsExpected()
    {
        _files.Text("split_csv/1cls.csv", "object,image\n");
        Assert.Contains(
            "the columns object, split, label, image, mask are expected",
            Assert.Throws<DatasetException>(() => DatasetReader.Read(_files.Root)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Folder_SomeMasks_TheOthersAreMissing()
    {
        _files.Picture("good/a.png");
        _files.Picture("good/b.png");
        _files.Picture("scratch/a.png");
        _files.Picture("scratch/b.png");
        _files.Picture("dent/a.png");
        _files.Mask("scratch/a_mask.png");
        _files.Mask("ground_truth/dent/a_mask.png");

        Dataset data = DatasetReader.Read(_files.Root);

        Category category = Assert.Single(data.Categories);
        Assert.Equal(["good/a.png", "good/b.png"], category.References.Select(r => r.Id));
        Assert.Equal(["good/a.png", "good/b.png", "dent/a.png", "scratch/a.png", "scratch/b.png"], category.Test.Select(t => t.Id));
        Assert.Equal("scratch/b.png", Assert.Single(data.Problems).Id);
        Assert.True(category.HasMasks);
    }

    [Fact]
    public void Folder_NoMasksAtAll_IsSaidOnce()
    {
        _files.Picture("good/a.png");
        _files.Picture("scratch/a.png");
        _files.Picture("scratch/b.png");

        Dataset data = DatasetReader.Read(_files.Root);

        Assert.Contains("image metrics only", Assert.Single(data.Problems).What, StringComparison.Ordinal);
        Assert.False(data.Categories[0].HasMasks);
    }

    [Fact]
    public void Read_NothingRecognised_SaysWhatIsExpected()
    {
        _files.Picture("pictures/a.png");
        Assert.Contains(
            "expected are CATEGORY/train/good",
            Assert.Throws<DatasetException>(() => DatasetReader.Read(_files.Root)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("metal_nut", "metal nut")]
    [InlineData("pcb4", "printed circuit board")]
    [InlineData("macaroni2", "macaroni")]
    [InlineData("pipe_fryum", "pipe fryum")]
    [InlineData("chewinggum", "chewing gum")]
    [InlineData("magnetic_tile", "magnetic tile")]
    [InlineData("2024", "2024")]
    public void ObjectWord_OfAFolder_IsWhatPeopleSay(string folder, string expected) => Assert.Equal(expected, ObjectWords.Of(folder));

    public void Dispose() => _files.Dispose();
}
