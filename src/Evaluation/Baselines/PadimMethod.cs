using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;

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

    public Func<Picture, Judgement[]> Enroll(string objectWord, IReadOnlyList<Picture> references, CancellationToken cancellation)
    {
        PatchFeatures[] normal = [.. references.Select(r => source.Features(r, cancellation))];
        (int height, int width) = (normal[0].Height, normal[0].Width);
        var padim = new Padim([.. normal.Select(n => n.Rows)], height * width, cancellation);
        return picture =>
        {
            PatchFeatures features = source.Features(picture, cancellation);
            int side = source.InputSize;
            float[] map = Map(padim.Distances(features.Rows), height, width, side);
            return
            [
                new Judgement(
                    map.Max(),
                    features.Covered,
                    (rows, columns, destination) => BilinearResize.Resize(map, side, side, destination, rows, columns)
                ),
            ];
        };
    }

    public void Dispose() => source.Dispose();

    /// <summary>Distances enlarged bilinearly to the input's size, then smoothed; its largest value is the score.</summary>
    /// <param name="distances">[height, width].</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="width">Columns of the grid.</param>
    /// <param name="side">Side of the map in pixels.</param>
    internal static float[] Map(float[] distances, int height, int width, int side)
    {
        float[] map = new float[side * side];
        BilinearResize.Resize(distances, height, width, map, side, side);
        GaussianSmoothing.Smooth(map, side, side, Sigma);
        return map;
    }
}
