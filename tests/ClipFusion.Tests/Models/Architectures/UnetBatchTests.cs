using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Models.Architectures;

/// <summary>Rows that leave early, and what timesteps and prompts share, must not show in what they give.</summary>
public sealed class UnetBatchTests(TinyPacks packs)
{
    private static readonly int[] Timesteps = [0, 201, 401, 999];

    [Theory]
    [InlineData("mapdiff.onnx")]
    [InlineData("mapdiff.tensorrt.onnx")]
    public void Batch_OfRandomRows_EqualsEachRowAlone(string file)
    {
        using var graph = new PackGraph(Path.Combine(packs.Folder(Precision.Float32), file));
        var random = new Random(20);
        var alone = new Dictionary<(int, int), (float[]? Map, Dictionary<int, float[]> Features)>();
        var batch = new UnetBatch(7);
        for (int plan = 0; plan < 40; plan++)
        {
            UnetRow[] rows = UnetBatch.Order(RandomRows(random));
            (float[]? Map, Dictionary<int, float[]> Features)[] found = batch.Run(graph, rows);
            for (int r = 0; r < rows.Length; r++)
            {
                var key = (rows[r].Prompt, rows[r].Timestep);
                if (!alone.TryGetValue(key, out (float[]? Map, Dictionary<int, float[]> Features) expected))
                    alone[key] = expected = batch.Run(graph, [new UnetRow(rows[r].Prompt, rows[r].Timestep, [0, 1, 2], OwesMap: true)])[0];
                string where = $"plan {plan} [{string.Join(" ", rows.Select(Shown))}], row {r}";
                if (found[r].Map is { } map)
                    Near(expected.Map!, map, $"{where}, map");
                foreach ((int block, float[] features) in found[r].Features)
                    Near(expected.Features[block], features, $"{where}, block {block}");
            }
        }
    }

    private static List<UnetRow> RandomRows(Random random)
    {
        var rows = new List<UnetRow>();
        int count = random.Next(1, 7);
        while (rows.Count < count)
        {
            (int prompt, int timestep, bool map) = (
                random.Next(UnetBatch.Prompts),
                Timesteps[random.Next(Timesteps.Length)],
                random.Next(2) == 0
            );
            int[] owes = [.. Enumerable.Range(0, UnetBatch.Blocks).Where(_ => random.Next(3) == 0)];
            if ((map || owes.Length > 0) && rows.TrueForAll(r => (r.Prompt, r.Timestep) != (prompt, timestep)))
                rows.Add(new UnetRow(prompt, timestep, owes, map));
        }

        return rows;
    }

    private static string Shown(UnetRow row) => $"{row.Prompt}@{row.Timestep}:{string.Join("", row.Owes)}{(row.OwesMap ? "m" : "")}";

    private static void Near(float[] expected, float[] found, string where)
    {
        Assert.Equal(expected.Length, found.Length);
        double worst = expected.Zip(found, (a, b) => Math.Abs((double)a - b)).Max();
        Assert.True(worst < 5e-6, $"{where}: differs by {worst:e1}");
    }
}
