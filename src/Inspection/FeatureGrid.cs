using ClipFusion.Inspection.Networks;

namespace ClipFusion.Inspection;

/// <summary>Unit features of one image on a square grid, where the network left them, and the bank that they are compared with.</summary>
/// <param name="Bank">The bank.</param>
/// <param name="Outputs">What the network gave; borrowed.</param>
/// <param name="Name">The output with the features: rows x cells x dimension.</param>
/// <param name="Row">Their row of it.</param>
/// <param name="Side">Cells along one side.</param>
internal readonly record struct FeatureGrid(MemoryBank Bank, NetworkOutputs Outputs, string Name, int Row, int Side)
{
    public int Cells => Side * Side;
}
