using System.Text.Json;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.Inspection.Calibration;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Advice in the words of the wire.</summary>
internal static class EnrollmentAdvice
{
    public static EnrollAdvice Of(ReferenceAdvice advice) =>
        new(advice.Picture, JsonNamingPolicy.SnakeCaseLower.ConvertName(advice.Remark.ToString()), advice.Text);
}
