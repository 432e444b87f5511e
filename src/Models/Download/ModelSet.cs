namespace ClipFusion.Models.Download;

/// <summary>Files that belong together and come from one place; they are installed under a folder of the set's name.</summary>
/// <param name="Name">Unique name and folder, <c>[a-z0-9.-]{1,64}</c>.</param>
/// <param name="Description">One line for people.</param>
/// <param name="Source">Name of the publisher or mirror, under which the base URL can be replaced.</param>
/// <param name="BaseUrl">Absolute https URL that ends with '/'; a file's URL is this plus its path.</param>
/// <param name="Licence">Name of the licence.</param>
/// <param name="LicenceUrl">Where the licence's text is.</param>
/// <param name="Note">What a user should know, or null.</param>
/// <param name="Files">The files in download order; paths are unique.</param>
public sealed record ModelSet(
    string Name,
    string Description,
    string Source,
    Uri BaseUrl,
    string Licence,
    Uri LicenceUrl,
    string? Note,
    IReadOnlyList<ModelFile> Files
)
{
    /// <summary>Whether it is downloaded only where it is named.</summary>
    public bool OnRequest { get; init; }
}

/// <summary>One file of a set.</summary>
/// <param name="Path">Relative path with '/' between its parts; never leaves the set's folder.</param>
/// <param name="Size">Exact size in bytes, or null where it is not known.</param>
/// <param name="Sha256">64 lower-case hexadecimal digits, or null where it is not known.</param>
/// <param name="Note">What a user should know, or null.</param>
public sealed record ModelFile(string Path, long? Size, string? Sha256, string? Note = null);
