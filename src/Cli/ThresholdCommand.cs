using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ClipFusion.Foundation.Files;
using ClipFusion.Foundation.Json;
using ClipFusion.Inspection.Calibration;

namespace ClipFusion.Cli;

/// <summary><c>clipfusion threshold</c>: the threshold that scores of good parts allow, by the rule that the box calibrates by.</summary>
internal static class ThresholdCommand
{
    private const int MaxBytes = 64 << 20,
        MaxScores = 1_000_000;

    private static readonly Option<string> Scores = new("--scores")
    {
        Description = "A file with {\"scores\": [...]}: scores of good parts that are not among the references.",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<double> Rate = new("--rate")
    {
        Description = "The wanted rate of rejected good parts, between 0 and 1.",
        HelpName = "R",
        Required = true,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Write the outcome as one JSON object to standard output." };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("threshold", "Tell the threshold that scores of good parts allow.") { Scores, Rate, Json };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(Scores), parsed.GetRequiredValue(Rate), parsed.GetValue(Json), terminal));
        return command;
    }

    private static int Run(string file, double rate, bool json, Terminal terminal)
    {
        if (rate is not (> 0 and < 1))
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--rate {rate}: a number between 0 and 1 is expected"));
        ImmutableArray<double> scores = Read(file);
        int rank = ConformalThreshold.RankOf(scores.Length, rate);
        ConformalThreshold? threshold = rank <= scores.Length ? ConformalThreshold.Of(scores, rate) : null;
        double least = ConformalThreshold.LeastRate(scores.Length),
            needed = ConformalThreshold.PartsFor(rate);
        if (json)
            new JsonLines(terminal.Out).Write(
                new
                {
                    threshold = threshold?.Value,
                    rank,
                    available = threshold is not null,
                    leastRate = least,
                    bound90 = threshold?.Bound90,
                    partsForWanted = needed,
                }
            );
        else if (threshold is null)
            terminal.Out.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"no threshold: {scores.Length} good parts allow no rate below {100 * least:0.###} %; {100 * rate:0.###} % "
                        + $"needs {needed} parts"
                )
            );
        else
            terminal.Out.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"threshold {threshold.Value}: {threshold.Rule}\npromised: {threshold.Promise}; this very threshold rejects at most {
                        100 * threshold.Bound90:0.##} % of them with a confidence of 90 %\nnot promised: {ConformalThreshold.NoPromise}"
                )
            );
        return ExitCode.Clean;
    }

    private static ImmutableArray<double> Read(string file)
    {
        var errors = new FieldErrors();
        ImmutableArray<double> scores = [];
        try
        {
            using JsonDocument? document = StrictJson.Parse(
                RegularFile.ReadAtMost(file, MaxBytes),
                "an object with the scores",
                errors,
                new JsonRules { MaxBytes = MaxBytes }
            );
            if (document is not null)
            {
                var fields = new JsonFields(document.RootElement, "$", errors);
                scores = fields.Require("scores", ImmutableArray<double>.Empty, Expected, Numbers);
                fields.RejectUnknown();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--scores {e.Message}", e);
        }

        return errors.List.Count == 0 ? scores : throw new UsageException($"--scores {file}: {string.Join("; ", errors.List)}");
    }

    private static string Expected => string.Create(CultureInfo.InvariantCulture, $"an array of 1 to {MaxScores} finite numbers");

    private static bool Numbers(JsonElement json, string path, FieldErrors errors, out ImmutableArray<double> value)
    {
        value = [];
        int count = json.ValueKind == JsonValueKind.Array ? json.GetArrayLength() : 0;
        if (count is < 1 or > MaxScores)
            return JsonValues.Fail(json, path, errors, Expected);
        ImmutableArray<double>.Builder numbers = ImmutableArray.CreateBuilder<double>(count);
        foreach ((int i, JsonElement item) in json.EnumerateArray().Index())
        {
            if (item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out double number) && double.IsFinite(number))
                numbers.Add(number);
            else
                return JsonValues.Fail(item, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), errors, "a finite number");
        }

        value = numbers.MoveToImmutable();
        return true;
    }
}
