using System;
using System.Collections.Generic;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>A container as <c>state</c> and <c>list</c> show it. <see cref="Pid"/> is 0 when stopped; <see cref="Owner"/> is
/// filled in by list alone, as in runc.</summary>
public readonly record struct ContainerView(ContainerRecord Record, ContainerStatus Status, int Pid, string Owner = "");

/// <summary>The state of runtime.md, "State", in the shapes that callers read.</summary>
public static unsafe class StateJson
{
    /// <summary>What <c>state</c> prints: indented, without a newline at the end.</summary>
    public static byte[] Write(ContainerRecord record, ContainerStatus status, int pid, string owner = "") =>
        JsonOutput.Spaced(Full(new ContainerView(record, status, pid, owner)), &SpecStateView.Write);

    /// <summary>What <c>list --format json</c> prints: one line, and <c>null</c> when there is nothing, as from a Go
    /// program.</summary>
    public static byte[] WriteList(IReadOnlyList<ContainerView> views) => JsonOutput.Compact(views, &List);

    static void List(Utf8JsonWriter json, IReadOnlyList<ContainerView> views)
    {
        if (views.Count == 0)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (ContainerView view in views)
        {
            SpecStateView.Write(json, Full(view));
        }

        json.WriteEndArray();
    }

    /// <summary>What a hook gets on its standard input.</summary>
    public static byte[] HookState(ContainerRecord record, ContainerStatus status, int pid) =>
        JsonOutput.Compact(Of(new ContainerView(record, status, pid)), &SpecState.Write);

    /// <summary>The spec's five words for a status, and "paused".</summary>
    public static string Word(ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        ContainerStatus.Stopped => "stopped",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    /// <summary>The state object of runtime.md and nothing else; also part of what a seccomp agent gets.</summary>
    public static SpecState Of(ContainerView view) => new()
    {
        OciVersion = view.Record.OciVersion,
        Id = view.Record.Id,
        Status = Word(view.Status),
        Pid = view.Pid > 0 ? view.Pid : null,
        Bundle = view.Record.Bundle,
        Annotations = Annotations(view.Record),
    };

    static SpecStateView Full(ContainerView view) => new()
    {
        OciVersion = view.Record.OciVersion,
        Id = view.Record.Id,
        Pid = view.Pid,
        Status = Word(view.Status),
        Bundle = view.Record.Bundle,
        Rootfs = view.Record.Rootfs,
        Created = view.Record.Created,
        Annotations = Annotations(view.Record),
        Owner = view.Owner,
    };

    static Dictionary<string, string>? Annotations(ContainerRecord record) =>
        record.Annotations is { Count: > 0 } annotations ? annotations : null;
}
