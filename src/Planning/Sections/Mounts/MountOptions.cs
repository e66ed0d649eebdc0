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
    /// <summary>remount without bind: other attributes for the mount that is there.</summary>
    public bool Remount { get; private set; }
    /// <summary>MOUNT_ATTR_* to set and to clear on the mount itself.</summary>
    public ulong AttrSet { get; private set; }
    public ulong AttrClear { get; private set; }
    /// <summary>The same for the whole tree (the r* words).</summary>
    public ulong RecursiveAttrSet { get; private set; }
    public ulong RecursiveAttrClear { get; private set; }
    /// <summary>MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for the r* forms, in the order given: "slave"
    /// then "shared" is another thing than the other way round (mount_namespaces(7)).</summary>
    public List<ulong> Propagation { get; } = [];
    /// <summary>Words for the file system: <c>key=value</c> or a bare flag.</summary>
    public List<string> Data { get; } = [];
    /// <summary>Superblock flags that only mount(2) can pass (MS_I_VERSION, MS_POSIXACL).</summary>
    public ulong LegacyFlags { get; private set; }
    /// <summary>tmpcopyup, a word of runc: a tmpfs begins with a copy of what it covers.</summary>
    public bool TmpCopyUp { get; private set; }
    /// <summary>idmap, and ridmap for the mounts below as well (config.md 1.2); the kernel has it since 5.12.</summary>
    public bool IdMap { get; private set; }
    public bool RecursiveIdMap { get; private set; }
    /// <summary>The mappings of crun's <c>idmap=uids=…;gids=…</c> form, null for the plain word.</summary>
    public string? IdMapSpec { get; private set; }
    /// <summary>copy-symlink, src-nofollow and dest-nofollow are words of crun(1).</summary>
    public bool CopySymlink { get; private set; }
    public bool SourceNoFollow { get; private set; }
    public bool DestinationNoFollow { get; private set; }

    /// <summary>Of this mount itself; "rro" is another word, with an effect on the mounts below.</summary>
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
        (_, Kind kind, ulong bits) = Find(word);
        switch (kind)
        {
            case Kind.Set:
                SetAttr(bits);
                break;
            case Kind.Clear:
                ClearAttr(bits);
                break;
            case Kind.RecursiveSet:
                // The later word wins, as in mount(8): what one sets the next may clear.
                RecursiveAttrSet |= bits;
                RecursiveAttrClear = (RecursiveAttrClear & ~bits) | AtimeMask(bits);
                break;
            case Kind.RecursiveClear:
                RecursiveAttrClear |= bits;
                RecursiveAttrSet &= ~bits;
                break;
            // One of a field's values and no bit: relatime is its 0. The kernel refuses a value without the whole field in
            // attr_clr (EINVAL).
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
            // Flags of the file system, not of the mount: fsconfig(2) takes them as words.
            case Kind.Superblock:
                Data.Add(word);
                break;
            case Kind.Legacy:
                LegacyFlags |= bits;
                break;
            case Kind.LegacyClear:
                LegacyFlags &= ~bits;
                break;
            case Kind.None:
                break;
            // What is in no table is for the file system, which alone knows its options and complains of a wrong one.
            case Kind.Unknown:
                AddData(word);
                break;
            default:
                AddSpecial(kind);
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

    void AddSpecial(Kind kind)
    {
        switch (kind)
        {
            case Kind.Remount:
                Remount = true;
                break;
            case Kind.TmpCopyUp:
                TmpCopyUp = true;
                break;
            case Kind.IdMap:
                IdMap = true;
                break;
            case Kind.RecursiveIdMap:
                IdMap = true;
                RecursiveIdMap = true;
                break;
            case Kind.CopySymlink:
                CopySymlink = true;
                break;
            case Kind.SourceNoFollow:
                SourceNoFollow = true;
                break;
            case Kind.DestinationNoFollow:
                DestinationNoFollow = true;
                break;
            case Kind.Defaults:
                // mount(8): rw, suid, dev, exec, async. A bind so loses what its source has, as far as the kernel allows.
                AttrSet = 0;
                AttrClear = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
                break;
        }
    }

    /// <summary>A word for the file system, or crun's form of idmap with the mappings in it.</summary>
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

    /// <summary>What carries a word out. A new option is a row of the table with one of these.</summary>
    enum Kind
    {
        /// <summary>In no row of the table: data for the file system.</summary>
        Unknown,
        /// <summary>Known, and nothing to do.</summary>
        None,
        /// <summary>MOUNT_ATTR_* bits to set on the mount.</summary>
        Set,
        /// <summary>MOUNT_ATTR_* bits to clear: what the source of a bind has, and what the same config sets in an earlier
        /// word.</summary>
        Clear,
        /// <summary>One value of the field of the access times; 0 is relatime.</summary>
        Atime,
        /// <summary>As Set, for the mounts below as well.</summary>
        RecursiveSet,
        /// <summary>As Clear, for the mounts below as well.</summary>
        RecursiveClear,
        /// <summary>As Atime, for the mounts below as well.</summary>
        RecursiveAtime,
        /// <summary>MS_* of a propagation type, with MS_REC for the whole tree.</summary>
        Propagate,
        /// <summary>The source is a path of the host; with bits, all that is mounted below it comes along.</summary>
        Bind,
        /// <summary>A flag of the file system itself, which fsconfig(2) takes as a word.</summary>
        Superblock,
        /// <summary>MS_* of the file system that only mount(2) takes: the whole mount is then made by that.</summary>
        Legacy,
        /// <summary>Takes such a flag back.</summary>
        LegacyClear,
        /// <summary>Changes what is at the destination, and mounts nothing.</summary>
        Remount,
        /// <summary>The tmpfs starts with a copy of what it covers.</summary>
        TmpCopyUp,
        /// <summary>Owners are shown through id mappings.</summary>
        IdMap,
        /// <summary>The same for the mounts below.</summary>
        RecursiveIdMap,
        /// <summary>A source that is a link is made anew in the container.</summary>
        CopySymlink,
        /// <summary>A link as the source is bound itself.</summary>
        SourceNoFollow,
        /// <summary>A link as the destination is covered itself.</summary>
        DestinationNoFollow,
        /// <summary>What mount(8) calls the defaults.</summary>
        Defaults,
    }

    /// <summary>A word, and what it does with which bits.</summary>
    readonly record struct Entry(string Word, Kind Kind, ulong Bits = 0);

    /// <summary>The option table (config.md, "Linux mount options"; mount(8)): it is searched for a config's words, listed by
    /// <c>features</c>, and read backwards by <c>explain</c>, which takes the first word of a meaning.</summary>
    static readonly Entry[] Table =
    [
        new("ro", Kind.Set, MOUNT_ATTR_RDONLY),
        new("rw", Kind.Clear, MOUNT_ATTR_RDONLY),
        new("nosuid", Kind.Set, MOUNT_ATTR_NOSUID),
        new("suid", Kind.Clear, MOUNT_ATTR_NOSUID),
        new("nodev", Kind.Set, MOUNT_ATTR_NODEV),
        new("dev", Kind.Clear, MOUNT_ATTR_NODEV),
        new("noexec", Kind.Set, MOUNT_ATTR_NOEXEC),
        new("exec", Kind.Clear, MOUNT_ATTR_NOEXEC),
        new("nodiratime", Kind.Set, MOUNT_ATTR_NODIRATIME),
        new("diratime", Kind.Clear, MOUNT_ATTR_NODIRATIME),
        // Linux 5.14 as an attribute, 5.10 in mount(2).
        new("nosymfollow", Kind.Set, MOUNT_ATTR_NOSYMFOLLOW),
        new("symfollow", Kind.Clear, MOUNT_ATTR_NOSYMFOLLOW),
        // relatime is what a mount has without a word (Linux 2.6.30, mount(8)); words with "no" before the others only take
        // those back.
        new("noatime", Kind.Atime, MOUNT_ATTR_NOATIME),
        new("relatime", Kind.Atime),
        new("norelatime", Kind.Atime),
        new("nostrictatime", Kind.Atime),
        new("atime", Kind.Atime),
        new("strictatime", Kind.Atime, MOUNT_ATTR_STRICTATIME),
        // For the tree below as well, with mount_setattr(2), Linux 5.12: "ro" of a recursive bind leaves the mounts below
        // writable.
        new("rro", Kind.RecursiveSet, MOUNT_ATTR_RDONLY),
        new("rrw", Kind.RecursiveClear, MOUNT_ATTR_RDONLY),
        new("rnosuid", Kind.RecursiveSet, MOUNT_ATTR_NOSUID),
        new("rsuid", Kind.RecursiveClear, MOUNT_ATTR_NOSUID),
        new("rnodev", Kind.RecursiveSet, MOUNT_ATTR_NODEV),
        new("rdev", Kind.RecursiveClear, MOUNT_ATTR_NODEV),
        new("rnoexec", Kind.RecursiveSet, MOUNT_ATTR_NOEXEC),
        new("rexec", Kind.RecursiveClear, MOUNT_ATTR_NOEXEC),
        new("rnodiratime", Kind.RecursiveSet, MOUNT_ATTR_NODIRATIME),
        new("rdiratime", Kind.RecursiveClear, MOUNT_ATTR_NODIRATIME),
        new("rnosymfollow", Kind.RecursiveSet, MOUNT_ATTR_NOSYMFOLLOW),
        new("rsymfollow", Kind.RecursiveClear, MOUNT_ATTR_NOSYMFOLLOW),
        new("rrelatime", Kind.RecursiveAtime),
        new("ratime", Kind.RecursiveAtime),
        new("rnorelatime", Kind.RecursiveAtime),
        new("rnostrictatime", Kind.RecursiveAtime),
        new("rnoatime", Kind.RecursiveAtime, MOUNT_ATTR_NOATIME),
        new("rstrictatime", Kind.RecursiveAtime, MOUNT_ATTR_STRICTATIME),
        // mount_namespaces(7), "SHARED SUBTREES".
        new("private", Kind.Propagate, MS_PRIVATE),
        new("rprivate", Kind.Propagate, MS_PRIVATE | MS_REC),
        new("slave", Kind.Propagate, MS_SLAVE),
        new("rslave", Kind.Propagate, MS_SLAVE | MS_REC),
        new("shared", Kind.Propagate, MS_SHARED),
        new("rshared", Kind.Propagate, MS_SHARED | MS_REC),
        new("unbindable", Kind.Propagate, MS_UNBINDABLE),
        new("runbindable", Kind.Propagate, MS_UNBINDABLE | MS_REC),
        new("bind", Kind.Bind),
        new("rbind", Kind.Bind, 1),
        // Mandatory locks are gone since Linux 5.15; "mand" is taken and does nothing.
        new("sync", Kind.Superblock),
        new("async", Kind.Superblock),
        new("dirsync", Kind.Superblock),
        new("mand", Kind.Superblock),
        new("nomand", Kind.Superblock),
        new("lazytime", Kind.Superblock),
        new("nolazytime", Kind.Superblock),
        // Bits of mount(2) that fsconfig(2) has no common word for.
        new("iversion", Kind.Legacy, MS_I_VERSION),
        new("noiversion", Kind.LegacyClear, MS_I_VERSION),
        new("acl", Kind.Legacy, MS_POSIXACL),
        new("noacl", Kind.LegacyClear, MS_POSIXACL),
        // How much the kernel logs about the mount: with fsconfig(2) its messages come to the caller.
        new("silent", Kind.None),
        new("loud", Kind.None),
        new("remount", Kind.Remount),
        // Words of runtimes, of which no kernel and no mount(8) knows.
        new("tmpcopyup", Kind.TmpCopyUp),
        new("idmap", Kind.IdMap),
        new("ridmap", Kind.RecursiveIdMap),
        new("copy-symlink", Kind.CopySymlink),
        new("src-nofollow", Kind.SourceNoFollow),
        new("dest-nofollow", Kind.DestinationNoFollow),
        new("defaults", Kind.Defaults),
    ];

    static Entry Find(string word)
    {
        foreach (Entry entry in Table)
        {
            if (entry.Word == word)
            {
                return entry;
            }
        }
        return new Entry(word, Kind.Unknown);
    }

    static string? WordOf(Kind kind, ulong bits)
    {
        foreach (Entry entry in Table)
        {
            if (entry.Kind == kind && entry.Bits == bits)
            {
                return entry.Word;
            }
        }
        return null;
    }

    /// <summary>Whether the word is in the table, and so is no data for the file system.</summary>
    public static bool IsKnown(string word) => Find(word).Kind != Kind.Unknown;

    /// <summary>Every word of the table, sorted: what <c>features</c> lists.</summary>
    public static string[] Words()
    {
        string[] words = Array.ConvertAll(Table, static entry => entry.Word);
        Array.Sort(words, StringComparer.Ordinal);
        return words;
    }

    /// <summary>The words of MOUNT_ATTR_* bits, in the order of the bits: the one that sets a bit, or the one that clears
    /// it.</summary>
    public static List<string> AttributeWords(ulong set, ulong clear)
    {
        var words = new List<string>();
        for (ulong rest = (set | clear) & ~(ulong)MOUNT_ATTR__ATIME; rest != 0; rest &= rest - 1)
        {
            ulong bit = rest & ~(rest - 1);
            if (WordOf((set & bit) != 0 ? Kind.Set : Kind.Clear, bit) is { } word)
            {
                words.Add(word);
            }
        }
        if ((clear & MOUNT_ATTR__ATIME) != 0 && WordOf(Kind.Atime, set & MOUNT_ATTR__ATIME) is { } atime)
        {
            words.Add(atime);
        }
        return words;
    }

    /// <summary>The MS_* flags of a word for a propagation; 0 for a word that is none.</summary>
    public static ulong PropagationOf(string? word) =>
        word is not null && Find(word) is { Kind: Kind.Propagate, Bits: ulong flags } ? flags : 0;

    /// <summary>The word of a propagation's MS_* flags.</summary>
    public static string PropagationWord(ulong flags) => WordOf(Kind.Propagate, flags) ?? "";
}
