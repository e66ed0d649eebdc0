using System.Collections.Generic;
using OciRun.Cli;
using OciRun.Engine;
using OciRun.Spec;
using OciRun.Syscalls;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>Ids, sizes, limits, tables and what is cut out of ps.</summary>
public class CliWordsTests
{
    [Theory]
    [InlineData("web", true)]
    [InlineData("A-1_b+c.d", true)]
    [InlineData("..a", true)]
    [InlineData("-dash", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("ä", false)]
    public void An_id_is_what_can_name_a_directory_and_a_cgroup(string id, bool isValid) =>
        Assert.Equal(isValid, ContainerId.IsValid(id));

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void An_id_is_as_long_as_a_file_name(int length, bool isValid) =>
        Assert.Equal(isValid, ContainerId.IsValid(new string('a', length)));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-1", -1)]
    [InlineData("4096", 4096)]
    [InlineData("10b", 10)]
    [InlineData("2k", 2048)]
    [InlineData("2K", 2048)]
    [InlineData("3m", 3 << 20)]
    [InlineData("3MB", 3 << 20)]
    [InlineData("3MiB", 3 << 20)]
    [InlineData("1.5g", 1610612736)]
    [InlineData("1t", 1L << 40)]
    public void Sizes_count_in_steps_of_1024(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("-2")]
    [InlineData("1x")]
    [InlineData("1kk")]
    [InlineData("1i")]
    [InlineData("1 k")]
    [InlineData("0x10")]
    [InlineData("9999999999g")]
    [InlineData("17179869185g")]
    [InlineData("1bbb")]
    public void What_is_no_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    static SpecResources Resources(params string[] words)
    {
        List<KeyValuePair<string, string>> pairs = [];
        for (int i = 0; i < words.Length; i += 2)
        {
            pairs.Add(new(words[i], words[i + 1]));
        }

        return ResourceWords.Build(pairs);
    }

    [Fact]
    public void Limits_that_are_not_named_stay_absent()
    {
        SpecResources resources = Resources("--memory", "64m");
        Assert.Equal(64 << 20, resources.Memory!.Limit);
        Assert.Null(resources.Memory.Swap);
        Assert.Null(resources.Cpu);
        Assert.Null(resources.Pids);
        Assert.Null(resources.BlockIO);
        Assert.Null(resources.Devices);
    }

    [Fact]
    public void Every_limit_lands_in_its_field()
    {
        SpecResources resources = Resources(
            "--memory-reservation", "1k", "--memory-swap", "-1", "--pids-limit", "-1", "--blkio-weight", "500",
            "--cpu-period", "100000", "--cpu-quota", "-1", "--cpu-burst", "7", "--cpu-share", "512", "--cpu-idle", "1",
            "--cpu-rt-period", "9", "--cpu-rt-runtime", "8", "--cpuset-cpus", "0-3", "--cpuset-mems", "0");
        Assert.Equal(1024, resources.Memory!.Reservation);
        Assert.Equal(-1, resources.Memory.Swap);
        Assert.Equal(-1, resources.Pids!.Limit);
        Assert.Equal((ushort)500, resources.BlockIO!.Weight);
        SpecCpu cpu = resources.Cpu!;
        Assert.Equal((100000UL, -1L, 7UL, 512UL, 1L), (cpu.Period, cpu.Quota, cpu.Burst, cpu.Shares, cpu.Idle));
        Assert.Equal((9UL, 8L, "0-3", "0"), (cpu.RealtimePeriod, cpu.RealtimeRuntime, cpu.Cpus, cpu.Mems));
    }

    [Theory]
    [InlineData("--memory", "much")]
    [InlineData("--cpu-share", "-1")]
    [InlineData("--pids-limit", "1k")]
    [InlineData("--blkio-weight", "70000")]
    public void A_limit_that_is_no_number_names_option_and_value(string option, string value)
    {
        string message = Assert.Throws<RuntimeException>(() => Resources(option, value)).Message;
        Assert.StartsWith($"invalid value \"{value}\" for {option}", message);
    }

    [Fact]
    public void Table_columns_are_at_least_12_wide_and_3_apart() =>
        Assert.Equal(
            "ID          OWNER\n" +
            "a           root\n",
            Table.Format([["ID", "OWNER"], ["a", "root"]]));

    [Fact]
    public void Table_columns_grow_with_their_content() =>
        Assert.Equal(
            "ID              OWNER\n" +
            "abcdefghijklm   root\n",
            Table.Format([["ID", "OWNER"], ["abcdefghijklm", "root"]]));

    [Fact]
    public void Of_the_table_of_ps_only_the_rows_of_the_pids_stay() =>
        Assert.Equal(
            "UID   PID  PPID CMD\n" +
            "root   12     1 sleep 13\n",
            HostPs.Filter("UID   PID  PPID CMD\nroot   12     1 sleep 13\nroot   13     1 sleep 12\n", [12]));

    [Fact]
    public void A_table_of_ps_without_pids_is_an_error() =>
        Assert.Contains("PID", Assert.Throws<RuntimeException>(() => HostPs.Filter("CMD\nsleep\n", [1])).Message);
}
