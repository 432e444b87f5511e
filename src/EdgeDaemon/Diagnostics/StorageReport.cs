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
}
