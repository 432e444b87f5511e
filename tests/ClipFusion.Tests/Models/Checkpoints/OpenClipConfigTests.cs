using ClipFusion.Models.Checkpoints;

namespace ClipFusion.Tests.Models.Checkpoints;

public sealed class OpenClipConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_PublishedConfig_FillsDefaults()
    {
        // ViT-B-16-plus-240 as published, with keys of newer exports that change nothing.
        File.WriteAllText(
            _folder["c.json"],
            """
            {"model_cfg":{"embed_dim":640,"vision_cfg":{"image_size":[240,240],"layers":12,"width":896,"patch_size":16,"ls_init_value":null,"patch_dropout":0.0,"attentional_pool":false,"output_tokens":false,"timm_model_name":""},
            "text_cfg":{"context_length":77,"vocab_size":49408,"width":640,"heads":10,"layers":12,"pad_id":0,"act_kwargs":{}}},"something_new":[1]}
            """
        );
        OpenClipConfig config = OpenClipConfigFile.Read(_folder["c.json"]);
        Assert.Equal(new VisionTowerConfig(240, 12, 896, 16, 14, 3584), config.Vision);
        Assert.Equal(new TextTowerConfig(77, 49408, 640, 10, 12, 2560), config.Text);
        Assert.Equal((640, false), (config.EmbedDim, config.QuickGelu));
        Assert.Equal([0.48145466f, 0.4578275f, 0.40821073f], config.Mean);
        Assert.Equal([0.26862954f, 0.26130258f, 0.27577711f], config.Std);
    }

    [Fact]
    public void Read_OtherRatiosAndStatistics_AreTaken()
    {
        File.WriteAllText(
            _folder["c.json"],
            """
            {"model_cfg":{"embed_dim":8,"quick_gelu":true,"vision_cfg":{"image_size":28,"layers":2,"width":1408,"head_width":88,"patch_size":14,"mlp_ratio":4.3637},"text_cfg":{"width":32,"heads":2,"mlp_ratio":2}},
            "preprocess_cfg":{"mean":[0.5,0.25,0.125],"std":[1,2,0.5],"interpolation":"bicubic","resize_mode":"shortest"}}
            """
        );
        OpenClipConfig config = OpenClipConfigFile.Read(_folder["c.json"]);
        Assert.Equal((16, 6144, 64, true), (config.Vision.Heads, config.Vision.MlpWidth, config.Text.MlpWidth, config.QuickGelu));
        Assert.Equal([0.5f, 0.25f, 0.125f, 1f, 2f, 0.5f], [.. config.Mean, .. config.Std]);
    }

    [Theory]
    [InlineData("model_cfg", "remove")]
    [InlineData("model_cfg.embed_dim", "remove")]
    [InlineData("model_cfg.embed_dim", "\"32\"")]
    [InlineData("model_cfg.embed_dim", "0")]
    [InlineData("model_cfg.custom_text", "true")]
    [InlineData("model_cfg.multimodal_cfg", """{"layers":1}""")]
    [InlineData("model_cfg.init_logit_bias", "-10")]
    [InlineData("model_cfg.quick_gelu", "1")]
    [InlineData("model_cfg.vision_cfg", "remove")]
    [InlineData("model_cfg.vision_cfg.layers", "[3,4,6,3]")]
    [InlineData("model_cfg.vision_cfg.timm_model_name", "\"vit_base\"")]
    [InlineData("model_cfg.vision_cfg.ls_init_value", "1e-4")]
    [InlineData("model_cfg.vision_cfg.attentional_pool", "true")]
    [InlineData("model_cfg.vision_cfg.attentional_pool", "\"parallel\"")]
    [InlineData("model_cfg.vision_cfg.no_ln_pre", "true")]
    [InlineData("model_cfg.vision_cfg.pos_embed_type", "\"sin_cos_2d\"")]
    [InlineData("model_cfg.vision_cfg.pool_type", "\"avg\"")]
    [InlineData("model_cfg.vision_cfg.final_ln_after_pool", "true")]
    [InlineData("model_cfg.vision_cfg.norm_kwargs", """{"eps":1e-6}""")]
    [InlineData("model_cfg.vision_cfg.act_kwargs", """{"approximate":"tanh"}""")]
    [InlineData("model_cfg.vision_cfg.qk_norm", "true")]
    [InlineData("model_cfg.vision_cfg.head_width", "48")]
    [InlineData("model_cfg.vision_cfg.image_size", "[240,224]")]
    [InlineData("model_cfg.vision_cfg.image_size", "250")]
    [InlineData("model_cfg.vision_cfg.mlp_ratio", "-4")]
    [InlineData("model_cfg.text_cfg.hf_model_name", "\"roberta-base\"")]
    [InlineData("model_cfg.text_cfg.hf_tokenizer_name", "\"t5\"")]
    [InlineData("model_cfg.text_cfg.tokenizer_kwargs", """{"clean":"canonicalize"}""")]
    [InlineData("model_cfg.text_cfg.pool_type", "\"last\"")]
    [InlineData("model_cfg.text_cfg.proj_type", "\"none\"")]
    [InlineData("model_cfg.text_cfg.proj_bias", "true")]
    [InlineData("model_cfg.text_cfg.embed_cls", "true")]
    [InlineData("model_cfg.text_cfg.no_causal_mask", "true")]
    [InlineData("model_cfg.text_cfg.heads", "5")]
    [InlineData("preprocess_cfg.mean", "[0.5,0.5]")]
    [InlineData("preprocess_cfg.std", "[0.5,0,0.5]")]
    [InlineData("preprocess_cfg.interpolation", "\"bilinear\"")]
    public void Read_WouldGiveOtherNumbers_NamesFileKeyFoundAndSupported(string path, string json)
    {
        string file = ConfigEdit.Write(
            Fixtures.Path("tiny-a", "clip", "open_clip_config.json"),
            _folder["open_clip_config.json"],
            path,
            json
        );
        string message = Assert.Throws<FolderException>(() => OpenClipConfigFile.Read(file)).Message;
        Assert.Contains(
            $"open_clip_config.json: {path}: found {(json == "remove" ? "nothing" : json)}, supported: ",
            message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_SeveralProblems_TellsAllAtOnce()
    {
        File.WriteAllText(
            _folder["c.json"],
            """{"model_cfg":{"embed_dim":32,"vision_cfg":{"layers":[1],"no_ln_pre":true},"text_cfg":{"pool_type":"eos"}}}"""
        );
        string message = Assert.Throws<FolderException>(() => OpenClipConfigFile.Read(_folder["c.json"])).Message;
        Assert.Contains(
            "vision_cfg.layers: found [1], supported: one block count (a transformer, not a ResNet)",
            message,
            StringComparison.Ordinal
        );
        Assert.Contains("vision_cfg.no_ln_pre: found true", message, StringComparison.Ordinal);
        Assert.Contains("text_cfg.pool_type: found \"eos\"", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"model_cfg\":")]
    [InlineData("{\"model_cfg\":{},\"model_cfg\":{}}")]
    public void Read_NotAJsonObject_NamesTheFile(string json)
    {
        File.WriteAllText(_folder["c.json"], json);
        Assert.Contains(
            "c.json: ",
            Assert.Throws<FolderException>(() => OpenClipConfigFile.Read(_folder["c.json"])).Message,
            StringComparison.Ordinal
        );
    }
}
