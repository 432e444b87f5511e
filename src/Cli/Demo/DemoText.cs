using System.Globalization;
using ClipFusion.Inspection.Calibration;

namespace ClipFusion.Cli.Demo;

/// <summary>Where to look while the demo runs.</summary>
/// <param name="Page">The page's address.</param>
/// <param name="BrokerPort">The embedded broker's port on 127.0.0.1.</param>
/// <param name="Folder">The data folder.</param>
/// <param name="IsKept">Whether the folder stays.</param>
internal sealed record DemoPlaces(string Page, int BrokerPort, string Folder, bool IsKept)
{
    // With a client id: the embedded broker refuses MQTT 3.1.1 without one, which is what mosquitto's programs send otherwise.
    private string Broker => $"-h 127.0.0.1 -p {BrokerPort} -I look-";

    /// <summary>Ready to be pasted into another shell.</summary>
    public string Subscribe =>
        $"mosquitto_sub {Broker} -t 'clipfusion/v1/{DemoLine.Device}/out/{DemoLine.Station}/#' -T "
        + $"'clipfusion/v1/{DemoLine.Device}/out/{DemoLine.Station}/heatmap' -v";

    /// <summary>Asks for one more part, as a controller would; with an id of its own each time, because an id that comes again is no new
    /// trigger.</summary>
    public string Trigger =>
        $"mosquitto_pub {Broker} -q 1 -t clipfusion/v1/{DemoLine.Device}/in/{DemoLine.Station}/trigger -m "
        + "'{\"triggerId\":\"look-'$(date +%s)'\"}'";
}

/// <summary>The demo's words; the same on the table and in plain lines.</summary>
internal static class DemoText
{
    /// <summary>What it is, for somebody who has never seen it.</summary>
    public static string[] Introduction(string material) =>
        [
            $"A line that does not exist makes parts ({DemoLine.ObjectOf(material)}), one a second, {100 * DemoLine.DefectRate:0} % "
                + "of them bad. A simulated camera takes the",
            "pictures, the appliance judges them against eight good parts, and this screen hears the verdicts over MQTT, as a controller "
                + "would.",
            "A ResNet-18 that was trained on photographs compares the parts with those, and small CLIP and diffusion networks, trained on "
                + "drawn parts,",
            "judge them by words as well. docs/demo.md says what to expect; docs/models.md how to get the published weights.",
        ];

    /// <summary>One part on one line.</summary>
    public static string Line(ScoredPart part) =>
        string.Create(
                CultureInfo.InvariantCulture,
                $"{part.Heard.Sequence, 6}  {part.Heard.Verdict, -10} {Judgement(part.Heard), -32} truth: {part.Truth.Caption, -33} "
                    + $"{Mark(part)}"
            )
            .TrimEnd();

    /// <summary>Whether the verdict is right, in a word; nothing where there was none.</summary>
    public static string Mark(ScoredPart part) =>
        (part.IsRight, part.Truth.IsDefective) switch
        {
            (true, _) => "right",
            (false, true) => "MISSED",
            (false, false) => "FALSE ALARM",
            _ => "",
        };

    /// <summary>The matrix as a small table, rows by truth.</summary>
    public static string[] Matrix(ScoreMatrix matrix) =>
        [
            "             said OK   said NG",
            string.Create(CultureInfo.InvariantCulture, $"good parts   {matrix.OkAsOk, 7}   {matrix.OkAsNg, 7}"),
            string.Create(CultureInfo.InvariantCulture, $"bad parts    {matrix.NgAsOk, 7}   {matrix.NgAsNg, 7}"),
            string.Create(CultureInfo.InvariantCulture, $"not judged   {matrix.NotJudged, 7}"),
        ];

    /// <summary>The matrix in a sentence.</summary>
    public static string Rates(ScoreMatrix matrix) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{matrix.NgAsNg} of {matrix.Bad} bad parts caught, {matrix.OkAsNg} of {matrix.Good} good parts rejected"
        );

    /// <summary>Threshold and rule.</summary>
    public static string[] Threshold(ConformalThreshold threshold) =>
        [
            string.Create(CultureInfo.InvariantCulture, $"threshold {threshold.Value:0.0000}: {threshold.Rule}"),
            $"  promised:     {threshold.Promise}",
            $"  not promised: {ConformalThreshold.NoPromise}",
        ];

    private static string Judgement(HeardVerdict heard)
    {
        if (heard is not { Score: { } score, Threshold: { } threshold })
            return heard.Reason ?? "";
        string format = FormatFor(score - threshold);
        return $"score {Number(score)}, threshold {Number(threshold)}{(heard.IsFallback ? " (fast profile)" : "")}";

        string Number(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>Four decimal places, or as many as tell a score from its threshold.</summary>
    private static string FormatFor(double margin)
    {
        double size = Math.Abs(margin);
        int places = size is 0 or >= 0.00005 ? 4 : Math.Min((int)Math.Ceiling(-Math.Log10(size)), 17);
        return string.Create(CultureInfo.InvariantCulture, $"F{places}");
    }
}
