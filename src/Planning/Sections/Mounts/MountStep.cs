using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>One entry of mounts, or a mount that the runtime adds.</summary>
public sealed class MountStep : Step
{
    /// <summary>Below the rootfs, absolute and without ".." (PathText): links in it are resolved when it is opened.</summary>
    public required string Destination { get; init; }
    /// <summary>The file system, one of /proc/filesystems; "bind" or null for a bind.</summary>
    public required string? Type { get; init; }
    /// <summary>Absolute for a bind.</summary>
    public required string? Source { get; init; }
    public required MountOptions Options { get; init; }
    public MountArgFlags Flags { get; init; }
    /// <summary>Slot of the source, where the runtime opens it, else -1.</summary>
    public int SourceSlot { get; init; } = -1;
    /// <summary>Slot of the user namespace for id mapping, else -1.</summary>
    public int IdMapSlot { get; init; } = -1;
    /// <summary>Slot of the pid namespace that a procfs shows, where that is not the mounter's; else -1.</summary>
    public int PidNamespaceSlot { get; init; } = -1;
    /// <summary>The mount maps ids, whether the process or the runtime (which opens the source) sees to it.</summary>
    public bool MapsIds { get; init; }
    /// <summary>Slot that keeps the mount for the moment when it becomes read-only, else -1.</summary>
    public int KeepSlot { get; init; } = -1;
    /// <summary>Slot that keeps the mount for what is looked up below it, else -1.</summary>
    public int HoldSlot { get; internal set; } = -1;
    /// <summary>Where the destination is looked up.</summary>
    public MountPlace Place { get; internal set; } = MountPlace.Rootfs;
    /// <summary>Number of the mount for the <see cref="LookStep"/>, else -1.</summary>
    public int Look { get; internal set; } = -1;
    /// <summary>What to bind when a file system of that type cannot be mounted.</summary>
    public string? FallbackSource { get; init; }
    /// <summary>Name of the mount option for the security label; empty: the root of the new file system gets it as an attribute;
    /// null: no label.</summary>
    public string? LabelWord { get; init; }
    /// <summary>linux.mountLabel as it is in the config.</summary>
    public string? Label { get; init; }
    public override Phase Phase => Phase.Root;
    public override string? Subject => Destination;

    bool IsBind => (Flags & MountArgFlags.Bind) != 0;

    public override string Text
    {
        get
        {
            var text = new StringBuilder();
            if ((Flags & MountArgFlags.Remount) != 0)
            {
                text.Append("change the mount ").Append(Destination);
            }
            else if (IsBind)
            {
                text.Append("bind ").Append(Source).Append(" on ").Append(Destination)
                    .Append(Options.Recursive ? " with what is below" : "");
            }
            else
            {
                text.Append("mount ").Append(Type).Append(" on ").Append(Destination);
            }
            Words(text);
            return text.ToString();
        }
    }

    void Words(StringBuilder text)
    {
        Attributes(text, "", Options.AttrSet, Options.AttrClear);
        Attributes(text, " recursively", Options.RecursiveAttrSet, Options.RecursiveAttrClear);
        foreach (ulong propagation in Options.Propagation)
        {
            text.Append(", ").Append(MountOptions.PropagationWord(propagation));
        }
        if (!IsBind)
        {
            foreach (string word in Options.Data)
            {
                text.Append(", ").Append(word);
            }
        }
        text.Append(PidNamespaceSlot < 0 ? "" : "; of the joined pid namespace");
        text.Append(LabelWord is null ? "" : "; with the label " + Label);
        text.Append(KeepSlot >= 0 ? "; writable at first" : "");
        text.Append(Options.TmpCopyUp ? "; with a copy of what it covers" : "");
        text.Append(!MapsIds ? "" : (Flags & MountArgFlags.RecursiveIdMap) != 0 ? "; with mapped ids recursively"
            : "; with mapped ids");
        text.Append(Options.CopySymlink ? "; a link is copied" : "");
    }

    static void Attributes(StringBuilder text, string suffix, ulong set, ulong clear)
    {
        foreach (string word in MountOptions.AttributeWords(set, clear))
        {
            text.Append(", ").Append(word).Append(suffix);
        }
    }

    /// <summary>Strings and the structure go into the program's data, the operation holds their offset: the child follows no
    /// pointer of ours.</summary>
    public override void Lower(ProgramBuilder program)
    {
        MountArgFlags flags = Flags;
        uint data = 0;
        uint legacy = 0;
        if (!IsBind)
        {
            data = FsconfigWords(program, ref flags);
            // One string with commas, as data of mount(2); the operation has either form.
            legacy = (flags & MountArgFlags.Legacy) != 0 ? program.String(LegacyWords()) : 0;
            if (LabelWord is "" && legacy == 0)
            {
                flags |= MountArgFlags.LabelRoot;
                legacy = program.String(Label);
            }
        }
        // Writable until the mount is sealed: see SealMountStep.
        ulong held = KeepSlot >= 0 ? MountFlags.MOUNT_ATTR_RDONLY : 0UL;
        List<ulong> propagation = Options.Propagation;
        uint destination = program.String(Destination);
        uint args = program.Struct(new MountArgs
        {
            Source = program.String(Source),
            Destination = destination,
            Below = program.PlaceOf(Place, Destination, destination),
            BelowSlot = Place.Slot,
            Type = program.String(Type),
            Data = data,
            LegacyData = legacy,
            Flags = Look >= 0 ? flags | MountArgFlags.Look : flags,
            AttrSet = Options.AttrSet & ~held,
            AttrClear = Options.AttrClear,
            RecursiveAttrSet = Options.RecursiveAttrSet,
            RecursiveAttrClear = Options.RecursiveAttrClear,
            LegacyFlags = Options.LegacyFlags,
            Propagation0 = propagation.Count > 0 ? (uint)propagation[0] : 0,
            Propagation1 = propagation.Count > 1 ? (uint)propagation[1] : 0,
            Propagation2 = propagation.Count > 2 ? (uint)propagation[2] : 0,
            Propagation3 = propagation.Count > 3 ? (uint)propagation[3] : 0,
            SourceSlot = SourceSlot,
            IdMapSlot = IdMapSlot,
            PidNamespaceSlot = PidNamespaceSlot,
            KeepSlot = KeepSlot >= 0 ? KeepSlot : HoldSlot,
            FallbackSource = program.String(FallbackSource),
        });
        program.Add(OpCode.Mount, args);
        if (Look >= 0)
        {
            program.NoteMount(args);
        }
    }

    /// <summary>fsconfig(2) takes strings up to 255 bytes; longer ones (overlay's lowerdir) need mount(2).</summary>
    const int LongestFsconfigValue = 255;

    /// <summary>The words one behind the other with an empty one at the end, as the operation wants them. One that is too long,
    /// or a flag without a word, turns the whole mount over to mount(2).</summary>
    uint FsconfigWords(ProgramBuilder program, ref MountArgFlags flags)
    {
        uint first = 0;
        foreach (string word in AllWords(quoted: false))
        {
            uint at = program.String(word);
            first = first == 0 ? at : first;
            int equals = word.IndexOf('=');
            if (equals >= 0 && Encoding.UTF8.GetByteCount(word) - equals > LongestFsconfigValue)
            {
                flags |= MountArgFlags.Legacy;
            }
        }
        if (first != 0)
        {
            program.String("");
        }
        if (Options.LegacyFlags != 0)
        {
            flags |= MountArgFlags.Legacy;
        }
        return first;
    }

    /// <summary>The data of mount(2): at most a page, and commas are its only separators.</summary>
    string LegacyWords() => string.Join(',', AllWords(quoted: true));

    /// <summary>The commas in a label need quotes in the one string of mount(2); to fsconfig(2), which takes word by word, quotes
    /// are part of the label.</summary>
    List<string> AllWords(bool quoted)
    {
        var words = new List<string>();
        foreach (string word in Options.Data)
        {
            words.Add(quoted ? word : Unquoted(word));
        }
        // A file system on a disk is told as well: it would write to the disk (replay its journal, for one) below a mount that
        // is read-only for all others.
        if (Options.ReadOnly && KeepSlot < 0 && !IsPseudo(Type))
        {
            words.Add("ro");
        }
        if (LabelWord is { Length: > 0 })
        {
            words.Add(LabelWord + "=" + (quoted ? "\"" + Label + "\"" : Label));
        }
        return words;
    }

    /// <summary>context="a,b" without the quotes, which a config has from mount(8).</summary>
    static string Unquoted(string word)
    {
        int equals = word.IndexOf("context=\"", System.StringComparison.Ordinal);
        return equals >= 0 && word[^1] == '"' && word.Length > equals + 9 ? word[..(equals + 8)] + word[(equals + 9)..^1] : word;
    }

    /// <summary>File systems whose superblock may be shared with others: read-only goes on the mount alone. On the superblock
    /// of the host's sysfs or cgroup2 it would make theirs read-only too.</summary>
    static bool IsPseudo(string? type) => type is "proc" or "sysfs" or "cgroup2" or "cgroup" or "devpts" or "mqueue" or "tmpfs";

    /// <summary>What the errno means for this call and this step, by open_tree(2), fsconfig(2), mount_setattr(2), openat2(2)
    /// and move_mount(2).</summary>
    public override string? Hint(string call, int errno) => (call, errno) switch
    {
        ("open_tree", Errno.ENOENT) => "the source is missing on the host",
        ("open_tree", Errno.EINVAL) => "the source is unbindable, or in a mount namespace of its own",
        ("fsconfig", Errno.EINVAL) when LabelWord is { Length: > 0 } =>
        "an option is wrong, or the loaded SELinux policy does not know the label",
        ("fsopen", Errno.ENODEV) => "this kernel has no file system of that type; see /proc/filesystems",
        ("mount_setattr", Errno.EPERM) =>
        "the source's mount has flags that are locked in a user namespace and cannot be cleared",
        ("mount_setattr", Errno.EINVAL) => "the file system does not support what the options ask for",
        ("openat2", Errno.ENOTDIR) =>
        "the destination, or a directory above it, is no directory; proc and sysfs are never mounted through a link",
        ("openat2", Errno.ELOOP) => "the destination goes through a link that is not allowed there",
        ("move_mount", Errno.EINVAL) or ("move_mount", Errno.ENOTDIR) => "a directory goes on a directory and a file on a file",
        ("move_mount", Errno.EPERM) => "only a few files below /proc may be mounted over",
        _ => null,
    };
}
