using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Methods;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>Everything that a run's result depends on, as sixteen hex digits; files count by name and length.</summary>
internal static class Fingerprint
{
    /// <summary>Raised when the same inputs give other results than before.</summary>
    private const int Version = 1;

    public static string Of(string method, EvaluationOptions options, IEnumerable<Picture> references, IEnumerable<TestImage> test)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Version} {method} size:{options.MapSize} limits:{string.Join(',', options.ProLimits)}\n");
        foreach (Picture reference in references) text.Append(CultureInfo.InvariantCulture, $"{reference.Id} {Length(reference.Path)}\n");
        foreach (TestImage image in test) text.Append(CultureInfo.InvariantCulture, $"{image.Id} {Length(image.Path)} {(image.Mask is null ? 0 : Length(image.Mask))}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 8));
    }

    private static long Length(string path) => new FileInfo(path).Length;
}
