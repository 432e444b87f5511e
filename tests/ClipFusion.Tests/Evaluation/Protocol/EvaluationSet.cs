using ClipFusion.Imaging;
using ClipFusion.Tests.Cli;
using ClipFusion.Tests.Evaluation.Datasets;

namespace ClipFusion.Tests.Evaluation.Protocol;

/// <summary>A little MVTec-AD of tiny-a's pictures: two references, two good and three bad test pictures, one of them of another
/// size.</summary>
internal sealed class EvaluationSet : IDisposable
{
    private readonly DatasetFolder _files = new();

    public EvaluationSet(string category = "widget")
    {
        Category = category;
        Copy(TinyPack.References[0], "train/good/000.png");
        Copy(TinyPack.References[1], "train/good/001.png");
        foreach (int i in (int[])[2, 3, 4])
        {
            RgbImage picture = ImageCodec.Decode(Query(i));
            Copy(Query(i), $"test/hole/{i:000}.png");
            _files.Picture(
                $"{category}/ground_truth/hole/{i:000}_mask.png",
                picture.Width,
                picture.Height,
                0,
                mask => mask.Pixels.AsSpan(mask.Pixels.Length / 3, 3 * (picture.Width + 40)).Fill(255)
            );
            // A good one: the same picture upside down.
            if (i < 4)
                _files.Picture($"{category}/test/good/{i:000}.png", picture.Width, picture.Height, 0, good => Turn(picture, good));
        }
    }

    public string Root => _files.Root;

    public string Category { get; }

    public string Path(string id) => System.IO.Path.Combine(Root, Category, id);

    public void Dispose() => _files.Dispose();

    private static string Query(int i) => Fixtures.Path("tiny-a", $"query{i}.png");

    private static void Turn(RgbImage from, RgbImage to)
    {
        for (int i = 0; i < to.Pixels.Length; i += 3)
            from.Pixels.AsSpan(to.Pixels.Length - 3 - i, 3).CopyTo(to.Pixels.AsSpan(i));
    }

    private void Copy(string file, string id)
    {
        string path = Path(id);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.Copy(file, path);
    }
}
