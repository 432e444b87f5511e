namespace ClipFusion.Models.Graph;

/// <content>Operators that move elements without computing.</content>
public sealed partial class GraphBuilder
{
    /// <summary>The same elements in another shape; the run-time length, if any, must stand in both shapes once.</summary>
    public Value Reshape(Value x, params Dim[] shape)
    {
        string?[] before = [.. x.Shape.Where(d => !d.IsFixed).Select(d => d.Symbol)];
        string?[] after = [.. shape.Where(d => !d.IsFixed).Select(d => d.Symbol)];
        bool fits = before.Length <= 1 && before.SequenceEqual(after) && FixedProduct(x.Shape) == FixedProduct(shape);
        if (!fits)
            throw new GraphException($"Reshape: {x} does not fit [{string.Join(", ", shape)}]");
        return Emit("Reshape", [x, Int64s([.. shape.Select(d => d.Length)])], x.Type, shape);
    }

    /// <summary>Permutes the axes.</summary>
    public Value Transpose(Value x, params int[] order)
    {
        if (order.Length != x.Rank)
            throw new GraphException($"Transpose: {x} has not {order.Length} axes");
        return Emit("Transpose", [x], x.Type, [.. order.Select(i => x[i])], Attr("perm", [.. order.Select(i => (long)i)]));
    }

    /// <summary>Joins along <paramref name="axis"/>, whose lengths must be fixed.</summary>
    public Value Concat(int axis, params Value[] parts)
    {
        int at = axis < 0 ? axis + parts[0].Rank : axis;
        foreach (Value part in parts)
            for (int i = 0; i < parts[0].Rank; i++)
                if (part.Rank != parts[0].Rank || part.Type != parts[0].Type || (i != at && part[i] != parts[0][i]))
                    throw new GraphException($"Concat: {part} does not fit {parts[0]}");
        Dim[] shape = [.. parts[0].Shape];
        shape[at] = parts.Sum(p => (long)p.Fixed(at));
        return Emit("Concat", parts, parts[0].Type, shape, Attr("axis", (long)at));
    }

    /// <summary>Elements <paramref name="start"/> to <paramref name="end"/> (exclusive) along a fixed axis.</summary>
    public Value Slice(Value x, int axis, long start, long end)
    {
        int at = axis < 0 ? axis + x.Rank : axis;
        if (start < 0 || end > x.Fixed(at) || start >= end)
            throw new GraphException($"Slice: {start}..{end} is outside axis {axis} of {x}");
        Dim[] shape = [.. x.Shape];
        shape[at] = end - start;
        return Emit("Slice", [x, Int64s(start), Int64s(end), Int64s(at)], x.Type, shape);
    }

    /// <summary>The first rows along axis 0, as many as <paramref name="count"/> says at run time.</summary>
    /// <param name="x">At least that many rows.</param>
    /// <param name="count">int64 [1].</param>
    /// <param name="symbol">Name of the new length.</param>
    public Value First(Value x, Value count, string symbol)
    {
        Dim[] shape = [.. x.Shape];
        shape[0] = symbol;
        return Emit("Slice", [x, Int64s(0), count, Int64s(0)], x.Type, shape);
    }

    /// <summary>Picks rows along axis 0.</summary>
    /// <param name="x">Rows.</param>
    /// <param name="indices">int64 [n], 0 or more.</param>
    public Value Rows(Value x, Value indices)
    {
        if (indices.Type != ElementType.Int64 || indices.Rank != 1)
            throw new GraphException($"Rows: {indices} is not a list of int64");
        return Emit("Gather", [x, indices], x.Type, [indices[0], .. x.Shape.Skip(1)], Attr("axis", 0L));
    }

    /// <summary>x[n, indices[n], :] for every n.</summary>
    /// <param name="x">[N, L, C].</param>
    /// <param name="indices">int64 [N].</param>
    public Value PickPosition(Value x, Value indices)
    {
        Value index = Reshape(indices, indices[0], 1);
        return Emit("GatherND", [x, index], x.Type, [x[0], x[2]], Attr("batch_dims", 1L));
    }

    /// <summary>Looks up rows of a table.</summary>
    /// <param name="table">[V, C].</param>
    /// <param name="ids">int64 of any shape.</param>
    public Value Embed(Value table, Value ids) => Emit("Gather", [table, ids], table.Type, [.. ids.Shape, table[1]], Attr("axis", 0L));

    /// <summary>Repeats a single row along axis 0 until it is as long as <paramref name="like"/>.</summary>
    public Value RepeatRow(Value x, Value like)
    {
        if (x[0] != 1)
            throw new GraphException($"RepeatRow: {x} has more than one row");
        Value rows = Emit("Shape", [like], ElementType.Int64, [1L], Attr("start", 0L), Attr("end", 1L));
        Value target = Concat(0, rows, Int64s([.. x.Shape.Skip(1).Select(d => d.Length)]));
        return Emit("Expand", [x, target], x.Type, [like[0], .. x.Shape.Skip(1)]);
    }

    /// <summary>
    /// Enlarges [N, C, H, W] to height x width, each twice as long or one shorter, by repeating each pixel (nearest). A side of 2 n - 1 is
    /// the first part of one of 2 n: floor(i n / (2 n - 1)) = floor(i / 2) for every i below 2 n - 1.
    /// </summary>
    public Value UpsampleNearest(Value x, int height, int width)
    {
        int tall = 2 * x.Fixed(2),
            wide = 2 * x.Fixed(3);
        if (height > tall || height < tall - 1 || width > wide || width < wide - 1)
            throw new GraphException(
                $"UpsampleNearest: {x} to {height} x {width}; {tall} x {wide}, or one less, is what a halving can have come from"
            );
        Value twice = Resize(x, tall, wide, "nearest", "asymmetric");
        if (height < tall)
            twice = Slice(twice, 2, 0, height);
        return width < wide ? Slice(twice, 3, 0, width) : twice;
    }

    /// <summary>Enlarges [N, C, H, W] bilinearly, align_corners = false, edges clamped.</summary>
    public Value ResizeBilinear(Value x, int height, int width) =>
        x[2] == height && x[3] == width ? x : Resize(x, height, width, "linear", "half_pixel");

    private Value Resize(Value x, int height, int width, string mode, string coordinates)
    {
        // Scales rather than sizes: the batch is then left alone whatever its length, and TensorRT needs no shape tensor.
        Value scales = Constant(ElementType.Float32, [1, 1, ScaleTo(height, x.Fixed(2)), ScaleTo(width, x.Fixed(3))], 4);
        Value none = Constant(ElementType.Float32, [], 0);
        return Emit(
            "Resize",
            [x, none, scales],
            x.Type,
            [x[0], x[1], height, width],
            Attr("mode", mode),
            Attr("coordinate_transformation_mode", coordinates),
            Attr("nearest_mode", "floor")
        );
    }

    /// <summary>The smallest float32 with which floor(length x scale), as runtimes compute the size, is the target: 17 / 9 rounds down and
    /// would give 16.</summary>
    private static float ScaleTo(int target, int length)
    {
        float scale = (float)target / length;
        return (double)scale * length < target ? MathF.BitIncrement(scale) : scale;
    }

    private static long FixedProduct(IEnumerable<Dim> shape) => shape.Where(d => d.IsFixed).Aggregate(1L, (a, d) => a * d.Length);
}
