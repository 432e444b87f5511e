namespace ClipFusion.Models.Download;

/// <summary>Keeps names from a catalogue inside the target folder.</summary>
internal static class RelativePath
{
    /// <summary>Longest path that is accepted, in characters.</summary>
    private const int MaxLength = 200;

    /// <summary>What is wrong with a path, or null when it is relative, plain and can never leave its folder.</summary>
    public static string? Fault(string path)
    {
        if (path.Length is 0 or > MaxLength)
            return $"must have 1 to {MaxLength} characters";
        if (path[0] == '/')
            return "must be relative, not absolute";
        // Everything else (backslashes, drive colons, control characters, percent signs) is refused by an allow-list, not by a list of
        // known tricks.
        if (path.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-')))
            return "may only have letters, digits, '.', '_', '-' and '/'";
        foreach (string part in path.Split('/'))
        {
            if (part is "" or "." or "..")
                return "must not have empty, '.' or '..' parts";
            if (part.EndsWith(PartFile.Suffix, StringComparison.Ordinal) || part.EndsWith(PartFile.StateSuffix, StringComparison.Ordinal))
            {
                return $"must not end with {PartFile.Suffix} or {PartFile.StateSuffix}, which unfinished downloads use";
            }
        }

        return null;
    }
}
