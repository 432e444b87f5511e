using System.Text.Json;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The store's condition in the words of the state message.</summary>
internal static class StorageReport
{
    /// <summary>What the disk still takes.</summary>
    /// <param name="state">The store's.</param>
    /// <returns>For <c>storage</c> in state.</returns>
    public static StorageWord Of(StorageState state) =>
        state.Condition switch
        {
            StorageCondition.Healthy => state.HasRoomForImages ? StorageWord.Ok : StorageWord.NoImages,
            StorageCondition.OnReserve => StorageWord.Reserve,
            StorageCondition.DiskFull => StorageWord.Full,
            _ => StorageWord.Unavailable,
        };

    /// <summary>The word for it wherever it is told: state message, device view and metrics.</summary>
    /// <param name="state">What the disk still takes.</param>
    public static string WordOf(StorageWord state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());
}
