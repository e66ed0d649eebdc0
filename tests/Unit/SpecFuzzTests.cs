using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Check;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>Damaged configs and states, from seeds: whatever stands in a file, it is read or explained, and never an
/// exception.</summary>
public sealed class SpecFuzzTests
{
    const int Rounds = 3000;
    static readonly HostSurvey Host = new()
    {
        CgroupMount = "/sys/fs/cgroup",
        Controllers = new ControllerSet("cpu memory"),
        IsRoot = true
    };

    static byte[] Config() => File.ReadAllBytes(Path.Combine(Repository.Root, "spec-fixtures/configs/good/every-field.json"));

    [Fact]
    public void Damaged_configs_are_read_or_explained()
    {
        byte[] config = Config();
        int explained = 0;
        for (int seed = 0; seed < Rounds; seed++)
        {
            byte[] damaged = Damage(config, new Random(seed));
            var problems = new List<ConfigProblem>();
            RuntimeSpec? spec = ConfigCheck.Run(damaged, Host, seed % 2 == 0 ? "cgroupfs" : "systemd", problems);
            Assert.True(spec is not null || problems.Count == 1, $"seed {seed}: {problems.Count} problems without a config");
            Assert.All(problems, p => Assert.False(string.IsNullOrEmpty(p.Message)));
            explained += spec is null ? 1 : 0;
        }

        Assert.InRange(explained, Rounds / 10, Rounds - 1);
    }

    /// <summary>What a broken generator makes; when each problem was compared with each other, this took a minute.</summary>
    [Fact]
    public void Very_many_problems_are_told_apart_quickly()
    {
        string mounts = string.Join(',', Enumerable.Repeat("""{"destination":5,"type":7}""", 30_000));
        byte[] config = Encoding.UTF8.GetBytes($$"""{"ociVersion":"1.0.0","root":{"path":"r"},"mounts":[{{mounts}}]}""");
        var problems = new List<ConfigProblem>();
        int ofTheSpecification = 0;
        double seconds = ThreadTime.Of(() =>
        {
            ConfigCheck.Run(config, Host, "cgroupfs", problems);
            ofTheSpecification = SpecificationCheck.Run(config).Count;
        });
        Assert.Equal(60_000, problems.Count(p => p.Path.StartsWith("mounts[")));
        Assert.Equal(60_000, ofTheSpecification);
        Assert.InRange(seconds, 0, 10);
    }

    [Fact]
    public void A_text_is_broken_for_the_reader_exactly_when_it_is_broken_json()
    {
        byte[] config = Config();
        for (int seed = 0; seed < Rounds; seed++)
        {
            byte[] damaged = Damage(config, new Random(seed));
            var problems = new List<ConfigProblem>();
            ConfigReader.Read(damaged, problems);
            bool isBroken = problems.Any(p => p.Path.Length == 0 && p.Message.StartsWith("line "));
            Assert.True(isBroken != IsJson(damaged), $"seed {seed}: {string.Join("; ", problems)}");
        }
    }

    [Fact]
    public void Damaged_states_are_read_or_explained()
    {
        var record = new SpecModelFiller(1).Fill<ContainerRecord>();
        record.Schema = 1;
        record.Id = "id";
        byte[] state = StateFile.Serialize(record);
        for (int seed = 0; seed < Rounds; seed++)
        {
            byte[] damaged = Damage(state, new Random(seed));
            foreach (bool withConfig in (bool[])[true, false])
            {
                ContainerRecord? read = StateFile.Parse(damaged, withConfig, out string? problem);
                Assert.Equal(read is null, problem is not null);
            }
        }
    }

    /// <summary>Each prefix is what a disk that ran full may have left.</summary>
    [Fact]
    public void A_state_that_was_cut_off_is_never_taken()
    {
        var record = new ContainerRecord { Id = "id", Config = DefaultConfig.Create() };
        byte[] state = StateFile.Serialize(record);
        for (int length = 0; length < state.Length; length++)
        {
            Assert.Null(StateFile.Parse(state.AsSpan(0, length), withConfig: false, out string? problem));
            Assert.Contains("line 1, column ", problem);
        }
    }

    static bool IsJson(byte[] text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return Utf8.IsValid(text);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static byte[] Damage(byte[] source, Random random)
    {
        var text = new List<byte>(source);
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(text.Count);
            switch (random.Next(5))
            {
                case 0:
                    text[at] = (byte)random.Next(256);
                    break;
                case 1:
                    text.RemoveRange(at, Math.Min(random.Next(1, 20), text.Count - at));
                    break;
                case 2:
                    text.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
                case 3:
                    ReplaceValue(text, at, Tokens[random.Next(Tokens.Length)]);
                    break;
                default:
                    int from = random.Next(text.Count);
                    text.InsertRange(at, text.GetRange(from, Math.Min(random.Next(1, 40), text.Count - from)));
                    break;
            }
        }

        return [.. text];
    }

    static readonly string[] Tokens =
    [
        "null", "-1", "18446744073709551616", "1e999", "0.5", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "{}", "[]", "true", ",",
            "\"", "{", "[[[[",
        "\u00e4", "1e2", "\"/..\"", ":",
    ];

    /// <summary>Puts a token in the place of the number or string behind the next colon, so that much stays JSON.</summary>
    static void ReplaceValue(List<byte> text, int at, string token)
    {
        int colon = text.IndexOf((byte)':', at);
        int end = colon < 0 ? -1 : text.FindIndex(colon, b => b is (byte)',' or (byte)'}' or (byte)']');
        if (end > 0)
        {
            text.RemoveRange(colon + 1, end - colon - 1);
            text.InsertRange(colon + 1, Encoding.UTF8.GetBytes(token));
        }
    }
}
