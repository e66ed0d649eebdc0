using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>
/// A /dev that is the host's stays as it is: nodes and links are made in the container's own only. Whose it is must not hang on
/// how the config spells a bind, nor on where the image's /dev leads.
/// </summary>
public sealed class DevTests : ContainerTest
{
    string HostDirectory(string below = "")
    {
        string directory = Path.Combine(Temp, "host");
        string dev = Path.Combine(directory, below);
        Directory.CreateDirectory(Path.Combine(dev, "pts"));
        File.WriteAllText(Path.Combine(dev, "ptmx"), "the host's");
        File.WriteAllText(Path.Combine(dev, "null"), "the host's");
        return directory;
    }

    static string Listing(string directory) => string.Join('\n',
        new DirectoryInfo(directory).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Select(f => $"{f.FullName} {f.UnixFileMode} {f.Attributes} {f.LinkTarget} " +
            $"{(f is FileInfo { Length: > 0 } ? File.ReadAllText(f.FullName) : "")}")
            .Order(StringComparer.Ordinal));

    Bundle WithoutDev(params string[] commands)
    {
        Bundle b = NewBundle(commands);
        return b.WithoutMount("/dev/pts").WithoutMount("/dev/shm").WithoutMount("/dev/mqueue").WithoutMount("/dev");
    }

    Result InTerminal(Bundle b) => Command.Run(
        Host.Probe, ["pty", "24x80", "", Host.Runtime, "--root", Root, "run", "--bundle", b.Save().Dir, NewId()],
        env: ChildEnvironment);

    [Theory]
    [InlineData("/dev", "bind")]
    [InlineData("/dev", "bind", "ro")]
    [InlineData("/dev", "bind", "rbind")]
    [InlineData("/dev", "none", "bind")]
    [InlineData("/dev", null, "rbind", "rw")]
    [InlineData("/dev/", "bind")]
    [InlineData("//dev", "bind")]
    [InlineData("dev", "bind")]
    [InlineData("/x/../dev/.", "bind")]
    [InlineData("/dev", "tmpfs", "bind")]
    [InlineData("/dev", "cgroup", "bind")]
    public void A_directory_of_the_host_on_dev_stays_as_it_is(string destination, string? type, params string[] options)
    {
        string directory = HostDirectory();
        string before = Listing(directory);
        Assert.Contains("ran",
            Ok(Oci("run", "--bundle", WithoutDev("print", "ran").Mount(destination, type, directory, options).Save().Dir,
            NewId())).Out, StringComparison.Ordinal);
        Assert.Equal(before, Listing(directory));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_directory_of_the_host_where_the_images_dev_leads_stays_as_it_is(bool mountsDev)
    {
        string directory = HostDirectory();
        Bundle b = WithoutDev("print", "ran");
        Directory.CreateDirectory(b.InRootfs("/data"));
        if (Directory.Exists(b.InRootfs("/dev")))
        {
            Directory.Delete(b.InRootfs("/dev"), recursive: true);
        }
        File.CreateSymbolicLink(b.InRootfs("/dev"), "/data");
        if (mountsDev)
        {
            b.Mount("/dev", "tmpfs", "tmpfs", "nosuid", "mode=755");
        }
        b.Mount("/data", "bind", directory);
        b.Linux["devices"] = new JsonArray(
            new JsonObject { ["type"] = "c", ["path"] = "/dev/extra", ["major"] = 1, ["minor"] = 3 },
            new JsonObject { ["type"] = "c", ["path"] = "/dev/deep/extra", ["major"] = 1, ["minor"] = 3 });
        string before = Listing(directory);
        Ok(Oci("run", "--bundle", b.Save().Dir, NewId()));
        Assert.Equal(before, Listing(directory));
    }

    [Fact]
    public void A_directory_of_the_host_on_the_root_stays_as_it_is()
    {
        string directory = HostDirectory("dev");
        string before = Listing(directory);
        Oci("run", "--bundle", WithoutDev("print", "ran").Mount("/", "bind", directory).Save().Dir, NewId());
        Assert.Equal(before, Listing(directory));
    }

    [Fact]
    public void A_terminal_makes_no_console_in_a_dev_of_the_host()
    {
        string directory = HostDirectory();
        Bundle b = WithoutDev("print", "ran").Mount("/dev", "bind", directory)
            .Mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620");
        b.Process["terminal"] = true;
        string before = Listing(directory);
        Result r = InTerminal(b);
        Assert.Contains("ran", r.Out, StringComparison.Ordinal);
        Assert.Equal(before, Listing(directory));
    }

    [Fact]
    public void A_terminal_covers_the_console_that_a_dev_of_the_host_has()
    {
        string directory = HostDirectory();
        File.WriteAllText(Path.Combine(directory, "console"), "");
        Bundle b = WithoutDev("report").Mount("/dev", "bind", directory)
            .Mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620");
        b.Process["terminal"] = true;
        Result r = InTerminal(b);
        Assert.Equal("devpts", new Seen(r.Out.Replace("\r\n", "\n", StringComparison.Ordinal)).Mount("/dev/console").FsType);
    }

    [Fact]
    public void Nodes_below_directories_of_dev_are_made_in_the_containers_own()
    {
        Bundle b = NewBundle("stat", "/dev/net/tun", "--", "stat", "/dev/null", "--", "report");
        b.Linux["devices"] = new JsonArray(
            new JsonObject { ["type"] = "c", ["path"] = "/dev/net/tun", ["major"] = 10, ["minor"] = 200 },
            new JsonObject { ["type"] = "c", ["path"] = "/other/node", ["major"] = 1, ["minor"] = 3 });
        Seen seen = Run(b);
        Assert.Equal("10:200", seen.Stat("/dev/net/tun").Rdev);
        Assert.Equal("1:3", seen.Stat("/dev/null").Rdev);
    }
}
