using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Cli.Enroll;

/// <summary><c>clipfusion enroll</c>: teaches a running box, step by step.</summary>
internal static class EnrollCommand
{
    private const int MaxPicture = 64 << 20;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private static readonly Option<string> Station = new("--station")
    {
        Description = "The station; not needed where the box has one.",
        HelpName = "NAME",
        Recursive = true,
    };

    private static readonly Option<string> Url = new("--url")
    {
        Description = "Where the box listens.",
        HelpName = "URL",
        DefaultValueFactory = _ => "http://127.0.0.1:8080",
        Recursive = true,
    };

    private static readonly Option<string> TokenFile = new("--token-file")
    {
        Description = "The file that the box's $.http.tokenFile names.",
        HelpName = "FILE",
        Recursive = true,
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Write what the box says as JSON, one object a line.",
        Recursive = true,
    };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("enroll", "Teach a running box what good parts look like.") { Station, Url, TokenFile, Json };
        var recipe = new Argument<string>("RECIPE") { Description = "Number or name of the recipe." };
        var files = new Argument<string[]>("FILE") { Description = "Pictures of good parts.", Arity = ArgumentArity.ZeroOrMore };
        var triggers = new Option<int?>("--triggers") { Description = "Add the frames of the next N triggers.", HelpName = "N" };
        var inspection = new Option<string[]>("--inspection")
        {
            Description = "Add the archived frame of an inspection. May be repeated.",
            HelpName = "ID",
        };
        var number = new Argument<int>("NUMBER") { Description = "Which picture, from 1." };
        var set = new Option<int?>("--set") { Description = "Which reference set.", HelpName = "N" };
        var named = new Option<string?>("--recipe") { Description = "Number or name of the recipe.", HelpName = "RECIPE" };
        Add("start", "Start to collect pictures for a recipe.", (p, box) => box.StepAsync("start", p.GetRequiredValue(recipe)), recipe);
        Add(
            "add",
            "Add pictures: files, archived inspections, or the frames of the next triggers.",
            (p, box) => box.AddAsync(p.GetValue(files) ?? [], p.GetValue(inspection) ?? [], p.GetValue(triggers)),
            files,
            inspection,
            triggers
        );
        Add("remove", "Take a picture out again.", (p, box) => box.RemoveAsync(p.GetValue(number)), number);
        Add("finish", "Make a reference set of the pictures.", (_, box) => box.StepAsync("finish"));
        Add("cancel", "Throw the pictures away.", (_, box) => box.StepAsync("cancel"));
        Add(
            "activate",
            "Judge by a reference set from the next part on.",
            (p, box) => box.SetAsync("activate", p.GetValue(named), p.GetValue(set)),
            named,
            set
        );
        Add(
            "rollback",
            "Judge by the reference set of before again.",
            (p, box) => box.SetAsync("rollback", p.GetValue(named), p.GetValue(set)),
            named,
            set
        );
        Add("show", "Show how far it is.", (_, box) => box.ShowAsync());
        Add("list", "List a recipe's reference sets.", (p, box) => box.ListAsync(p.GetRequiredValue(recipe)), recipe);
        return command;

        void Add(string name, string what, Func<ParseResult, Talk, Task> take, params Symbol[] words)
        {
            var verb = new Command(name, what);
            foreach (Symbol word in words)
            {
                if (word is Argument argument)
                    verb.Arguments.Add(argument);
                else
                    verb.Options.Add((Option)word);
            }

            verb.SetAction(
                async (parsed, cancellation) =>
                {
                    using var client = new BoxClient(parsed.GetRequiredValue(Url), parsed.GetValue(TokenFile));
                    await take(parsed, new Talk(client, parsed.GetValue(Station), parsed.GetValue(Json), terminal, cancellation))
                        .ConfigureAwait(false);
                    return ExitCode.Clean;
                }
            );
            command.Subcommands.Add(verb);
        }
    }

    /// <summary>One command's talk with the box.</summary>
    private sealed class Talk(BoxClient box, string? station, bool json, Terminal terminal, CancellationToken cancellation)
    {
        private readonly string _id = $"cli-{Guid.NewGuid():N}";

        public Task StepAsync(string action, string? recipe = null) =>
            StepAsync(new JsonObject { ["action"] = action, ["recipe"] = recipe });

        public Task SetAsync(string action, string? recipe, int? set) =>
            StepAsync(
                new JsonObject
                {
                    ["action"] = action,
                    ["recipe"] = recipe,
                    ["set"] = set,
                }
            );

        public async Task AddAsync(string[] files, string[] inspections, int? triggers)
        {
            if (files.Length + inspections.Length == 0 && triggers is null)
                throw new UsageException("nothing to add; files, --inspection or --triggers are expected");
            string path = await PathAsync().ConfigureAwait(false);
            foreach (string file in files)
            {
                byte[] picture;
                try
                {
                    picture = RegularFile.ReadAllBytes(file, MaxPicture);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new UsageException(e.Message, e);
                }

                Say(
                    await box.PostAsync($"{path}/pictures?name={Uri.EscapeDataString(Path.GetFileName(file))}", picture, cancellation)
                        .ConfigureAwait(false)
                );
            }

            foreach (string inspection in inspections)
                await StepAsync(
                        new JsonObject
                        {
                            ["action"] = "add",
                            ["source"] = "inspection",
                            ["inspectionId"] = inspection,
                        }
                    )
                    .ConfigureAwait(false);
            if (triggers is { } count)
                await StepAsync(
                        new JsonObject
                        {
                            ["action"] = "add",
                            ["source"] = "trigger",
                            ["count"] = count,
                        }
                    )
                    .ConfigureAwait(false);
        }

        public async Task RemoveAsync(int number)
        {
            string path = await PathAsync().ConfigureAwait(false),
                picture = number.ToString(CultureInfo.InvariantCulture);
            Say(await box.DeleteAsync($"{path}/pictures/{picture}", cancellation).ConfigureAwait(false));
        }

        public async Task ShowAsync() =>
            Say(await box.GetAsync(await PathAsync().ConfigureAwait(false), cancellation).ConfigureAwait(false));

        public async Task ListAsync(string recipe)
        {
            JsonNode view = await box.GetAsync($"api/v1/recipes/{Uri.EscapeDataString(recipe)}/references", cancellation)
                .ConfigureAwait(false);
            if (json)
            {
                terminal.Out.WriteLine(view.ToJsonString());
                return;
            }

            if (view["sets"]!.AsArray() is { Count: 0 })
                terminal.WriteNote($"recipe {recipe} has no reference sets");
            foreach (JsonNode? set in view["sets"]!.AsArray())
            {
                int number = (int)set!["number"]!;
                string mark =
                    number == (int?)view["active"] ? "active"
                    : number == (int?)view["previous"] ? "previous"
                    : "";
                string pictures = string.Create(CultureInfo.InvariantCulture, $"{set["pictures"]!.AsArray().Count, 2} pictures"),
                    origin = (bool)set["taught"]! ? $"taught at {set["station"]}" : "from the recipe's file";
                terminal.Out.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"{number, 4}  {mark, -8}  ")
                        + ((string?)set["problem"] ?? $"{pictures}  {set["version"]}  {set["createdAt"]}  {origin}")
                );
            }
        }

        private async Task StepAsync(JsonObject asked)
        {
            asked["requestId"] = _id;
            string path = await PathAsync().ConfigureAwait(false);
            JsonNode told = await box.PostAsync(path, asked, cancellation).ConfigureAwait(false);
            Say(told);
            // What takes long goes on after the answer.
            while ((string?)told["state"] is "encoding" or "comparing" or "activating")
            {
                await Task.Delay(Look, cancellation).ConfigureAwait(false);
                JsonNode next = await box.GetAsync(path, cancellation).ConfigureAwait(false);
                if ((string?)next["requestId"] != _id)
                    throw new IOException("somebody else goes on at this station; clipfusion enroll show tells how far it is");
                if (next.ToJsonString() != told.ToJsonString())
                    Say(next);
                told = next;
            }

            if ((string?)told["state"] == "failed")
                throw new IOException($"{told["errorText"]} ({told["error"]})");
        }

        private async Task<string> PathAsync()
        {
            string? name = station;
            if (name is null)
            {
                JsonArray all = (await box.GetAsync("api/v1/stations", cancellation).ConfigureAwait(false)).AsArray();
                string[] names = [.. all.Select(s => (string)s!["station"]!)];
                name = names is [var only]
                    ? only
                    : throw new UsageException(
                        $"the box has {names.Length} stations; --station is expected to name one of {string.Join(", ", names)}"
                    );
            }

            return $"api/v1/stations/{Uri.EscapeDataString(name)}/enrollment";
        }

        private void Say(JsonNode told)
        {
            if (json)
            {
                terminal.Out.WriteLine(told.ToJsonString());
                return;
            }

            string set = (int?)told["set"] is { } number ? string.Create(CultureInfo.InvariantCulture, $", set {number}") : "",
                done = (int?)told["total"] is { } total && total > (int?)told["pictures"]
                    ? string.Create(CultureInfo.InvariantCulture, $", {told["done"]} of {total}")
                    : "";
            terminal.Out.WriteLine($"{told["state"]}: {told["recipe"] ?? "nothing"}{set}, {told["pictures"]} pictures{done}");
            foreach (JsonNode? advice in told["advice"]!.AsArray())
                terminal.Out.WriteLine($"  {advice!["text"]}");
        }
    }
}
