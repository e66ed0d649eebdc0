using System.Collections.Generic;
using OciRun.Planning.Cgroups;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class CgroupPathTests
{
    [Theory]
    [InlineData("/a/b", "/own/leaf", "/a/b")]
    [InlineData("/a/../../b//c/.", "/own/leaf", "/b/c")]
    [InlineData("a/b", "/own/leaf", "/own/a/b")]
    [InlineData("../../../a", "/own/leaf", "/own/a")]
    [InlineData("", "/own/leaf", "/own/web")]
    [InlineData(null, "/", "/web")]
    [InlineData(null, "/../../x", "/web")]
    public void Path_stays_below_the_mount(string? path, string own, string expected)
    {
        List<ConfigProblem> problems = [];
        Assert.Equal(expected, CgroupPath.Resolve(path, "web", own, systemd: false, rootless: false, problems)?.Path);
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/..")]
    [InlineData("/a\nb")]
    [InlineData("a\0")]
    public void Root_and_unspeakable_names_are_refused(string path)
    {
        List<ConfigProblem> problems = [];
        Assert.Null(CgroupPath.Resolve(path, "web", "/own", systemd: false, rootless: false, problems));
        Assert.Equal("linux.cgroupsPath", Assert.Single(problems).Path);
    }

    [Theory]
    [InlineData("system.slice:docker:web", "/system.slice/docker-web.scope", "docker-web.scope", "system.slice")]
    [InlineData("machine-a_b-c.slice:libpod:1", "/machine.slice/machine-a_b.slice/machine-a_b-c.slice/libpod-1.scope",
        "libpod-1.scope",
        "machine-a_b-c.slice")]
    [InlineData("-.slice::web", "/web.scope", "web.scope", "-.slice")]
    [InlineData("a.slice:x:b.slice", "/a.slice/b.slice", "b.slice", "a.slice")]
    [InlineData(null, "/system.slice/oci-run-web.scope", "oci-run-web.scope", "system.slice")]
    public void Units_are_named_by_slice_prefix_and_name(string? path, string cgroup, string unit, string slice)
    {
        List<ConfigProblem> problems = [];
        CgroupLocation? location = CgroupPath.Resolve(path, "web", "/own", systemd: true, rootless: false, problems);
        Assert.Equal(new CgroupLocation(cgroup, unit, slice), location);
        Assert.Empty(problems);
    }

    [Fact]
    public void Rootless_units_live_in_the_user_slice() =>
        Assert.Equal("user.slice", CgroupPath.Resolve("", "web", "/own", systemd: true, rootless: true, [])?.Slice);

    [Theory]
    [InlineData("/docker/web")]
    [InlineData("a.slice:b")]
    [InlineData("a.slice:b:c:d")]
    [InlineData("a:b:c")]
    [InlineData("a--b.slice:b:c")]
    [InlineData("-a.slice:b:c")]
    [InlineData("../x.slice:b:c")]
    [InlineData("a.slice:b:c/d")]
    [InlineData("a.slice:b:c d")]
    public void Malformed_unit_paths_are_refused(string path)
    {
        List<ConfigProblem> problems = [];
        Assert.Null(CgroupPath.Resolve(path, "web", "/own", systemd: true, rootless: false, problems));
        Assert.Single(problems);
    }
}
