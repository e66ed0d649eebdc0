using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Seccomp;

/// <summary><c>linux.seccomp</c>, or the filter of an annotation.</summary>
sealed class SeccompSection(PlanDraft draft)
{
    /// <summary>Where the filter comes from.</summary>
    string _path = "linux.seccomp";
    SeccompFilter? _filter;

    public bool HasFilter => _filter is not null;

    public void Compile()
    {
        SeccompAnnotations? annotations = SeccompAnnotations.Read(draft.Spec.Annotations, draft.Problems);
        bool given = annotations?.HasProgram == true;
        _path = given ? SeccompAnnotations.ProgramPath : "linux.seccomp";
        _filter = draft.Linux.Seccomp is null && !given
            ? null
            : SeccompCompiler.Compile(draft.Linux.Seccomp ?? new SpecSeccomp(), draft.Problems, annotations: annotations);
    }

    /// <summary>A filter with a listener is loaded before the listener is handed on, and any other as the last before execve(2):
    /// it need allow nothing but that.</summary>
    public void PlanEarly()
    {
        if (_filter is { UsesNotify: true })
        {
            AddSeccomp(_filter);
        }
    }

    public void PlanLate()
    {
        if (_filter is { UsesNotify: false })
        {
            AddSeccomp(_filter);
        }
    }

    public void PlanListener()
    {
        if (_filter is { UsesNotify: true, ListenerPath: { } listener })
        {
            draft.Add(new ListenerStep
            {
                ConfigPath = _filter.ListenerSource,
                Path = listener,
                Metadata = _filter.ListenerMetadata,
                IsExec = draft.Options.IsExec && draft.Options.Executable is null,
            });
        }
    }

    void AddSeccomp(SeccompFilter filter) => draft.Add(new SeccompStep
    {
        ConfigPath = _path,
        Filter = filter.Bytes.ToArray(),
        Flags = filter.Flags,
        ListenerPath = filter.ListenerPath,
        UnknownNames = filter.UnknownNames,
        Profile = _path == SeccompAnnotations.ProgramPath ? null : draft.Linux.Seccomp,
    });
}
