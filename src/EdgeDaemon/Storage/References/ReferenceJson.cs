using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Json;
using ClipFusion.Inspection.Recipes;
using static ClipFusion.Foundation.Json.JsonValues;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>The files that describe reference sets: indented JSON for people, read back strictly with all errors at once.</summary>
internal static partial class ReferenceJson
{
    private const string SetSchema = "clipfusion/reference-set/1",
        DraftSchema = "clipfusion/reference-draft/1",
        IndexSchema = "clipfusion/reference-index/1";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    private static readonly (string Name, ReferenceSource Value)[] Sources =
    [
        ("trigger", ReferenceSource.Trigger),
        ("inspection", ReferenceSource.Inspection),
        ("upload", ReferenceSource.Upload),
        ("recipe", ReferenceSource.Recipe),
    ];

    private static readonly (string Name, ThresholdState Value)[] States =
    [
        ("provisional", ThresholdState.Provisional),
        ("calibrated", ThresholdState.Calibrated),
        ("byHand", ThresholdState.ByHand),
    ];

    public static string Write(ReferenceSet set) =>
        new JsonObject
        {
            ["schema"] = SetSchema,
            ["recipe"] = set.Recipe,
            ["number"] = set.Number,
            ["version"] = set.Version,
            ["isTaught"] = set.IsTaught,
            ["station"] = set.Station,
            ["createdAt"] = Iso(set.CreatedAt),
            ["pictures"] = Pictures(set.Pictures),
        }.ToJsonString(Indented);

    public static string Write(ReferenceDraft draft) =>
        new JsonObject
        {
            ["schema"] = DraftSchema,
            ["recipe"] = draft.Recipe,
            ["station"] = draft.Station,
            ["startedAt"] = Iso(draft.StartedAt),
            ["nextFile"] = draft.NextFile,
            ["pictures"] = Pictures(draft.Pictures),
        }.ToJsonString(Indented);

    public static string Write(ReferenceIndex index) =>
        new JsonObject
        {
            ["schema"] = IndexSchema,
            ["recipe"] = index.Recipe,
            ["active"] = index.Active,
            ["previous"] = index.Previous,
            ["recipeReferences"] = index.RecipeReferences,
            ["thresholds"] = new JsonArray([
                .. index.Thresholds.Select(t => new JsonObject
                {
                    ["set"] = t.Set,
                    ["pack"] = t.Pack,
                    ["state"] = States.First(s => s.Value == t.State).Name,
                    ["setAt"] = Iso(t.SetAt),
                    ["scores"] = Numbers(t.Scores),
                    ["maps"] = Numbers(t.Maps),
                }),
            ]),
        }.ToJsonString(Indented);

    /// <exception cref="ReferenceException">It is not what <see cref="Write(ReferenceSet)"/> writes.</exception>
    public static ReferenceSet ReadSet(string path) =>
        Read(
            path,
            SetSchema,
            fields =>
            {
                var set = new ReferenceSet(
                    Recipe(fields),
                    fields.Require("number", 0, "the set's number", Integer(1, int.MaxValue)),
                    fields.Require("isTaught", false, "true or false", Flag),
                    fields.Read("station", null, TextOrNull(TextWhere(Names.IsName, Names.Rule))),
                    Time(fields, "createdAt"),
                    Pictures(fields, min: 1)
                );
                string version = fields.Require("version", "", "the set's version", Text);
                if (fields.Errors.List.Count == 0 && version != set.Version)
                    fields.Errors.Add(fields.PathOf("version"), version, $"{set.Version}, as the pictures' hashes give it");
                return set;
            }
        );

    /// <exception cref="ReferenceException">It is not what <see cref="Write(ReferenceDraft)"/> writes.</exception>
    public static ReferenceDraft ReadDraft(string path) =>
        Read(
            path,
            DraftSchema,
            fields => new ReferenceDraft(
                Recipe(fields),
                fields.Require("station", "", Names.Rule, TextWhere(Names.IsName, Names.Rule)),
                Time(fields, "startedAt"),
                fields.Require("nextFile", 1, "the next file's number", Integer(1, int.MaxValue)),
                Pictures(fields, min: 0)
            )
        );

    /// <exception cref="ReferenceException">It is not what <see cref="Write(ReferenceIndex)"/> writes.</exception>
    public static ReferenceIndex ReadIndex(string path) =>
        Read(
            path,
            IndexSchema,
            fields => new ReferenceIndex(
                Recipe(fields),
                fields.Read("active", null, OrNull(Integer(1, int.MaxValue))),
                fields.Read("previous", null, OrNull(Integer(1, int.MaxValue))),
                fields.Read("recipeReferences", null, TextOrNull(TextWhere(Version().IsMatch, "16 hexadecimal digits"))),
                Items(fields, "thresholds", 0, ReferenceStore.MaxSets * 4, "thresholds", Thresholds)
            )
        );

    private static SetThresholds Thresholds(JsonFields fields) =>
        new(
            fields.Require("set", 0, "the set's number", Integer(1, int.MaxValue)),
            fields.Require("pack", "", "the pack's hash", Text),
            fields.Require("state", default, "what they promise", Choice(States)),
            Time(fields, "setAt"),
            Numbers(fields, "scores"),
            Numbers(fields, "maps")
        );

    private static T Read<T>(string path, string schema, Func<JsonFields, T> read)
    {
        var errors = new FieldErrors();
        T? value = default;
        try
        {
            using JsonDocument? document = StrictJson.Parse(StrictJson.ReadBytes(path), $"an object of {schema}", errors);
            if (document is not null)
            {
                var fields = new JsonFields(document.RootElement, "$", errors);
                fields.Require("schema", "", schema, TextWhere(s => s == schema, schema));
                value = read(fields);
                fields.RejectUnknown();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ReferenceException(e.Message, e);
        }

        return errors.List.Count == 0 ? value! : throw new ReferenceException($"{path}: {string.Join("; ", errors.List)}");
    }

    private static string Recipe(JsonFields fields) =>
        fields.Require("recipe", "", "the recipe's name", TextWhere(Names.IsRecipeName, Names.Rule));

    private static DateTimeOffset Time(JsonFields fields, string key) =>
        DateTimeOffset.TryParse(
            fields.Require(key, "", "a time", TextWhere(t => DateTimeOffset.TryParse(t, CultureInfo.InvariantCulture, out _), "a time")),
            CultureInfo.InvariantCulture,
            out DateTimeOffset time
        )
            ? time
            : default;

    private static ImmutableArray<ReferencePicture> Pictures(JsonFields fields, int min) =>
        Items(
            fields,
            "pictures",
            min,
            ReferenceStore.MaxPictures,
            "pictures",
            f => new ReferencePicture(
                f.Require("file", "", "the file's name", TextWhere(FileName().IsMatch, "a number and a suffix, such as 01.png")),
                f.Require("sha256", "", "64 hexadecimal digits", TextWhere(Sha256().IsMatch, "64 hexadecimal digits")),
                (long)f.Require("bytes", 0, "the file's size", Number(0, StationRecipeWriter.MaxFileBytes)),
                f.Require("source", default, "where it came from", Choice(Sources)),
                f.Read("from", null, TextOrNull(Text)),
                Time(f, "addedAt")
            )
        );

    /// <summary>As <see cref="JsonFields.Objects"/>, which wants one at least.</summary>
    private static ImmutableArray<T> Items<T>(JsonFields fields, string key, int min, int max, string what, Func<JsonFields, T> read)
        where T : class => min == 0 && fields.Read(key, false, IsEmptyArray) ? [] : fields.Objects(key, max, what, read);

    private static bool IsEmptyArray(JsonElement json, string path, FieldErrors errors, out bool value)
    {
        value = json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == 0;
        return true;
    }

    private static Dictionary<Profile, double> Numbers(JsonFields fields, string key) =>
        fields.Object(
            key,
            f =>
                ProfileNames
                    .All.Where(p => f.Has(p.Name))
                    .ToDictionary(p => p.Value, p => f.Read(p.Name, 0d, Number(0, StationRecipeReader.MaxScore)))
        ) ?? [];

    private static JsonObject Numbers(IReadOnlyDictionary<Profile, double> numbers) =>
        new(
            ProfileNames.All.Where(p => numbers.ContainsKey(p.Value)).Select(p => KeyValuePair.Create(p.Name, (JsonNode?)numbers[p.Value]))
        );

    private static JsonArray Pictures(IReadOnlyList<ReferencePicture> pictures) =>
        new([
            .. pictures.Select(p => new JsonObject
            {
                ["file"] = p.File,
                ["sha256"] = p.Sha256,
                ["bytes"] = p.Bytes,
                ["source"] = Sources.First(s => s.Value == p.Source).Name,
                ["from"] = p.From,
                ["addedAt"] = Iso(p.AddedAt),
            }),
        ]);

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    [GeneratedRegex("^[0-9]{2,9}\\.[a-z]{3}\\z")]
    private static partial Regex FileName();

    [GeneratedRegex("^[0-9a-f]{64}\\z")]
    private static partial Regex Sha256();

    [GeneratedRegex("^[0-9a-f]{16}\\z")]
    private static partial Regex Version();
}
