using ClipFusion.Imaging;

namespace ClipFusion.Evaluation.Methods;

/// <summary>What a picture is needed for: some networks see it differently.</summary>
internal enum PictureRole
{
    /// <summary>To be judged.</summary>
    Query,

    /// <summary>To be compared with.</summary>
    Reference,
}

/// <summary>A picture file and what it shows.</summary>
/// <param name="Path">The file.</param>
/// <param name="Id">What results call it.</param>
/// <param name="ObjectWord">What prompts call the object.</param>
internal sealed record Picture(string Path, string Id, string ObjectWord);

/// <summary>Fills a map of any size, straight from the native grids.</summary>
internal delegate void MapReader(int height, int width, Span<float> destination);

/// <summary>What a method says about one picture.</summary>
/// <param name="Score">How anomalous it is; finite.</param>
/// <param name="Covered">The part of the picture that the map covers, in its pixels.</param>
/// <param name="ReadMap">The map; may be read again and gives the same, on several threads at once. Null for a method that says nothing of
/// where.</param>
internal sealed record Judgement(float Score, Region Covered, MapReader? ReadMap);

/// <summary>A way to find anomalies, with one or several rows in the tables.</summary>
internal interface IMethod : IDisposable
{
    /// <summary>The rows' names.</summary>
    IReadOnlyList<string> Rows { get; }

    /// <summary>Whether it can judge with so many references.</summary>
    bool Supports(int shots);

    /// <summary>Whether it judges a category at all.</summary>
    bool Covers(string category) => true;

    /// <summary>What of the settings its results depend on, as text that differs when they do.</summary>
    string Fingerprint(string objectWord);

    /// <summary>Refuses an object whose prompts its text towers don't read to their end, before any picture is looked at.</summary>
    /// <exception cref="ClipFusion.Models.Tokenizer.PromptTooLongException">A prompt is too long.</exception>
    void EnsurePrompts(string objectWord) { }

    /// <summary>Refuses a picture that it was given no prompts for, before any picture is looked at.</summary>
    void EnsurePrompts(Picture picture) { }

    /// <summary>Runs the networks on a picture, or finds that they were.</summary>
    void Prepare(Picture picture, PictureRole role, CancellationToken cancellation);

    /// <summary>Takes references in and is ready to judge.</summary>
    /// <param name="objectWord">What prompts call the object.</param>
    /// <param name="shots">References that were drawn of each category.</param>
    /// <param name="references">The references; of all categories where there is one bank for all.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>One judgement a row, for pictures of the object; safe for several threads.</returns>
    Func<Picture, Judgement[]> Enroll(string objectWord, int shots, IReadOnlyList<Picture> references, CancellationToken cancellation);
}
