using ClipFusion.EdgeDaemon.Web;
using ClipFusion.Inspection.Calibration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ClipFusion.Cli.Demo;

/// <summary>The score on the page: <c>GET /api/v1/demo/score</c>.</summary>
internal sealed class DemoScore(ScoreBoard board)
{
    private const string Route = "/api/v1/demo/score";
    private volatile ConformalThreshold? _threshold;

    /// <summary>Takes the threshold, as soon as there is one.</summary>
    public void Use(ConformalThreshold threshold) => _threshold = threshold;

    /// <summary>The route, behind the box's own checks.</summary>
    public ExtraEndpoints Endpoints =>
        new("demo", app => app.MapGet(Route, context => Reply.JsonAsync(context, StatusCodes.Status200OK, Now)));

    private ScoreView Now =>
        board.Matrix is var matrix && _threshold is { } threshold
            ? new(
                $"{threshold.Rule}. Promised: {threshold.Promise}. Not promised: {ConformalThreshold.NoPromise}",
                Math.Round(threshold.Value, 4),
                matrix.Parts,
                matrix
            )
            : new("not set yet", null, matrix.Parts, matrix);

    private sealed record ScoreView(string Rule, double? Threshold, int Parts, ScoreMatrix Matrix);
}
