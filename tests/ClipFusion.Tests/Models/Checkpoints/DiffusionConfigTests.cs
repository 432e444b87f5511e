using ClipFusion.Models.Checkpoints;

namespace ClipFusion.Tests.Models.Checkpoints;

public sealed class DiffusionConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Unet_StableDiffusion2Inpainting_IsReadAsPublished()
    {
        File.WriteAllText(
            _folder["config.json"],
            """
            {"_class_name":"UNet2DConditionModel","_diffusers_version":"0.8.0","act_fn":"silu","attention_head_dim":[5,10,20,20],"block_out_channels":[320,640,1280,1280],"center_input_sample":false,"cross_attention_dim":1024,
            "down_block_types":["CrossAttnDownBlock2D","CrossAttnDownBlock2D","CrossAttnDownBlock2D","DownBlock2D"],"downsample_padding":1,"dual_cross_attention":false,"flip_sin_to_cos":true,"freq_shift":0,"in_channels":9,
            "layers_per_block":2,"mid_block_scale_factor":1,"norm_eps":1e-05,"norm_num_groups":32,"only_cross_attention":false,"out_channels":4,"sample_size":64,
            "up_block_types":["UpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D","CrossAttnUpBlock2D"],"use_linear_projection":true,"num_class_embeds":null,"upcast_attention":true,"class_embed_type":null}
            """
        );
        UnetConfig unet = UnetConfigFile.Read(_folder["config.json"]);
        Assert.Equal(
            (64, 9, 1024, 32, 1e-5, true, true, 0),
            (
                unet.SampleSize,
                unet.InChannels,
                unet.CrossAttentionDim,
                unet.NormGroups,
                unet.NormEps,
                unet.UseLinearProjection,
                unet.FlipSinToCos,
                unet.FreqShift
            )
        );
        Assert.Equal([320, 640, 1280, 1280], unet.BlockOutChannels);
        Assert.Equal([5, 10, 20, 20], unet.HeadCounts);
        Assert.Equal([2, 2, 2, 2], unet.LayersPerBlock);
        Assert.Equal([true, true, true, false], unet.DownBlockHasAttention);
        Assert.Equal([false, true, true, true], unet.UpBlockHasAttention);
    }

    [Theory]
    [InlineData("attention_head_dim", "4", new[] { 4, 4, 4, 4 })]
    [InlineData("num_attention_heads", "[1,2,3,4]", new[] { 1, 2, 3, 4 })]
    [InlineData("num_attention_heads", "null", new[] { 2, 4, 6, 6 })]
    [InlineData("attention_head_dim", "remove", new[] { 8, 8, 8, 8 })]
    public void Unet_HeadCounts_ComeFromEitherKey(string key, string json, int[] expected) =>
        Assert.Equal(expected, UnetConfigFile.Read(Edit("unet", key, json)).HeadCounts);

    [Theory]
    [InlineData("layers_per_block", "[1,2,1,2]")]
    [InlineData("transformer_layers_per_block", "[1,1,1,1]")]
    [InlineData("only_cross_attention", "[false,false,false,false]")]
    [InlineData("cross_attention_dim", "[24,24,24,24]")]
    [InlineData("mid_block_scale_factor", "1.0")]
    [InlineData("act_fn", "\"swish\"")]
    [InlineData("in_channels", "4")]
    [InlineData("addition_time_embed_dim", "256")]
    [InlineData("upcast_attention", "true")]
    public void Unet_SameNumbersInOtherWords_IsAccepted(string key, string json) =>
        Assert.Equal(24, UnetConfigFile.Read(Edit("unet", key, json)).CrossAttentionDim);

    [Theory]
    [InlineData("_class_name", "\"UNet2DModel\"")]
    [InlineData("addition_embed_type", "\"text_time\"")]
    [InlineData("transformer_layers_per_block", "[1,2,10,10]")]
    [InlineData("transformer_layers_per_block", "2")]
    [InlineData("class_embed_type", "\"timestep\"")]
    [InlineData("num_class_embeds", "1000")]
    [InlineData("only_cross_attention", "true")]
    [InlineData("only_cross_attention", "[true,false,false,false]")]
    [InlineData("dual_cross_attention", "true")]
    [InlineData("resnet_time_scale_shift", "\"scale_shift\"")]
    [InlineData("act_fn", "\"gelu\"")]
    [InlineData("center_input_sample", "true")]
    [InlineData("mid_block_scale_factor", "0.5")]
    [InlineData("mid_block_type", "\"UNetMidBlock2D\"")]
    [InlineData("mid_block_type", "null")]
    [InlineData("downsample_padding", "0")]
    [InlineData("conv_in_kernel", "1")]
    [InlineData("conv_out_kernel", "5")]
    [InlineData("time_cond_proj_dim", "256")]
    [InlineData("time_embedding_type", "\"fourier\"")]
    [InlineData("encoder_hid_dim", "768")]
    [InlineData("in_channels", "8")]
    [InlineData("out_channels", "8")]
    [InlineData("sample_size", "remove")]
    [InlineData("sample_size", "[64,96]")]
    [InlineData("norm_num_groups", "null")]
    [InlineData("norm_num_groups", "7")]
    [InlineData("norm_eps", "0")]
    [InlineData("freq_shift", "-1")]
    [InlineData("attention_head_dim", "[2,4,6]")]
    [InlineData("attention_head_dim", "[2,4,7,6]")]
    [InlineData("cross_attention_dim", "[24,24,24,32]")]
    [InlineData("down_block_types", """["CrossAttnDownBlock2D","AttnDownBlock2D","DownBlock2D","DownBlock2D"]""")]
    [InlineData("up_block_types", """["UpBlock2D"]""")]
    [InlineData("block_out_channels", "[]")]
    public void Unet_WouldGiveOtherNumbers_NamesFileKeyFoundAndSupported(string key, string json) =>
        AssertRefused(() => UnetConfigFile.Read(Edit("unet", key, json)), key, json);

    [Fact]
    public void Vae_WithoutScalingFactor_UsesThePublishedOne() =>
        Assert.Equal(0.18215, VaeConfigFile.Read(Edit("vae", "scaling_factor", "remove")).ScalingFactor);

    [Theory]
    [InlineData("_class_name", "\"AutoencoderTiny\"")]
    [InlineData("use_quant_conv", "false")]
    [InlineData("shift_factor", "0.1159")]
    [InlineData("latents_mean", "[0.1,0.2,0.3,0.4]")]
    [InlineData("mid_block_add_attention", "false")]
    [InlineData("down_block_types", """["DownEncoderBlock2D","DownEncoderBlock2D","DownEncoderBlock2D","AttnDownEncoderBlock2D"]""")]
    [InlineData("down_block_types", """["DownEncoderBlock2D"]""")]
    [InlineData("in_channels", "1")]
    [InlineData("act_fn", "\"relu\"")]
    [InlineData("scaling_factor", "0")]
    [InlineData("norm_num_groups", "3")]
    public void Vae_WouldGiveOtherNumbers_NamesFileKeyFoundAndSupported(string key, string json) =>
        AssertRefused(() => VaeConfigFile.Read(Edit("vae", key, json)), key, json);

    [Fact]
    public void Vae_WordThatIsNoText_IsRefusedLikeAnUnknownOne()
    {
        File.WriteAllText(_folder["config.json"], """{"act_fn":"\ud800"}""");
        AssertRefused(() => VaeConfigFile.Read(_folder["config.json"]), "act_fn", "\"\\ud800\"");
    }

    [Fact]
    public void TextEncoder_StableDiffusion2_IsReadAsPublished()
    {
        File.WriteAllText(
            _folder["config.json"],
            """
            {"_name_or_path":"x","architectures":["CLIPTextModel"],"attention_dropout":0.0,"bos_token_id":0,"dropout":0.0,"eos_token_id":2,"hidden_act":"gelu","hidden_size":1024,"initializer_factor":1.0,"intermediate_size":4096,
            "layer_norm_eps":1e-05,"max_position_embeddings":77,"model_type":"clip_text_model","num_attention_heads":16,"num_hidden_layers":23,"pad_token_id":1,"projection_dim":512,"torch_dtype":"float32","vocab_size":49408}
            """
        );
        Assert.Equal(
            new DiffusionTextConfig(49408, 1024, 23, 16, 4096, 77, 1e-5, TextActivation.Gelu),
            DiffusionTextConfigFile.Read(_folder["config.json"])
        );
        Assert.Equal(
            TextActivation.QuickGelu,
            DiffusionTextConfigFile.Read(Edit("text_encoder", "hidden_act", "\"quick_gelu\"")).Activation
        );
    }

    [Theory]
    [InlineData("model_type", "\"t5\"")]
    [InlineData("model_type", "\"clip\"")]
    [InlineData("hidden_act", "\"gelu_new\"")]
    [InlineData("num_attention_heads", "7")]
    [InlineData("num_hidden_layers", "1.5")]
    public void TextEncoder_WouldGiveOtherNumbers_NamesFileKeyFoundAndSupported(string key, string json) =>
        AssertRefused(() => DiffusionTextConfigFile.Read(Edit("text_encoder", key, json)), key, json);

    private string Edit(string part, string key, string json) =>
        ConfigEdit.Write(Fixtures.Path("tiny-a", "sd", part, "config.json"), _folder["config.json"], key, json);

    private static void AssertRefused(Action read, string key, string json)
    {
        string message = Assert.Throws<FolderException>(read).Message;
        Assert.Contains(
            $"config.json: {key}: found {(json == "remove" ? "nothing" : json)}, supported: ",
            message,
            StringComparison.Ordinal
        );
    }
}
