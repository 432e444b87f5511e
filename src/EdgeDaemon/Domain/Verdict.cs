namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>The answer to an inspection. A machine that cannot judge never says OK or NG.</summary>
public enum Verdict
{
    /// <summary>Normal: letter O.</summary>
    Ok,

    /// <summary>Anomalous: letter N.</summary>
    Ng,

    /// <summary>In the recipe's grey band: letter R.</summary>
    Review,

    /// <summary>Nothing can be said; the reason is a <see cref="Code"/>: letter X.</summary>
    NotJudged,
}
