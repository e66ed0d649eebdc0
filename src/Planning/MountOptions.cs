using System;
using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>A mount's options, sorted by what carries them out. Attribute words are MOUNT_ATTR_* bits for mount_setattr(2); a word that
/// clears (<c>rw</c>, <c>exec</c>) is remembered, so that a bind mount loses a flag that its source has.</summary>
public sealed class MountOptions
{
    public bool Bind { get; private set; }
    /// <summary>rbind: the whole tree below the source.</summary>
    public bool Recursive { get; private set; }
    public bool Remount { get; private set; }
    /// <summary>MOUNT_ATTR_* to set and to clear on the mount itself.</summary>
    public ulong AttrSet { get; private set; }
    public ulong AttrClear { get; private set; }
    /// <summary>The same for the whole tree (the r* words).</summary>
    public ulong RecursiveAttrSet { get; private set; }
    public ulong RecursiveAttrClear { get; private set; }
    /// <summary>MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for the r* forms, in the order given.</summary>
    public List<ulong> Propagation { get; } = [];
    /// <summary>Words for the file system: <c>key=value</c> or a bare flag.</summary>
    public List<string> Data { get; } = [];
    /// <summary>Superblock flags that only mount(2) can pass (MS_I_VERSION, MS_POSIXACL).</summary>
    public ulong LegacyFlags { get; private set; }
    public bool TmpCopyUp { get; private set; }
    public bool IdMap { get; private set; }
    public bool RecursiveIdMap { get; private set; }
    /// <summary>The mappings of crun's <c>idmap=uids=…;gids=…</c> form, null for the plain word.</summary>
    public string? IdMapSpec { get; private set; }
    public bool CopySymlink { get; private set; }
    public bool SourceNoFollow { get; private set; }
    public bool DestinationNoFollow { get; private set; }

    public bool ReadOnly => (AttrSet & Attr.RDONLY) != 0;

    /// <summary>Sorts the words; nothing in them is an error here, for an unknown word belongs to the file system.</summary>
    public static MountOptions Parse(List<string>? words)
    {
        var options = new MountOptions();
        if (words is not null)
        {
            foreach (string word in words)
            {
                options.Add(word);
            }
        }
        return options;
    }

    void Add(string word)
    {
        (Kind kind, ulong bits) = Classify(word);
        switch (kind)
        {
            case Kind.Set: SetAttr(bits); break;
            case Kind.Clear: ClearAttr(bits); break;
            case Kind.RecursiveSet: RecursiveAttrSet |= bits; RecursiveAttrClear = (RecursiveAttrClear & ~bits) | AtimeMask(bits); break;
            case Kind.RecursiveClear: RecursiveAttrClear |= bits; RecursiveAttrSet &= ~bits; break;
            case Kind.RecursiveAtime: RecursiveAttrClear |= Attr.ATIME; RecursiveAttrSet = (RecursiveAttrSet & ~Attr.ATIME) | bits; break;
            case Kind.Atime: AttrClear |= Attr.ATIME; AttrSet = (AttrSet & ~Attr.ATIME) | bits; break;
            case Kind.Propagate: Propagation.Add(bits); break;
            case Kind.Bind: Bind = true; Recursive |= bits != 0; break;
            case Kind.Superblock: Data.Add(word); break;
            case Kind.Legacy: LegacyFlags |= bits; break;
            case Kind.LegacyClear: LegacyFlags &= ~bits; break;
            case Kind.Special: AddSpecial(word); break;
            case Kind.None: break;
            default: AddData(word); break;
        }
    }

    void SetAttr(ulong bits)
    {
        AttrSet |= bits;
        AttrClear &= ~bits;
    }

    void ClearAttr(ulong bits)
    {
        AttrClear |= bits;
        AttrSet &= ~bits;
    }

    static ulong AtimeMask(ulong bits) => (bits & Attr.ATIME) != 0 ? Attr.ATIME : 0;

    void AddSpecial(string word)
    {
        switch (word)
        {
            case "remount": Remount = true; break;
            case "tmpcopyup": TmpCopyUp = true; break;
            case "idmap": IdMap = true; break;
            case "ridmap": IdMap = true; RecursiveIdMap = true; break;
            case "copy-symlink": CopySymlink = true; break;
            case "src-nofollow": SourceNoFollow = true; break;
            case "dest-nofollow": DestinationNoFollow = true; break;
            case "defaults":
                AttrSet = 0;
                AttrClear = Attr.RDONLY | Attr.NOSUID | Attr.NODEV | Attr.NOEXEC;
                break;
        }
    }

    void AddData(string word)
    {
        if (word.StartsWith("idmap=", StringComparison.Ordinal) || word.StartsWith("ridmap=", StringComparison.Ordinal))
        {
            IdMap = true;
            RecursiveIdMap |= word[0] == 'r';
            IdMapSpec = word[(word.IndexOf('=') + 1)..];
        }
        else if (word.Length > 0)
        {
            Data.Add(word);
        }
    }

    /// <summary>MOUNT_ATTR_* of linux/mount.h.</summary>
    public static class Attr
    {
        public const ulong RDONLY = 0x1;
        public const ulong NOSUID = 0x2;
        public const ulong NODEV = 0x4;
        public const ulong NOEXEC = 0x8;
        /// <summary>The field of the three access time modes; relatime is 0.</summary>
        public const ulong ATIME = 0x70;
        public const ulong NOATIME = 0x10;
        public const ulong STRICTATIME = 0x20;
        public const ulong NODIRATIME = 0x80;
        public const ulong IDMAP = 0x100000;
        public const ulong NOSYMFOLLOW = 0x200000;
    }

    const ulong Rec = 0x4000;
    const ulong Unbindable = 1 << 17;
    const ulong Private = 1 << 18;
    const ulong Slave = 1 << 19;
    const ulong Shared = 1 << 20;

    enum Kind
    {
        Unknown,
        None,
        Set,
        Clear,
        Atime,
        RecursiveSet,
        RecursiveClear,
        RecursiveAtime,
        Propagate,
        Bind,
        Superblock,
        Legacy,
        LegacyClear,
        Special,
    }

    /// <summary>The option table (config.md, "Linux mount options"; mount(8)). A switch and not a dictionary: nothing to build at start-up.</summary>
    static (Kind, ulong) Classify(string word) => word switch
    {
        "ro" => (Kind.Set, Attr.RDONLY),
        "rw" => (Kind.Clear, Attr.RDONLY),
        "nosuid" => (Kind.Set, Attr.NOSUID),
        "suid" => (Kind.Clear, Attr.NOSUID),
        "nodev" => (Kind.Set, Attr.NODEV),
        "dev" => (Kind.Clear, Attr.NODEV),
        "noexec" => (Kind.Set, Attr.NOEXEC),
        "exec" => (Kind.Clear, Attr.NOEXEC),
        "nodiratime" => (Kind.Set, Attr.NODIRATIME),
        "diratime" => (Kind.Clear, Attr.NODIRATIME),
        "nosymfollow" => (Kind.Set, Attr.NOSYMFOLLOW),
        "symfollow" => (Kind.Clear, Attr.NOSYMFOLLOW),
        "noatime" => (Kind.Atime, Attr.NOATIME),
        "atime" or "norelatime" or "nostrictatime" or "relatime" => (Kind.Atime, 0),
        "strictatime" => (Kind.Atime, Attr.STRICTATIME),
        "rro" => (Kind.RecursiveSet, Attr.RDONLY),
        "rrw" => (Kind.RecursiveClear, Attr.RDONLY),
        "rnosuid" => (Kind.RecursiveSet, Attr.NOSUID),
        "rsuid" => (Kind.RecursiveClear, Attr.NOSUID),
        "rnodev" => (Kind.RecursiveSet, Attr.NODEV),
        "rdev" => (Kind.RecursiveClear, Attr.NODEV),
        "rnoexec" => (Kind.RecursiveSet, Attr.NOEXEC),
        "rexec" => (Kind.RecursiveClear, Attr.NOEXEC),
        "rnodiratime" => (Kind.RecursiveSet, Attr.NODIRATIME),
        "rdiratime" => (Kind.RecursiveClear, Attr.NODIRATIME),
        "rnosymfollow" => (Kind.RecursiveSet, Attr.NOSYMFOLLOW),
        "rsymfollow" => (Kind.RecursiveClear, Attr.NOSYMFOLLOW),
        "rrelatime" or "ratime" or "rnorelatime" or "rnostrictatime" => (Kind.RecursiveAtime, 0),
        "rnoatime" => (Kind.RecursiveAtime, Attr.NOATIME),
        "rstrictatime" => (Kind.RecursiveAtime, Attr.STRICTATIME),
        "private" => (Kind.Propagate, Private),
        "rprivate" => (Kind.Propagate, Private | Rec),
        "slave" => (Kind.Propagate, Slave),
        "rslave" => (Kind.Propagate, Slave | Rec),
        "shared" => (Kind.Propagate, Shared),
        "rshared" => (Kind.Propagate, Shared | Rec),
        "unbindable" => (Kind.Propagate, Unbindable),
        "runbindable" => (Kind.Propagate, Unbindable | Rec),
        "bind" => (Kind.Bind, 0),
        "rbind" => (Kind.Bind, 1),
        "sync" or "async" or "dirsync" or "mand" or "nomand" or "lazytime" or "nolazytime" => (Kind.Superblock, 0),
        "iversion" => (Kind.Legacy, 1 << 23),
        "noiversion" => (Kind.LegacyClear, 1 << 23),
        "acl" => (Kind.Legacy, 1 << 16),
        "noacl" => (Kind.LegacyClear, 1 << 16),
        "silent" or "loud" => (Kind.None, 0),
        "remount" or "tmpcopyup" or "idmap" or "ridmap" or "copy-symlink" or "src-nofollow" or "dest-nofollow" or "defaults"
            => (Kind.Special, 0),
        _ => (Kind.Unknown, 0),
    };

    /// <summary>Whether the word is in the table, and so is no data for the file system.</summary>
    public static bool IsKnown(string word) => Classify(word).Item1 != Kind.Unknown;

    /// <summary>Every word of the table, sorted: what <c>features</c> lists.</summary>
    public static string[] Words() =>
    [
        "acl", "async", "atime", "bind", "copy-symlink", "defaults", "dest-nofollow", "dev", "diratime", "dirsync", "exec", "idmap",
        "iversion", "lazytime", "loud", "mand", "noacl", "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime",
        "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev", "rdiratime",
        "relatime", "remount", "rexec", "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime",
        "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave", "rstrictatime", "rsuid",
        "rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "src-nofollow", "strictatime", "suid", "symfollow", "sync",
        "tmpcopyup", "unbindable",
    ];
}
