using System.Text.Json;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Diagnostics;

/// <summary>The store's condition in the words of the state message.</summary>
internal static class StorageReport
{
    /// <summary>What the disk still takes.</summary>
    /// <param name="state">The store's.</param>
    /// <returns>For <c>storage</c> in state.</returns>
    public static Delivery.StorageState Of(Storage.StorageState state) => state.Condition switch
    {
        StorageCondition.Healthy => state.HasRoomForImages ? Delivery.StorageState.Ok : Delivery.StorageState.NoImages,
        StorageCondition.OnReserve => Delivery.StorageState.Reserve,
        StorageCondition.DiskFull => Delivery.StorageState.Full,
        _ => Delivery.StorageState.Unavailable,
    };

    /// <summary>The word for it wherever it is told: state message, device view and metrics.</summary>
    /// <param name="state">What the disk still takes.</param>
    public static string WordOf(Delivery.StorageState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());
}
