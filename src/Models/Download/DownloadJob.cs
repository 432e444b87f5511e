namespace ClipFusion.Models.Download;

/// <summary>One file that must be in place at the end of a pull.</summary>
/// <param name="Name">Set and path, with '/' between.</param>
/// <param name="Url">Where it comes from; may carry credentials.</param>
/// <param name="FinalPath">Where it goes.</param>
/// <param name="Size">Its exact size in bytes, or null where it is not known.</param>
/// <param name="Sha256">Its hash, or null where it is to be accepted and pinned.</param>
/// <param name="HashSource">Who states the hash: the catalogue or the pin file.</param>
internal sealed record DownloadJob(string Name, Uri Url, string FinalPath, long? Size, string? Sha256, string HashSource);
