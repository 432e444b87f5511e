using System.CommandLine;
using System.Text.Json;
using ClipFusion.Foundation.Files;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Cli;

/// <summary><c>clipfusion tokenize</c>: what the text towers of a pack make of a text.</summary>
internal static class TokenizeCommand
{
    private static readonly Argument<string[]> Texts = new("TEXT")
    {
        Description = "Texts, each in quotes.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Pack = new("--pack")
    {
        Description = "The model pack's folder.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string[]> States = new("--state")
    {
        Description = "Show where a state's words stand in each text for the diffusion model. May be repeated.",
        HelpName = "WORDS",
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Write one JSON object per text and tokeniser to standard output.",
    };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("tokenize", "Show a text as the tokens that a pack's text towers read.") { Texts, Pack, States, Json };
        command.SetAction(parsed => Run(parsed, terminal));
        return command;
    }

    private static int Run(ParseResult parsed, Terminal terminal)
    {
        string[] texts = parsed.GetValue(Texts) ?? [];
        if (texts.FirstOrDefault(t => t.StartsWith("--", StringComparison.Ordinal)) is { } option)
            throw new UsageException($"unknown option {option}; see: clipfusion tokenize --help");
        using ModelPack pack = ModelPack.Open(parsed.GetRequiredValue(Pack));
        Tower[] towers =
        [
            new(
                "clip",
                pack.ClipTokenizer,
                pack.Manifest.RequireClip().ContextLength,
                Names(Path.Combine(pack.Folder, GraphNames.ClipVocabulary)),
                []
            ),
            new(
                "diffusion",
                pack.DiffusionTokenizer,
                pack.Manifest.RequireDiffusion().ContextLength,
                Names(Path.Combine(pack.Folder, GraphNames.DiffusionVocabulary)),
                parsed.GetValue(States) ?? []
            ),
        ];

        var lines = new JsonLines(terminal.Out);
        Tokens[] all = [.. texts.SelectMany(t => towers.Select(tower => Encode(tower, t)))];
        foreach (Tokens tokens in all)
        {
            if (parsed.GetValue(Json))
                lines.Write(tokens);
            else
                WriteText(terminal.Out, tokens);
        }

        foreach (Tokens tokens in all.Where(t => t.Truncated))
            terminal.WriteError(
                $"{tokens.Tokenizer}: \"{tokens.Text}\" has {tokens.Count} tokens, start and end included; at most "
                    + $"{tokens.ContextLength} are read, so no recipe may have it"
            );
        return all.Any(t => t.Truncated) ? ExitCode.BadArguments : ExitCode.Clean;
    }

    private const int MaxVocabularyBytes = 64 << 20;

    private static Dictionary<int, string> Names(string vocabularyFile) =>
        JsonSerializer
            .Deserialize<Dictionary<string, int>>(RegularFile.ReadAllBytes(vocabularyFile, MaxVocabularyBytes))!
            .ToDictionary(t => t.Value, t => t.Key);

    private static Tokens Encode(Tower tower, string text)
    {
        long[] padded = tower.Tokenizer.EncodePadded(text, tower.ContextLength);
        long[] ids = padded[..(Array.LastIndexOf(padded, tower.Tokenizer.EndId) + 1)];
        return new Tokens(
            text,
            tower.Name,
            tower.ContextLength,
            tower.Tokenizer.IsTruncated(text, tower.ContextLength),
            ids,
            [.. ids.Select(id => tower.Names[(int)id])],
            tower.States.ToDictionary(state => state, state => Positions(tower, padded, state, text))
        )
        {
            Count = tower.Tokenizer.CountTokens(text),
        };
    }

    private static int[] Positions(Tower tower, long[] prompt, string state, string text)
    {
        try
        {
            (int start, int length) = StateTokens.Find(tower.Tokenizer, prompt, state, text).GetOffsetAndLength(prompt.Length);
            return [.. Enumerable.Range(start, length)];
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    private static void WriteText(TextWriter output, Tokens tokens)
    {
        output.WriteLine(
            $"{tokens.Tokenizer}: \"{tokens.Text}\", {tokens.Ids.Count} of {tokens.ContextLength} "
                + $"tokens{(tokens.Truncated ? ", cut off" : "")}"
        );
        for (int i = 0; i < tokens.Ids.Count; i++)
        {
            string[] states = [.. tokens.States.Where(s => s.Value.Contains(i)).Select(s => s.Key)];
            output.WriteLine(
                $"  {i, 3}  {tokens.Ids[i], 6}  {tokens.Names[i]}{(states.Length > 0 ? $"   <- {string.Join(", ", states)}" : "")}"
            );
        }
    }

    private sealed record Tower(string Name, ClipTokenizer Tokenizer, int ContextLength, Dictionary<int, string> Names, string[] States);

    /// <summary>A text as one tower reads it, without the padding. Property names are the JSON's keys.</summary>
    private sealed record Tokens(
        string Text,
        string Tokenizer,
        int ContextLength,
        bool Truncated,
        IReadOnlyList<long> Ids,
        IReadOnlyList<string> Names,
        IReadOnlyDictionary<string, int[]> States
    )
    {
        /// <summary>Tokens of the whole text, start and end included.</summary>
        public required int Count { get; init; }
    }
}
