using System;
using System.IO;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Mount options beyond the specification that podman sends, and remount.</summary>
public sealed class MountWordTests : ContainerTest
{
    string LinkTo(string target)
    {
        string link = Path.Combine(NewDirectory("links"), "link");
        File.CreateSymbolicLink(link, target);
        return link;
    }

    [Fact]
    public void A_link_is_copied_as_a_link_and_a_file_is_bound_all_the_same()
    {
        string file = Path.Combine(NewDirectory("files"), "file");
        File.WriteAllText(file, "content");
        var b = NewBundle("stat", "/mnt/link", "--", "cat", "/mnt/file", "--", "report")
            .Mount("/mnt/link", "bind", LinkTo("/no/such/target"), "bind", "copy-symlink")
            .Mount("/mnt/file", "bind", file, "bind", "copy-symlink");
        var seen = Run(b);
        Assert.Equal(("l", "/no/such/target"), (seen.Stat("/mnt/link").Type, seen.Stat("/mnt/link").Target));
        Assert.False(seen.IsMounted("/mnt/link"));
        Assert.Equal("content", seen["cat:/mnt/file"]);
        Assert.True(seen.IsMounted("/mnt/file"));
    }

    [Fact]
    public void A_source_that_is_not_followed_is_the_link_itself()
    {
        var seen = Run(NewBundle("stat", "/mnt/link", "--", "report").Mount("/mnt/link", "bind", LinkTo("/no/such/target"),
            "bind", "src-nofollow"));
        Assert.Equal(("l", "/no/such/target"), (seen.Stat("/mnt/link").Type, seen.Stat("/mnt/link").Target));
        Assert.True(seen.IsMounted("/mnt/link"));
    }

    [Fact]
    public void A_destination_that_is_not_followed_is_covered_itself()
    {
        string file = Path.Combine(NewDirectory("files"), "file");
        File.WriteAllText(file, "bound");
        var b = NewBundle("cat", "/etc/link", "--", "cat", "/etc/real").Mount("/etc/link", "bind", file, "bind", "dest-nofollow");
        Directory.CreateDirectory(b.InRootfs("etc"));
        File.WriteAllText(b.InRootfs("etc/real"), "real");
        File.CreateSymbolicLink(b.InRootfs("etc/link"), "real");
        var seen = Run(b);
        Assert.Equal(("bound", "real"), (seen["cat:/etc/link"], seen["cat:/etc/real"]));
    }

    [Theory]
    [InlineData("idmap=uids=0-1000-100;gids=0-2000-100", false, "1005", "2006")]
    [InlineData("ridmap=uids=0-1000-3#5-3000-1;gids=6-2000-1", false, "3000", "2000")]
    [InlineData("idmap=uids=@0-0-100;gids=@0-0-100", true, "5", "6")]
    public void Ids_are_mapped_by_the_option_itself(string option, bool inUserNamespace, string uid, string gid)
    {
        string source = NewDirectory("source");
        Ok(Command.Run("mount", ["-t", "tmpfs", "none", source]));
        try
        {
            File.WriteAllText(Path.Combine(source, "f"), "");
            Host.Chown(Path.Combine(source, "f"), 5, 6);
            var b = NewBundle("stat", "/work/f").Mount("/work", "bind", source, "bind", option);
            if (inUserNamespace)
            {
                b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "user" });
                foreach (string map in (string[])["uidMappings", "gidMappings"])
                {
                    b.Linux[map] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 100000, ["size"] = 65536 });
                }
                Host.Chmod(Temp, 0x1ed);
                Host.Chmod(b.Dir, 0x1ed);
                b.OwnedBy(100000, 100000);
            }
            var f = Run(b).Stat("/work/f");
            Assert.Equal((uid, gid), (f.Uid, f.Gid));
        }
        finally
        {
            Ok(Command.Run("umount", [source]));
        }
    }

    [Theory]
    [InlineData("idmap=uids=0-0-1", "idmap needs both uids= and gids=")]
    [InlineData("idmap=uids=0-0;gids=0-0-1", "\"0-0\" is not CONTAINER-HOST-COUNT")]
    [InlineData("idmap=ids=0-0-1", "\"ids=0-0-1\" is neither uids= nor gids=")]
    public void Mappings_that_make_no_sense_are_named(string option, string problem) =>
        Refused(NewBundle("exit", "0").Mount("/work", "bind", Temp, "bind", option), "mounts[6].options", problem);

    [Fact]
    public void Remount_changes_the_mount_that_is_there()
    {
        var b = NewBundle("append", "/data/f", "x", "--", "report").Mount("/data", "tmpfs", "tmpfs", "size=64k")
            .Mount("/data", "tmpfs", "tmpfs", "remount", "ro", "nosuid");
        var seen = Run(b);
        Assert.Equal("EROFS", seen["append:/data/f"]);
        Assert.True(seen.Mount("/data").Has("nosuid"), seen.Mount("/data").Text);
        Assert.Single(seen.Mounts, m => m.Point == "/data");
    }
}
