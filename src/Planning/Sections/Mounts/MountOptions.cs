using System;
using System.Collections.Generic;
using static OciRun.Kernel.MountFlags;

namespace OciRun.Planning;

/// <summary>A mount's options, sorted by what carries them out. Attribute words are MOUNT_ATTR_* bits for mount_setattr(2); a
/// word that clears (<c>rw</c>, <c>exec</c>) is remembered, so that a bind mount loses a flag that its source has.</summary>
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

    public bool ReadOnly => (AttrSet & MOUNT_ATTR_RDONLY) != 0;

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
            case Kind.Set:
                SetAttr(bits);
                break;
            case Kind.Clear:
                ClearAttr(bits);
                break;
            case Kind.RecursiveSet:
                RecursiveAttrSet |= bits;
                RecursiveAttrClear = (RecursiveAttrClear & ~bits) | AtimeMask(bits);
                break;
            case Kind.RecursiveClear:
                RecursiveAttrClear |= bits;
                RecursiveAttrSet &= ~bits;
                break;
            case Kind.RecursiveAtime:
                RecursiveAttrClear |= MOUNT_ATTR__ATIME;
                RecursiveAttrSet = (RecursiveAttrSet & ~(ulong)MOUNT_ATTR__ATIME) | bits;
                break;
            case Kind.Atime:
                AttrClear |= MOUNT_ATTR__ATIME;
                AttrSet = (AttrSet & ~(ulong)MOUNT_ATTR__ATIME) | bits;
                break;
            case Kind.Propagate:
                Propagation.Add(bits);
                break;
            case Kind.Bind:
                Bind = true;
                Recursive |= bits != 0;
                break;
            case Kind.Superblock:
                Data.Add(word);
                break;
            case Kind.Legacy:
                LegacyFlags |= bits;
                break;
            case Kind.LegacyClear:
                LegacyFlags &= ~bits;
                break;
            case Kind.Special:
                AddSpecial(word);
                break;
            case Kind.None:
                break;
            default:
                AddData(word);
                break;
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

    static ulong AtimeMask(ulong bits) => (bits & MOUNT_ATTR__ATIME) != 0 ? MOUNT_ATTR__ATIME : 0UL;

    void AddSpecial(string word)
    {
        switch (word)
        {
            case "remount":
                Remount = true;
                break;
            case "tmpcopyup":
                TmpCopyUp = true;
                break;
            case "idmap":
                IdMap = true;
                break;
            case "ridmap":
                IdMap = true;
                RecursiveIdMap = true;
                break;
            case "copy-symlink":
                CopySymlink = true;
                break;
            case "src-nofollow":
                SourceNoFollow = true;
                break;
            case "dest-nofollow":
                DestinationNoFollow = true;
                break;
            case "defaults":
                AttrSet = 0;
                AttrClear = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
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

    /// <summary>The option table (config.md, "Linux mount options"; mount(8)). A switch and not a dictionary: nothing to build at
    /// start-up.</summary>
    static (Kind, ulong) Classify(string word) => word switch
    {
        "ro" => (Kind.Set, MOUNT_ATTR_RDONLY),
        "rw" => (Kind.Clear, MOUNT_ATTR_RDONLY),
        "nosuid" => (Kind.Set, MOUNT_ATTR_NOSUID),
        "suid" => (Kind.Clear, MOUNT_ATTR_NOSUID),
        "nodev" => (Kind.Set, MOUNT_ATTR_NODEV),
        "dev" => (Kind.Clear, MOUNT_ATTR_NODEV),
        "noexec" => (Kind.Set, MOUNT_ATTR_NOEXEC),
        "exec" => (Kind.Clear, MOUNT_ATTR_NOEXEC),
        "nodiratime" => (Kind.Set, MOUNT_ATTR_NODIRATIME),
        "diratime" => (Kind.Clear, MOUNT_ATTR_NODIRATIME),
        "nosymfollow" => (Kind.Set, MOUNT_ATTR_NOSYMFOLLOW),
        "symfollow" => (Kind.Clear, MOUNT_ATTR_NOSYMFOLLOW),
        "noatime" => (Kind.Atime, MOUNT_ATTR_NOATIME),
        "atime" or "norelatime" or "nostrictatime" or "relatime" => (Kind.Atime, 0),
        "strictatime" => (Kind.Atime, MOUNT_ATTR_STRICTATIME),
        "rro" => (Kind.RecursiveSet, MOUNT_ATTR_RDONLY),
        "rrw" => (Kind.RecursiveClear, MOUNT_ATTR_RDONLY),
        "rnosuid" => (Kind.RecursiveSet, MOUNT_ATTR_NOSUID),
        "rsuid" => (Kind.RecursiveClear, MOUNT_ATTR_NOSUID),
        "rnodev" => (Kind.RecursiveSet, MOUNT_ATTR_NODEV),
        "rdev" => (Kind.RecursiveClear, MOUNT_ATTR_NODEV),
        "rnoexec" => (Kind.RecursiveSet, MOUNT_ATTR_NOEXEC),
        "rexec" => (Kind.RecursiveClear, MOUNT_ATTR_NOEXEC),
        "rnodiratime" => (Kind.RecursiveSet, MOUNT_ATTR_NODIRATIME),
        "rdiratime" => (Kind.RecursiveClear, MOUNT_ATTR_NODIRATIME),
        "rnosymfollow" => (Kind.RecursiveSet, MOUNT_ATTR_NOSYMFOLLOW),
        "rsymfollow" => (Kind.RecursiveClear, MOUNT_ATTR_NOSYMFOLLOW),
        "rrelatime" or "ratime" or "rnorelatime" or "rnostrictatime" => (Kind.RecursiveAtime, 0),
        "rnoatime" => (Kind.RecursiveAtime, MOUNT_ATTR_NOATIME),
        "rstrictatime" => (Kind.RecursiveAtime, MOUNT_ATTR_STRICTATIME),
        "private" => (Kind.Propagate, MS_PRIVATE),
        "rprivate" => (Kind.Propagate, MS_PRIVATE | MS_REC),
        "slave" => (Kind.Propagate, MS_SLAVE),
        "rslave" => (Kind.Propagate, MS_SLAVE | MS_REC),
        "shared" => (Kind.Propagate, MS_SHARED),
        "rshared" => (Kind.Propagate, MS_SHARED | MS_REC),
        "unbindable" => (Kind.Propagate, MS_UNBINDABLE),
        "runbindable" => (Kind.Propagate, MS_UNBINDABLE | MS_REC),
        "bind" => (Kind.Bind, 0),
        "rbind" => (Kind.Bind, 1),
        "sync" or "async" or "dirsync" or "mand" or "nomand" or "lazytime" or "nolazytime" => (Kind.Superblock, 0),
        "iversion" => (Kind.Legacy, MS_I_VERSION),
        "noiversion" => (Kind.LegacyClear, MS_I_VERSION),
        "acl" => (Kind.Legacy, MS_POSIXACL),
        "noacl" => (Kind.LegacyClear, MS_POSIXACL),
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
        "acl", "async", "atime", "bind", "copy-symlink", "defaults", "dest-nofollow", "dev", "diratime", "dirsync", "exec",
        "idmap",
        "iversion", "lazytime", "loud", "mand", "noacl", "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime",
        "nomand", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev", "rdiratime",
        "relatime", "remount", "rexec", "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime",
        "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave", "rstrictatime", "rsuid",
        "rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "src-nofollow", "strictatime", "suid", "symfollow",
        "sync",
        "tmpcopyup", "unbindable",
    ];
}
