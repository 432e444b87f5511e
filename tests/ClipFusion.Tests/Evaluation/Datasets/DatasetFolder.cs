using ClipFusion.Imaging;

namespace ClipFusion.Tests.Evaluation.Datasets;

/// <summary>A data set of little pictures on disk.</summary>
internal sealed class DatasetFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Root => _folder.Root;

    public string Picture(string id, int width = 12, int height = 8, byte value = 90, Action<RgbImage>? draw = null)
    {
        string path = _folder[id.Split('/')];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var image = new RgbImage(width, height);
        Array.Fill(image.Pixels, value);
        draw?.Invoke(image);
        using FileStream file = File.Create(path);
        ImageCodec.EncodePng(image.View, file);
        return path;
    }

    /// <summary>A black picture as JPEG.</summary>
    public string Jpeg(string id, int width, int height, Action<RgbImage> draw)
    {
        string path = _folder[id.Split('/')];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var image = new RgbImage(width, height);
        draw(image);
        using FileStream file = File.Create(path);
        ImageCodec.EncodeJpeg(image.View, file);
        return path;
    }

    /// <summary>A mask with a few pixels of value 3, as VisA numbers its defects.</summary>
    public void Mask(string id, int width = 12, int height = 8) =>
        Picture(id, width, height, 0, image => image.Pixels.AsSpan(30, 12).Fill(3));

    public void Text(string id, string text)
    {
        string path = _folder[id.Split('/')];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public void Mvtec(string category, int good = 2, int bad = 2)
    {
        string prefix = category.Length > 0 ? $"{category}/" : "";
        for (int i = 0; i < 3; i++)
            Picture($"{prefix}train/good/{i:000}.png");
        for (int i = 0; i < good; i++)
            Picture($"{prefix}test/good/{i:000}.png");
        for (int i = 0; i < bad; i++)
        {
            Picture($"{prefix}test/crack/{i:000}.png");
            Mask($"{prefix}ground_truth/crack/{i:000}_mask.png");
        }
    }

    public void Dispose() => _folder.Dispose();
}
