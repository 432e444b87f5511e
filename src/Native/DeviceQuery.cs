namespace ClipFusion.Native;

/// <summary>One bank's queries in a search of a <see cref="DeviceBankSet"/>. Pointers are the caller's: into the GPU's memory, except where
/// a search says that they are into this process's.</summary>
/// <param name="Bank">The bank's number in the set, counted from 0.</param>
/// <param name="Queries">Count x dimension values, row-major, of any length but zero; aligned as their type is.</param>
/// <param name="Count">Queries, 0 or more.</param>
/// <param name="Similarities">Receives Count float32 cosines with the nearest row, -1 to 1; NaN for a query that is zero, NaN or
/// infinite.</param>
/// <param name="Nearest">Receives Count int64 numbers of the nearest row, as <see cref="NativeBank.Search"/> has them, -1 for a bad query;
/// or 0.</param>
/// <param name="IsHalf">True when the queries are float16, false when they are float32.</param>
/// <param name="Exclude">Id of an image whose rows are left out, or null.</param>
public readonly record struct DeviceQuery(
    int Bank,
    nint Queries,
    int Count,
    nint Similarities,
    nint Nearest = 0,
    bool IsHalf = false,
    int? Exclude = null
);
