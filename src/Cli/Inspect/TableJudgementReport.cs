using System.Globalization;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Cli.Inspect;

/// <summary>One line per picture under a headline, written as judgements come; a dash is a branch that is not part of the
/// judgement.</summary>
internal sealed class TableJudgementReport(TextWriter output, InspectRequest request) : IJudgementReport
{
    private const int MaxNameWidth = 60;

    private readonly int _width = Math.Clamp(request.Images.Max(i => i.Path.Length), "picture".Length, MaxNameWidth);
    private bool _started;

    public void Judged(PictureJudgement j)
    {
        Start();
        PictureEvidence e = j.Evidence;
        string backbone = HasBackbone ? $"  {Number(e.BackboneVision)}" : "";
        string regions = j.Regions is { } found ? $"  {found.Count, 6}{(j.RegionsTruncated == true ? "+" : "")}" : "";
        Line(
            $"{Name(j.File)}  {Number(j.Score)}{Verdict(j)}  {Number(j.MapMax)}  {Number(e.ClipLanguage)}  {Number(e.ClipVision)}  "
                + $"{Number(e.DiffLanguage)}  {Number(e.DiffVision)}{backbone}  {j.TimingsMs.Total, 8:0}{regions}"
        );
    }

    public void Failed(string file, string reason)
    {
        Start();
        Line($"{Name(file)}  not judged: {reason}");
    }

    /// <summary>A recipe without thresholds gives no verdicts, and no empty column.</summary>
    private bool HasRule => request.Station.Rule.Thresholds != ProfileTable.Empty;

    /// <summary>Without a backbone the table looks as it always did.</summary>
    private bool HasBackbone => request.Recipe.UsedBranches.HasFlag(Branches.BackboneVision);

    private string Verdict(PictureJudgement j) => HasRule ? $"  {j.Verdict ?? "-", -7}" : "";

    private void Start()
    {
        if (_started)
            return;
        _started = true;
        Line(
            $"{"picture".PadRight(_width)}   score{(HasRule ? "  verdict" : "")}     map  clip-l  clip-v  diff-l  diff-v"
                + $"{(HasBackbone ? "  back-v" : "")}        ms{(request.MapThreshold is null ? "" : "   areas")}"
        );
    }

    private void Line(string text)
    {
        output.WriteLine(text);
        output.Flush();
    }

    private string Name(string file) => (file.Length > _width ? $"...{file[^(_width - 3)..]}" : file).PadRight(_width);

    private static string Number(float? value) => (value is { } v ? v.ToString("0.0000", CultureInfo.InvariantCulture) : "-").PadLeft(6);
}
