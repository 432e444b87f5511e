using ClipFusion.Evaluation.Methods;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>PaDiM as a row of the tables.</summary>
/// <param name="source">Its features; owned. Its input's side is that of the map that is smoothed and scored.</param>
internal sealed class PadimMethod(IPatchSource source) : IMethod
{
    /// <summary>Standard deviation of the map's smoothing in pixels of the network's input, as the paper has it.</summary>
    private const double Sigma = 4;

    public IReadOnlyList<string> Rows { get; } = [source.Row];

    public bool Supports(int shots) => shots > 0;

    public string Fingerprint(string objectWord) => source.Fingerprint;

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation) => source.Prepare(picture, cancellation);

    public Func<Picture, Judgement[]> Enroll(
        string objectWord,
        int shots,
        IReadOnlyList<Picture> references,
        CancellationToken cancellation
    )
    {
        PatchFeatures[] normal = [.. references.Select(r => source.Features(r, cancellation))];
        (int height, int width) = (normal[0].Height, normal[0].Width);
        var padim = new Padim([.. normal.Select(n => n.Rows)], height * width, cancellation);
        return picture =>
        {
            PatchFeatures features = source.Features(picture, cancellation);
            float[] distances = padim.Distances(features.Rows);
            int side = source.InputSize;
            return
            [
                new Judgement(
                    SmoothedMap.Of(distances, height, width, side, Sigma).Max(),
                    features.Covered,
                    SmoothedMap.Reader(distances, height, width, side, Sigma)
                ),
            ];
        };
    }

    public void Dispose() => source.Dispose();
}
