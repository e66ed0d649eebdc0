using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine;

/// <summary>Error messages: what failed, the object, the call, the errno. Engines sort errors by words: the text of ENOENT means
/// "the command is missing" to them, so it stands in errors about the payload's program alone.</summary>
static class ErrorText
{
    /// <summary><c>call("path"): text (ERRNO)</c></summary>
    public static string Call(string call, string? path, int errno)
    {
        var text = new StringBuilder(call);
        if (path is not null)
        {
            text.Append("(\"").Append(path).Append("\")");
        }
        return text.Append(": ").Append(Describe(errno)).ToString();
    }

    public static string Describe(int errno)
    {
        string words = errno == Errno.ENOENT ? "not found" : ErrnoText.Words(errno);
        return words + " (" + ErrnoText.Name(errno) + ")";
    }

    /// <summary>The message for an error record of the container's first process.</summary>
    public static RuntimeException OfRecord(ContainerPlan plan, Record record, string? detail)
    {
        Step? step = record.Step < (uint)plan.Steps.Count ? plan.Steps[(int)record.Step] : null;
        string call = SyscallTable.Name(record.Call) ?? "system call " + record.Call;
        if (OfProgram(step, record.Errno) is { } program)
        {
            return program;
        }
        var text = new StringBuilder();
        if (step is null)
        {
            text.Append("init: ");
        }
        else
        {
            text.Append(step.ConfigPath.Length > 0 ? step.ConfigPath : step.Text);
            text.Append(step.Subject is null ? "" : " (" + step.Subject + ")").Append(": ");
        }
        text.Append(call).Append(": ").Append(Describe(record.Errno));
        if (detail is { Length: > 0 })
        {
            text.Append(": ").Append(detail);
        }
        return new RuntimeException(text.ToString(), step?.Hint(call, record.Errno));
    }

    /// <summary>Engines turn these words into exit codes 126 and 127.</summary>
    static RuntimeException? OfProgram(Step? step, int errno)
    {
        string? name = step switch { FindProgramStep find => find.Name, ExecStep exec => exec.Args[0], _ => null };
        if (name is null)
        {
            return null;
        }
        bool searched = step is FindProgramStep { Searches: true } && errno == Errno.ENOENT;
        string words = searched ? "executable file not found in $PATH" : step is FindProgramStep && errno == Errno.ENOENT
            ? "stat " + name + ": no such file or directory"
            : errno == Errno.EISDIR ? "permission denied: is a directory" : ErrnoText.Words(errno);
        return new RuntimeException("exec: \"" + name + "\": " + words, step!.Hint("execve", errno));
    }

    /// <summary>All problems of a config in one message; of very many, as a broken generator makes them, the first.</summary>
    public static RuntimeException OfProblems(List<ConfigProblem> problems, string file)
    {
        const int most = 100;
        var text = new StringBuilder();
        int count = 0;
        foreach (ConfigProblem problem in problems)
        {
            if (!problem.IsWarning && count++ < most)
            {
                text.Append(text.Length == 0 ? "" : "; ").Append(problem.ToString());
            }
        }
        if (count > most)
        {
            text.Append("; and ").Append(count - most).Append(" more, which \"oci-run check\" lists");
        }
        return new RuntimeException((count > 1 ? $"{count} problems in {file}: " : file + ": ") + text);
    }
}
