using System.Collections.Generic;
using System.Linq;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class MountOptionsTests
{
    /// <summary>Every word and what it does alone: + sets and - clears an attribute, "all" marks the whole tree.</summary>
    static readonly (string Word, string Effect)[] Table =
    [
        ("ro", "+rdonly"), ("rw", "-rdonly"), ("nosuid", "+nosuid"), ("suid", "-nosuid"), ("nodev", "+nodev"), ("dev", "-nodev"),
        ("noexec", "+noexec"), ("exec", "-noexec"), ("nodiratime", "+nodiratime"), ("diratime", "-nodiratime"),
        ("nosymfollow", "+nosymfollow"), ("symfollow", "-nosymfollow"),
        ("noatime", "+noatime -atime"), ("strictatime", "+strictatime -atime"), ("relatime", "-atime"), ("atime", "-atime"),
        ("norelatime", "-atime"), ("nostrictatime", "-atime"),
        ("rro", "all+rdonly"), ("rrw", "all-rdonly"), ("rnosuid", "all+nosuid"), ("rsuid", "all-nosuid"), ("rnodev", "all+nodev"),
        ("rdev", "all-nodev"), ("rnoexec", "all+noexec"), ("rexec", "all-noexec"), ("rnodiratime", "all+nodiratime"),
        ("rdiratime", "all-nodiratime"), ("rnosymfollow", "all+nosymfollow"), ("rsymfollow", "all-nosymfollow"),
        ("rnoatime", "all+noatime all-atime"), ("rstrictatime", "all+strictatime all-atime"), ("rrelatime", "all-atime"),
        ("ratime", "all-atime"), ("rnorelatime", "all-atime"), ("rnostrictatime", "all-atime"),
        ("private", "private"), ("rprivate", "rprivate"), ("slave", "slave"), ("rslave", "rslave"), ("shared", "shared"),
        ("rshared", "rshared"), ("unbindable", "unbindable"), ("runbindable", "runbindable"),
        ("bind", "bind"), ("rbind", "bind recursive"),
        ("sync", "data:sync"), ("async", "data:async"), ("dirsync", "data:dirsync"), ("mand", "data:mand"),
        ("nomand", "data:nomand"),
        ("lazytime", "data:lazytime"), ("nolazytime", "data:nolazytime"),
        ("iversion", "ms:800000"), ("noiversion", ""), ("acl", "ms:10000"), ("noacl", ""), ("silent", ""), ("loud", ""),
        ("remount", "remount"), ("tmpcopyup", "tmpcopyup"), ("idmap", "idmap"), ("ridmap", "idmap ridmap"),
        ("copy-symlink", "copy-symlink"), ("src-nofollow", "src-nofollow"), ("dest-nofollow", "dest-nofollow"),
        ("defaults", "-rdonly -nosuid -nodev -noexec"),
    ];

    public static TheoryData<string, string> Words()
    {
        var data = new TheoryData<string, string>();
        foreach ((string word, string effect) in Table)
        {
            data.Add(word, effect);
        }
        return data;
    }

    static readonly (string Name, ulong Bit)[] Attributes =
    [
        ("rdonly", 0x1), ("nosuid", 0x2), ("nodev", 0x4), ("noexec", 0x8), ("noatime", 0x10), ("strictatime", 0x20),
        ("nodiratime", 0x80),
        ("nosymfollow", 0x200000),
    ];

    static IEnumerable<string> Describe(string prefix, ulong set, ulong clear)
    {
        foreach ((string name, ulong bit) in Attributes)
        {
            if ((set & bit) != 0)
            {
                yield return prefix + "+" + name;
            }
            if ((clear & bit & ~0x70UL) != 0)
            {
                yield return prefix + "-" + name;
            }
        }
        // mount_setattr(2): an access time mode is a number in a field, which is cleared as a whole.
        if ((clear & 0x70) != 0)
        {
            Assert.Equal(0x70UL, clear & 0x70);
            yield return prefix + "-atime";
        }
    }

    static string Effect(params string[] words)
    {
        MountOptions options = MountOptions.Parse([.. words]);
        var parts = new List<string>(Describe("", options.AttrSet, options.AttrClear));
        parts.AddRange(Describe("all", options.RecursiveAttrSet, options.RecursiveAttrClear));
        parts.AddRange(options.Propagation.Select(MountOptions.PropagationWord));
        parts.AddRange(options.Data.Select(static word => "data:" + word));
        (bool Is, string Name)[] flags =
        [
            (options.Bind, "bind"), (options.Recursive, "recursive"), (options.Remount, "remount"),
            (options.TmpCopyUp, "tmpcopyup"),
            (options.IdMap, "idmap"), (options.RecursiveIdMap, "ridmap"), (options.CopySymlink, "copy-symlink"),
            (options.SourceNoFollow, "src-nofollow"), (options.DestinationNoFollow, "dest-nofollow"),
        ];
        parts.AddRange(flags.Where(static flag => flag.Is).Select(static flag => flag.Name));
        if (options.LegacyFlags != 0)
        {
            parts.Add($"ms:{options.LegacyFlags:x}");
        }
        if (options.IdMapSpec is not null)
        {
            parts.Add("map:" + options.IdMapSpec);
        }
        return string.Join(' ', parts);
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void Word_does_what_its_man_page_says(string word, string effect)
    {
        Assert.Equal(effect, Effect(word));
        Assert.True(MountOptions.IsKnown(word));
        Assert.Contains(word, MountOptions.Words());
    }

    [Fact]
    public void Features_lists_every_word_once_and_sorted()
    {
        string[] words = MountOptions.Words();
        Assert.Equal(Table.Select(static row => row.Word).Order(System.StringComparer.Ordinal), words);
    }

    [Theory]
    [InlineData("size=64k")]
    [InlineData("newinstance")]
    [InlineData("RO")]
    [InlineData("ro ")]
    [InlineData("rro=1")]
    public void Unknown_word_belongs_to_the_file_system(string word)
    {
        Assert.Equal("data:" + word, Effect(word));
        Assert.False(MountOptions.IsKnown(word));
    }

    [Theory]
    [InlineData("-rdonly", "ro", "rw")]
    [InlineData("+rdonly", "rw", "ro")]
    [InlineData("all-rdonly", "rro", "rrw")]
    [InlineData("all+rdonly", "rrw", "rro")]
    [InlineData("+rdonly all-rdonly", "ro", "rrw")]
    [InlineData("-atime", "noatime", "relatime")]
    [InlineData("+strictatime -atime", "noatime", "strictatime")]
    [InlineData("+noatime +nodiratime -atime", "nodiratime", "noatime")]
    [InlineData("all+strictatime all-atime", "rnoatime", "rstrictatime")]
    [InlineData("all+noatime all+nodiratime all-atime", "rnoatime", "rnodiratime")]
    [InlineData("-rdonly -nosuid -nodev -noexec", "ro", "nosuid", "defaults")]
    [InlineData("+rdonly -nosuid -nodev -noexec", "defaults", "ro")]
    [InlineData("", "acl", "noacl")]
    [InlineData("rslave shared", "rslave", "shared")]
    [InlineData("bind recursive", "rbind", "bind")]
    [InlineData("", "")]
    public void Later_word_wins(string effect, params string[] words) => Assert.Equal(effect, Effect(words));

    [Theory]
    [InlineData("idmap=uids=0-1-2;gids=0-1-2", "idmap map:uids=0-1-2;gids=0-1-2")]
    [InlineData("ridmap=uids=0-1-2;gids=0-1-2", "idmap ridmap map:uids=0-1-2;gids=0-1-2")]
    [InlineData("idmap=", "idmap map:")]
    [InlineData("idmapped=1", "data:idmapped=1")]
    public void Mappings_can_stand_in_the_word(string word, string effect) => Assert.Equal(effect, Effect(word));
}
