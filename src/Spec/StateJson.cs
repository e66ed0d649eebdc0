using System;
using System.Collections.Generic;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>A container as <c>state</c> and <c>list</c> show it. <see cref="Pid"/> is 0 when stopped; <see cref="Owner"/> is
/// filled in by list alone, as in runc.</summary>
public readonly record struct ContainerView(ContainerRecord Record, ContainerStatus Status, int Pid, string Owner = "");

/// <summary>The state of runtime.md, "State", in the shapes that callers read.</summary>
public static class StateJson
{
    /// <summary>What <c>state</c> prints: indented, without a newline at the end. Podman, buildkit and go-runc read it.</summary>
    public static byte[] Write(ContainerRecord record, ContainerStatus status, int pid, string owner = "") =>
        JsonOutput.Spaced(new ContainerView(record, status, pid, owner), Full);

    /// <summary>What <c>list --format json</c> prints: one line, and <c>null</c> when there is nothing, as from a Go
    /// program.</summary>
    public static byte[] WriteList(IReadOnlyList<ContainerView> views) => JsonOutput.Compact(views, static (json, views) =>
    {
        if (views.Count == 0)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (ContainerView view in views)
        {
            Full(json, view);
        }

        json.WriteEndArray();
    });

    /// <summary>What a hook gets on its standard input.</summary>
    public static byte[] HookState(ContainerRecord record, ContainerStatus status, int pid) =>
        JsonOutput.Compact(new ContainerView(record, status, pid), Short);

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
    public static void Short(Utf8JsonWriter json, ContainerView view)
    {
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, view.Record.OciVersion);
        json.WriteString("id"u8, view.Record.Id);
        json.WriteString("status"u8, Word(view.Status));
        if (view.Pid > 0)
        {
            json.WriteNumber("pid"u8, view.Pid);
        }

        json.WriteString("bundle"u8, view.Record.Bundle);
        Annotations(json, view.Record);
        json.WriteEndObject();
    }

    static void Full(Utf8JsonWriter json, ContainerView view)
    {
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, view.Record.OciVersion);
        json.WriteString("id"u8, view.Record.Id);
        json.WriteNumber("pid"u8, view.Pid);
        json.WriteString("status"u8, Word(view.Status));
        json.WriteString("bundle"u8, view.Record.Bundle);
        json.WriteString("rootfs"u8, view.Record.Rootfs);
        json.WriteString("created"u8, DateTime.SpecifyKind(view.Record.Created, DateTimeKind.Utc));
        Annotations(json, view.Record);
        json.WriteString("owner"u8, view.Owner);
        json.WriteEndObject();
    }

    static void Annotations(Utf8JsonWriter json, ContainerRecord record)
    {
        if (record.Annotations is { Count: > 0 } annotations)
        {
            ConfigWriter.TextMap(json, "annotations"u8, annotations);
        }
    }
}
