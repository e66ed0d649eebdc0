using System.Collections.Generic;

namespace OciRun.Engine;

/// <summary>The life cycle of a container, one method per command.</summary>
public static class Lifecycle
{
    public static void Create(GlobalOptions globals, CreateOptions options) => throw new RuntimeException("create is not built in");
    public static int Run(GlobalOptions globals, CreateOptions options) => throw new RuntimeException("run is not built in");
    public static void Start(GlobalOptions globals, string id) => throw new RuntimeException("start is not built in");
    public static void Kill(GlobalOptions globals, string id, int signal, bool all) => throw new RuntimeException("kill is not built in");
    public static void Delete(GlobalOptions globals, string id, bool force) => throw new RuntimeException("delete is not built in");
    public static ContainerInfo State(GlobalOptions globals, string id) => throw new RuntimeException("container does not exist");
    public static List<ContainerInfo> List(GlobalOptions globals) => [];
    public static List<int> Pids(GlobalOptions globals, string id) => throw new RuntimeException("ps is not built in");
}

/// <summary>Further processes in a container.</summary>
public static class ExecEngine
{
    public static int Exec(GlobalOptions globals, ExecOptions options) => throw new RuntimeException("exec is not built in");
}

/// <summary>What creating a container would do, in words.</summary>
public static class Explain
{
    public static string Text(GlobalOptions globals, CreateOptions options) => throw new RuntimeException("explain is not built in");
    public static string Json(GlobalOptions globals, CreateOptions options) => throw new RuntimeException("explain is not built in");
}
