using System.Runtime.InteropServices;

namespace ClipFusion.Native;

/// <summary>Owns one native device set; releasing it waits for searches under way.</summary>
internal sealed class DeviceSetHandle : SafeHandle
{
    public DeviceSetHandle(ulong value)
        : base(0, ownsHandle: true) => SetHandle((nint)value);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The number for the ABI; valid while the caller holds a reference (<see cref="SafeHandle.DangerousAddRef"/>).</summary>
    public ulong Value => (ulong)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => NativeMethods.DestroySet((ulong)handle) == NativeStatus.Ok;
}
