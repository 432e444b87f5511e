using System.Globalization;
using System.Text;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Methods;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>Everything that a run's result depends on, as hex digits; pictures and masks count by name and content.</summary>
internal static class Fingerprint
{
    /// <summary>Raised when the same inputs give other results than before.</summary>
    private const int Version = 2;

    private const int Digits = 16;

    public static string Of(
        string method,
        EvaluationOptions options,
        IEnumerable<Picture> references,
        IEnumerable<TestImage> test,
        FileContents contents
    )
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{Version} {method} size:{options.MapSize} limits:{string.Join(',', options.ProLimits)}\n"
        );
        foreach (Picture reference in references)
            text.Append(CultureInfo.InvariantCulture, $"{reference.Id} {contents.Of(reference.Path)}\n");
        foreach (TestImage image in test)
            text.Append(
                CultureInfo.InvariantCulture,
                $"{image.Id} {contents.Of(image.Path)} {string.Join(',', image.Masks.Select(contents.Of))}\n"
            );
        return FileContents.Of(Encoding.UTF8.GetBytes(text.ToString()))[..Digits];
    }
}
