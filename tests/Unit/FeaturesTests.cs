using System;
using System.Linq;
using System.Text.Json;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Sections;
using OciRun.Planning.Steps;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class FeaturesTests
{
    static readonly JsonElement FeaturesJson = JsonDocument.Parse(Features.Write("1.2.3", "abc")).RootElement;

    static string[] Words(JsonElement parent, string name) => parent.GetProperty(name).EnumerateArray()
        .Select(e => e.GetString()!).ToArray();

    [Fact]
    public void Versions_are_those_that_containerd_and_cri_o_ask_for()
    {
        Assert.Equal("1.0.0", FeaturesJson.GetProperty("ociVersionMin").GetString());
        Assert.Equal("1.3.0", FeaturesJson.GetProperty("ociVersionMax").GetString());
    }

    [Fact]
    public void Mount_options_are_sorted_and_have_what_kubernetes_looks_for()
    {
        string[] words = Words(FeaturesJson, "mountOptions");
        Assert.Equal(words.Distinct().Order(StringComparer.Ordinal), words);
        Assert.All(words, word => Assert.True(MountOptions.IsKnown(word), word));
        Assert.False(MountOptions.IsKnown("size=1m"));
        Assert.Contains("rro", words);
        Assert.Contains("idmap", words);
    }

    [Fact]
    public void Capabilities_are_those_of_the_kernel_table()
    {
        string[] names = Words(FeaturesJson.GetProperty("linux"), "capabilities");
        Assert.Equal(Constants.NamesOf(typeof(Capability)), names);
        Assert.Equal(41, names.Length);
    }

    [Fact]
    public void Every_listed_word_is_one_that_planning_knows()
    {
        JsonElement linux = FeaturesJson.GetProperty("linux");
        string[] namespaces = Words(linux, "namespaces");
        Assert.Equal(8, namespaces.Distinct().Count());
        Assert.All(namespaces, word => Assert.NotNull(NamespaceKind.Of(word)));
        string[] modes = Words(linux.GetProperty("memoryPolicy"), "modes");
        Assert.Equal(Constants.NamesOf(typeof(MemPolicyMode)).Order(StringComparer.Ordinal), modes);
        Assert.All(modes, word => Assert.Equal(Constants.ValueOf(typeof(MemPolicyMode), word),
            SchedulingWords.MemoryModes[word]));
        string[] flags = Words(linux.GetProperty("memoryPolicy"), "flags");
        Assert.Equal(Constants.NamesOf(typeof(MemPolicyFlags)).Order(StringComparer.Ordinal), flags);
        Assert.All(flags, word => Assert.Equal(Constants.ValueOf(typeof(MemPolicyFlags), word),
            SchedulingWords.MemoryFlags[word]));
        JsonElement seccomp = linux.GetProperty("seccomp");
        Assert.All(Words(seccomp, "actions"), word => Assert.NotNull(SeccompNames.Actions[word]));
        Assert.All(Words(seccomp, "archs"), word => Assert.NotNull(SeccompArchitecture.Find(word)));
        Assert.All(Words(seccomp, "supportedFlags"), word => Assert.NotNull(SeccompNames.Flags[word]));
    }

    [Fact]
    public void What_kubernetes_asks_for_is_on()
    {
        JsonElement linux = FeaturesJson.GetProperty("linux");
        Assert.True(linux.GetProperty("mountExtensions").GetProperty("idmap").GetProperty("enabled").GetBoolean());
        Assert.True(linux.GetProperty("cgroup").GetProperty("v2").GetBoolean());
        Assert.False(linux.GetProperty("cgroup").GetProperty("v1").GetBoolean());
        Assert.True(linux.GetProperty("netDevices").GetProperty("enabled").GetBoolean());
        Assert.Equal("1.2.3", FeaturesJson.GetProperty("annotations").GetProperty("io.oci-run.version").GetString());
    }

    [Fact]
    public void The_document_ends_with_a_newline()
    {
        Assert.EndsWith("}\n", System.Text.Encoding.UTF8.GetString(Features.Write("1", "c")));
    }
}
