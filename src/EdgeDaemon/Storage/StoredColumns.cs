using System.Globalization;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Columns of a row read as hostile input: whatever is in them, the answer is a value in its range or a
/// <see cref="DamagedRowException"/>.</summary>
/// <param name="row">On a row.</param>
/// <param name="number">Its place in <c>inspections</c>, for the error.</param>
internal readonly struct StoredColumns(SqliteDataReader row, long number)
{
    /// <summary>A whole number.</summary>
    public long Whole(int column, string name, long least, long most) =>
        WholeOrNull(column, name, least, most) ?? throw Wrong(name, null, $"{least} to {most}");

    /// <summary>A whole number, or null.</summary>
    public long? WholeOrNull(int column, string name, long least, long most) =>
        row.GetValue(column) switch
        {
            DBNull => null,
            long value when value >= least && value <= most => value,
            var other => throw Wrong(name, other, string.Create(CultureInfo.InvariantCulture, $"{least} to {most}")),
        };

    /// <summary>A text of some form.</summary>
    public string Text(int column, string name, Predicate<string> isGood, string expected) =>
        TextOrNull(column, name, isGood, expected) ?? throw Wrong(name, null, expected);

    /// <summary>A text of some form, or null.</summary>
    public string? TextOrNull(int column, string name, Predicate<string> isGood, string expected) =>
        row.GetValue(column) switch
        {
            DBNull => null,
            string value when isGood(value) => value,
            var other => throw Wrong(name, other, expected),
        };

    /// <summary>Bytes, or null.</summary>
    public byte[]? BytesOrNull(int column, string name) =>
        row.GetValue(column) switch
        {
            DBNull => null,
            byte[] value => value,
            var other => throw Wrong(name, other, $"bytes, at most {StoredRules.LargestBody}"),
        };

    /// <summary>A refusal of this row.</summary>
    public DamagedRowException Wrong(string name, object? found, string expected) =>
        new(number, $"{name} is {Show(found)}; expected {expected}");

    /// <summary>A text that people read: of bounded length and without control characters or broken letters.</summary>
    public static bool IsPlain(string text) => text.Length <= StoredRules.LongestText && !text.Any(c => char.IsControl(c) || c == '\uFFFD');

    private static string Show(object? value) =>
        value switch
        {
            null => "nothing",
            string text => $"'{new string([.. text.Take(40).Select(c => c is >= ' ' and <= '~' ? c : '?')])}'",
            byte[] => "too long, of another type, or has a zero byte",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
}
