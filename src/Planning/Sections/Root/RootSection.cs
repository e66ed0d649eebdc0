using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.MountFlags;

namespace OciRun.Planning.Sections;

/// <summary><c>root</c>, <c>linux.rootfsPropagation</c>, read-only and masked paths, and the switch to the new root.</summary>
sealed class RootSection(PlanDraft draft, MountPlaces places)
{
    public void Plan()
    {
        if (draft.Spec.Root?.Path is null or "")
        {
            return;
        }
        ulong propagation = MountOptions.PropagationOf(draft.Linux.RootfsPropagation);
        if (draft.HasMountNamespace)
        {
            // Only rprivate and the shared ones say something about the host's mounts. The others are for the new root alone,
            // later: unbindable would reach the bind of the rootfs, and slave or private on "/" alone would leave what is mounted
            // below it shared with the host.
            bool shared = (propagation & MS_SHARED) != 0;
            bool given = shared || propagation == (MS_PRIVATE | MS_REC);
            draft.Add(new PropagationStep
            {
                ConfigPath = draft.Linux.RootfsPropagation is null ? "" : "linux.rootfsPropagation",
                Word = given ? draft.Linux.RootfsPropagation! : "rslave",
                Flags = given ? propagation : MS_SLAVE | MS_REC,
                PrivateAbove = shared ? draft.Rootfs : null,
            });
        }
        draft.Add(new RootfsStep { ConfigPath = "root.path", Path = draft.Rootfs, HasMountNamespace = draft.HasMountNamespace });
    }

    /// <summary>Everything that closes the root off, and the switch to it.</summary>
    /// <param name="hooks">Hooks have had their turn with the mounts.</param>
    public void Close(bool hooks)
    {
        AddPaths(draft.Linux.ReadonlyPaths, "linux.readonlyPaths", false, hooks);
        AddPaths(draft.Linux.MaskedPaths, "linux.maskedPaths", true, hooks);
        if (draft.Spec.Root is { Readonly: true } && !draft.HasMountNamespace)
        {
            draft.Problem("root.readonly", "needs a mount namespace in linux.namespaces; it would change the host's mount");
        }
        else if (draft.Spec.Root is { Readonly: true })
        {
            draft.Add(new ReadOnlyRootStep { ConfigPath = "root.readonly" });
        }
        draft.Add(new SwitchRootStep
        {
            ConfigPath = "root.path",
            Way = !draft.HasMountNamespace ? RootSwitch.Chroot : draft.Options.NoPivot ? RootSwitch.Move : RootSwitch.Pivot,
            Propagation = MountOptions.PropagationOf(draft.Linux.RootfsPropagation),
            Below = draft.Facts.MountsOnRoot,
        });
    }

    void AddPaths(List<string>? paths, string list, bool masks, bool hooks)
    {
        if (paths is null)
        {
            return;
        }
        var seen = new HashSet<string>();
        for (int i = 0; i < paths.Count; i++)
        {
            string path = PathText.Clean(paths[i]);
            if (!seen.Add(path))
            {
                continue;
            }
            string config = ConfigPath.Item(list, i);
            MountPlace place = places.Of(path);
            draft.Add(masks ? new MaskStep { ConfigPath = config, Path = path, Place = place, AfterHooks = hooks }
                : new ReadOnlyPathStep { ConfigPath = config, Path = path, Place = place, AfterHooks = hooks });
        }
    }
}
