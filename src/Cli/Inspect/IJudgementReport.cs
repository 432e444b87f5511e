namespace ClipFusion.Cli.Inspect;

/// <summary>Where judgements are written, one at a time.</summary>
internal interface IJudgementReport
{
    void Judged(PictureJudgement judgement);

    /// <summary>A picture could not be judged.</summary>
    void Failed(string file, string reason);
}

/// <summary>One JSON object per picture.</summary>
internal sealed class JsonJudgementReport(TextWriter output) : IJudgementReport
{
    private readonly JsonLines _lines = new(output);

    public void Judged(PictureJudgement judgement) => _lines.Write(judgement);

    public void Failed(string file, string reason) => _lines.Write(new { file, error = reason });
}
