using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>PatchCore as a row of the tables.</summary>
/// <param name="source">Its features; owned.</param>
/// <param name="share">Share of the bank's rows that the coreset keeps, above 0, at most 1.</param>
internal sealed class PatchCoreMethod(IPatchSource source, double share) : IMethod
{
    /// <summary>Standard deviation of the map's smoothing in pixels of the network's input, as the paper has it.</summary>
    private const double Smoothing = 4;

    /// <summary>Smoothing is given in cells of a map of this side.</summary>
    private const double SmoothedSide = 240;

    public IReadOnlyList<string> Rows { get; } = [source.Row];

    public bool Supports(int shots) => shots > 0;

    public string Fingerprint(string objectWord) => FormattableString.Invariant($"{source.Fingerprint} coreset:{share}");

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation) => source.Prepare(picture, cancellation);

    public Func<Picture, Judgement[]> Enroll(
        string objectWord,
        int shots,
        IReadOnlyList<Picture> references,
        CancellationToken cancellation
    )
    {
        PatchFeatures[] bank = [.. references.Select(r => source.Features(r, cancellation))];
        var method = new PatchCore([.. bank.SelectMany(r => r.Rows)], bank[0].Rows.Length / (bank[0].Height * bank[0].Width), share);
        return picture =>
        {
            PatchFeatures features = source.Features(picture, cancellation);
            (float score, float[] map) = method.Judge(features.Rows);
            return
            [
                new Judgement(
                    score,
                    features.Covered,
                    (height, width, destination) =>
                    {
                        BilinearResize.Resize(map, features.Height, features.Width, destination, height, width);
                        GaussianSmoothing.Smooth(
                            destination,
                            height,
                            width,
                            GaussianSmoothing.SigmaFor(Smoothing * SmoothedSide / source.InputSize, height, width)
                        );
                    }
                ),
            ];
        };
    }

    public void Dispose() => source.Dispose();
}
