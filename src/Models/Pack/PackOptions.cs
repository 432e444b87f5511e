namespace ClipFusion.Models.Pack;

/// <summary>How a pack is built.</summary>
/// <param name="Precision">Element type of products and activations.</param>
/// <param name="VvStart">First block with value-value attention, 1 to the tower's last.</param>
/// <param name="ClipBlocks">Blocks whose features come out, from 1; null takes the half and three quarters of the tower (6 and 9 of 12).</param>
/// <param name="Name">The pack's name; null makes one from the sources and the precision.</param>
/// <param name="Notice">Plain words for whoever runs the pack, or null.</param>
public sealed record PackOptions(Precision Precision = Precision.Float32, int VvStart = 1, IReadOnlyList<int>? ClipBlocks = null, string? Name = null, string? Notice = null);
