using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>The command check: it agrees with create, changes nothing, and finds what this host lacks.</summary>
public sealed class CheckTests : ContainerTest
{
    [Fact]
    public void A_bundle_that_runs_passes_the_check()
    {
        Bundle bundle = NewBundle("exit", "0").Save();
        Result check = Ok(Oci("check", "--bundle", bundle.Dir));
        Assert.StartsWith("SEVERITY", check.Out, StringComparison.Ordinal);
        Ok(Oci("run", "--bundle", bundle.Dir, NewId()));
    }

    [Fact]
    public void The_check_names_the_problems_that_create_names_and_changes_nothing()
    {
        Bundle bundle = NewBundle("exit", "0").Without("uts").Mount("/data", "nosuchoption", "tmpfs", "idmap").Edit(b =>
        {
            b.Config["hostname"] = "box";
            b.Process["oomScoreAdj"] = 5000;
        }).Save();
        Result check = Oci("check", "--bundle", bundle.Dir, "--format", "json");
        Assert.True(check.Code == 1, check.ToString());
        JsonArray findings = JsonNode.Parse(check.Out)!.AsArray();
        string[] errors = [.. findings.Where(f => (string?)f!["severity"] == "error").Select(f => (string?)f!["path"] ?? "")];
        Assert.Equal(["hostname", "process.oomScoreAdj", $"mounts[{bundle.Mounts.Count - 1}].options"], errors);
        Fails(Oci("create", "--bundle", bundle.Dir, NewId()), 1, errors);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Root));
        AssertNothingLeft();
    }

    [Fact]
    public void What_a_bundle_names_and_this_host_has_not_is_an_error()
    {
        Bundle bundle = NewBundle("exit", "0").Mount("/data", "bind", "/no/such/source", "bind").Edit(b =>
        {
            b.Linux["netDevices"] = new JsonObject { ["nosuch0"] = new JsonObject() };
            b.Linux["namespaces"]!.AsArray().Add((JsonNode)new JsonObject { ["type"] = "time", ["path"] = "/no/such/ns" });
        }).Save();
        Result check = Oci("check", "--bundle", bundle.Dir);
        Fails(check, 1);
        Assert.Contains("\"/no/such/source\" does not exist", check.Out, StringComparison.Ordinal);
        Assert.Contains("\"/no/such/ns\" does not exist", check.Out, StringComparison.Ordinal);
        Assert.Contains("linux.netDevices.nosuch0", check.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_host_alone_is_described()
    {
        Result check = Ok(Oci("check"));
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        Assert.Contains("Linux " + release, check.Out, StringComparison.Ordinal);
        Assert.All((string[])["user namespace", "cgroup2", "controller memory", "seccomp", "apparmor", "keys"],
            feature => Assert.Contains(feature, check.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void The_specification_alone_asks_nothing_of_the_host()
    {
        string bundle = NewDirectory("spec");
        string config = Path.Combine(bundle, "config.json");
        File.WriteAllText(config, """
            {"ociVersion":"1.3.0","root":{"path":"rootfs"},"linux":{"netDevices":{"nosuch0":{}},"resources":{"rdma":{"mlx":{"hcaHandles":1}}}}}
            """);
        Fails(Oci("check", "--bundle", bundle), 1);
        Result check = Ok(Oci("check", "--spec", "--bundle", bundle));
        Assert.Contains("warning   linux.netDevices  needs a network namespace", check.Out, StringComparison.Ordinal);
        File.WriteAllText(config, """{"ociVersion":"1.3.0","root":{"path":"rootfs"},"freebsd":{"jail":{"vnet":"new"}}}""");
        check = Ok(OciWith(["check", "--spec"], cwd: bundle));
        Assert.Contains("ok        config  valid by the specification, version 1.3.0", check.Out, StringComparison.Ordinal);
        File.WriteAllText(config, """{"ociVersion":"1.3.0","root":{"path":"rootfs"},"freebsd":{"jail":{"vnet":"disable"}}}""");
        foreach (string[] options in (string[][])[["--spec"], []])
        {
            check = Fails(Oci(["check", "--bundle", bundle, "--format", "json", .. options]), 1);
            JsonNode finding = JsonNode.Parse(check.Out)!.AsArray().First(f => (string?)f!["severity"] == "error")!;
            Assert.Equal("freebsd.jail.vnet", (string?)finding["path"]);
        }
    }

    [Fact]
    public void A_bundle_that_is_not_there_is_one_line()
    {
        Fails(Oci("check", "--bundle", "/no/such/bundle"), 1, "/no/such/bundle/config.json", "ENOENT");
        Fails(Oci("check", "--spec", "--bundle", "/no/such/bundle"), 1, "/no/such/bundle/config.json", "ENOENT");
        Fails(Oci("check", "--format", "xml"), 1, "invalid format option: xml");
    }
}
