using ClipFusion.EdgeDaemon.Monitoring;

namespace ClipFusion.Tests.EdgeDaemon.Monitoring;

public sealed class EventTableTests
{
    private const string Root = "ClipFusion.EdgeDaemon";

    [Fact]
    public void Events_All_HaveAnIdOfTheirOwn()
    {
        Assert.True(EventTable.Events.Count > 10, $"only {EventTable.Events.Count} log methods were found");
        Assert.All(
            EventTable.Events.GroupBy(e => e.Id),
            same =>
                Assert.True(
                    same.Count() == 1,
                    $"event id {same.Key} is given to {string.Join(" and ", same.Select(e => $"'{e.Message}' ({e.Source.Name})"))}; "
                        + "each needs its own"
                )
        );
    }

    [Fact]
    public void Events_All_SayWhatToDo() =>
        Assert.All(
            EventTable.Events,
            e =>
                Assert.False(
                    string.IsNullOrWhiteSpace(e.Action),
                    $"event {e.Id} of {e.Source.Name} has no [OperatorAction(\"...\")]: what does a person do when it comes?"
                )
        );

    [Fact]
    public void Events_OfAClass_LieInOneAreaThatItMayUse()
    {
        foreach (IGrouping<Type, LogEvent> source in EventTable.Events.GroupBy(e => e.Source))
        {
            string below = source.Key.Namespace![Root.Length..].TrimStart('.').Split('.')[0];
            var areas = source.Select(e => EventTable.Areas.SingleOrDefault(a => a.Has(e.Id))).Distinct().ToList();
            string ids = string.Join(", ", source.Select(e => e.Id));
            Assert.True(areas is [{ }], $"{source.Key.Name} logs {ids}: they have to be in one of the areas of EventTable.Areas");
            Assert.True(
                areas[0]!.Namespaces.Contains(below),
                $"{source.Key.Name} logs {ids}, which belong to '{areas[0]!.Title}' and its namespaces "
                    + $"({string.Join(", ", areas[0]!.Namespaces)}), not to '{below}'"
            );
        }
    }

    [Fact]
    public void Areas_All_AreApart() =>
        Assert.All(EventTable.Areas.Zip(EventTable.Areas.Skip(1)), pair => Assert.True(pair.First.Last < pair.Second.First));

    [Fact]
    public void EventsPage_IsWhatTheLogMethodsSay()
    {
        string page = Fixtures.Path("..", "..", "docs", "events.md"),
            expected = EventTable.ToMarkdown();
        if (File.Exists(page) && File.ReadAllText(page) == expected)
            return;
        string written = Path.Combine(AppContext.BaseDirectory, "events.md");
        File.WriteAllText(written, expected);
        Assert.Fail(
            $"docs/events.md is not what the log methods say; expected is in {written}: look at the difference, and copy that file to "
                + "docs/events.md if no number was given to another event"
        );
    }
}
