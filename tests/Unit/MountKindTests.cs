using OciRun.Planning;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>What an entry of mounts asks for, by type and words.</summary>
public sealed class MountKindTests
{
    static SpecMount Entry(string? type, params string[] options) =>
        new() { Destination = "/x", Type = type, Source = "/s", Options = [.. options] };

    [Theory]
    [InlineData(MountKind.Bind, "bind")]
    [InlineData(MountKind.Bind, "none", "bind")]
    [InlineData(MountKind.Bind, null, "rbind")]
    [InlineData(MountKind.Bind, "tmpfs", "ro", "bind")]
    [InlineData(MountKind.Bind, "cgroup", "bind")]
    [InlineData(MountKind.Bind, null, "bind", "remount")]
    [InlineData(MountKind.Change, null, "remount", "ro")]
    [InlineData(MountKind.Change, "bind", "remount", "ro")]
    [InlineData(MountKind.Change, "none", "rslave")]
    [InlineData(MountKind.Cgroup, "cgroup")]
    [InlineData(MountKind.Cgroup, "cgroup2", "ro")]
    [InlineData(MountKind.FileSystem, "tmpfs", "rslave")]
    [InlineData(MountKind.FileSystem, "devtmpfs")]
    [InlineData(MountKind.Unknown, null)]
    [InlineData(MountKind.Unknown, "none", "ro")]
    [InlineData(MountKind.Unknown, "", "rslave", "size=1m")]
    public void Type_and_words_make_the_kind(MountKind kind, string? type, params string[] options) =>
        Assert.Equal(kind, MountKinds.Of(Entry(type, options)));

    [Theory]
    [InlineData(true, "bind")]
    [InlineData(true, "none", "rbind")]
    [InlineData(true, "devtmpfs")]
    [InlineData(true, "cgroup")]
    [InlineData(false, "tmpfs")]
    [InlineData(false, "devtmpfs", "remount", "ro")]
    public void What_may_be_the_hosts_own_is_shared(bool shared, string? type, params string[] options) =>
        Assert.Equal(shared, MountKinds.IsShared(Entry(type, options)));
}
