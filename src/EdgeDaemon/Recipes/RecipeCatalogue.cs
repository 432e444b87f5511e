using System.Collections.Immutable;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Json;

namespace ClipFusion.EdgeDaemon.Recipes;

/// <summary>One file of the recipes' folder.</summary>
/// <param name="Name">The file's name without <c>.json</c>.</param>
/// <param name="Recipe">The recipe; null where it can't be used.</param>
/// <param name="Errors">Why not; empty where it can.</param>
internal sealed record CatalogueEntry(string Name, StationRecipe? Recipe, IReadOnlyList<FieldError> Errors);

/// <summary>
/// The recipes of a folder as they were when it was loaded, by number and by name. A broken file is listed with its errors and hides no
/// other; a number that two recipes claim makes both unusable, because nobody can know which one the PLC means. Immutable: a file edited
/// later is not live until the folder is loaded again for a recipe that is being set.
/// </summary>
internal sealed class RecipeCatalogue
{
    /// <summary>Most files: there are no more numbers than a thousand, the rest leaves room for mistakes to be listed.</summary>
    public const int MaxFiles = 2000;

    private const string Extension = ".json";

    private readonly Dictionary<string, CatalogueEntry> _byName;
    private readonly Dictionary<int, CatalogueEntry> _byNumber;

    private RecipeCatalogue(string folder, ImmutableArray<CatalogueEntry> entries, IEnumerable<KeyValuePair<int, string>> numbers)
    {
        (Folder, Entries) = (folder, entries);
        _byName = entries.ToDictionary(e => e.Name, StringComparer.Ordinal);
        _byNumber = numbers.ToDictionary(n => n.Key, n => _byName[n.Value]);
    }

    /// <summary>Where the recipes and their images lie.</summary>
    public string Folder { get; }

    /// <summary>Every <c>.json</c> file of the folder, by name.</summary>
    public ImmutableArray<CatalogueEntry> Entries { get; }

    /// <summary>Loads every <c>.json</c> file of a folder, not of its subfolders; a folder that is missing has none.</summary>
    /// <param name="folder">The folder, <c>{data}/recipes</c> on the box.</param>
    /// <param name="cancellation">Ends the loading.</param>
    /// <exception cref="IOException">The folder can't be read, or holds more than <see cref="MaxFiles"/> recipes.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public static RecipeCatalogue Load(string folder, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string[] files = Directory.Exists(folder)
            ?
            [
                .. Directory
                    .EnumerateFiles(folder)
                    .Where(f => f.EndsWith(Extension, StringComparison.Ordinal))
                    .Take(MaxFiles + 1)
                    .Order(StringComparer.Ordinal),
            ]
            : [];
        if (files.Length > MaxFiles)
            throw new IOException($"{folder}: more than {MaxFiles} recipe files; a device has room for 1000 numbers");

        var entries = new CatalogueEntry[files.Length];
        for (int i = 0; i < files.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            entries[i] = Read(files[i]);
        }

        // A shared number leads to the first of its recipes, whose errors say why it can't be used.
        var numbers = new Dictionary<int, string>();
        foreach (CatalogueEntry entry in entries.Where(e => e.Recipe is not null))
            numbers.TryAdd(entry.Recipe!.Number, entry.Name);
        RejectSharedNumbers(entries);
        return new(folder, [.. entries], numbers);
    }

    /// <summary>Looks a recipe up by the digits of its number or by its name; the text is never used as a path.</summary>
    /// <param name="numberOrName">What a caller sent.</param>
    /// <returns>The entry, which may be a broken one; null where there is no such recipe.</returns>
    public CatalogueEntry? Find(string? numberOrName) =>
        Names.TryNumber(numberOrName, out int number) ? Find(number)
        : Names.IsRecipeName(numberOrName) ? _byName.GetValueOrDefault(numberOrName!)
        : null;

    /// <summary>Looks a recipe up by its number; null where no readable file claims it.</summary>
    public CatalogueEntry? Find(int number) => _byNumber.GetValueOrDefault(number);

    /// <summary>The recipe of a number or name.</summary>
    /// <exception cref="RecipeUnusableException">There is none, or its file is not in order.</exception>
    public StationRecipe Usable(string? numberOrName)
    {
        if (Find(numberOrName) is not { } entry)
            throw new RecipeUnusableException($"there is no recipe '{numberOrName}' in {Folder}") { Code = Code.UnknownRecipe };
        return entry.Recipe ?? throw new RecipeUnusableException($"recipe '{entry.Name}': {string.Join("; ", entry.Errors)}");
    }

    /// <summary>The revision of an entry, reading its files now.</summary>
    /// <param name="recipe">A recipe of this catalogue.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <param name="taught">As <see cref="StationRecipeWriter.Revision"/> has it.</param>
    /// <exception cref="IOException">A file is missing or can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public string Revision(StationRecipe recipe, string? taught = null, CancellationToken cancellation = default) =>
        StationRecipeWriter.Revision(recipe, Folder, taught, cancellation);

    private static CatalogueEntry Read(string file)
    {
        string name = Path.GetFileName(file)[..^Extension.Length];
        if (!Names.IsRecipeName(name))
            return Broken(name, $"the file name {Path.GetFileName(file)}", $"{Names.Rule}, not digits only, and then {Extension}");
        try
        {
            (StationRecipe? recipe, IReadOnlyList<FieldError> errors) = StationRecipeReader.Read(StrictJson.ReadBytes(file), name);
            return new(name, recipe, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Broken(name, $"a file that can't be read: {e.Message}", "a readable file");
        }
#pragma warning disable CA1031 // A broken file hides no other, whatever it is that its content brings out.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Broken(
                name,
                $"what the program can't read because of a mistake of its own ({e.GetType().Name}: {e.Message})",
                "a recipe; please report it with this file"
            );
        }
    }

    private static CatalogueEntry Broken(string name, string found, string expected) => new(name, null, [new("$", found, expected)]);

    private static void RejectSharedNumbers(CatalogueEntry[] entries)
    {
        IEnumerable<int> usable = Enumerable.Range(0, entries.Length).Where(i => entries[i].Recipe is not null);
        foreach (IGrouping<int, int> shared in usable.GroupBy(i => entries[i].Recipe!.Number).Where(g => g.Count() > 1).ToArray())
        {
            foreach (int i in shared)
            {
                string others = string.Join(", ", shared.Where(j => j != i).Take(3).Select(j => entries[j].Name + Extension));
                entries[i] = new(entries[i].Name, null, [new("$.number", $"{shared.Key}, which {others} has too", "a number of its own")]);
            }
        }
    }
}
