using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>What the README tells people to type works as it stands.</summary>
public sealed class ReadmeTests : ContainerTest
{
    [Fact]
    public void The_shell_examples_of_the_readme_run_as_they_stand()
    {
        string bin = NewDirectory("bin");
        string wrapper = Path.Combine(bin, "oci-run");
        File.WriteAllText(wrapper, $"#!/bin/sh\nexec '{Host.Runtime}' --root '{Root}' \"$@\"\n");
        File.SetUnixFileMode(wrapper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        WillDelete("hello");
        WillDelete("box");

        var env = new Dictionary<string, string?>(ChildEnvironment)
        {
            ["PATH"] = bin + ":" +
            Environment.GetEnvironmentVariable("PATH")
        };
        Result result = Command.Run("bash", ["-eux", "-c", ShellBlocks()], env: env, cwd: NewDirectory("work"),
            timeoutSeconds: 60);

        Ok(result);
        Assert.Contains("hello from 1\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("\"status\": \"created\"", result.Out, StringComparison.Ordinal);
        Assert.Contains("one more process: ", result.Out, StringComparison.Ordinal);
    }

    /// <summary>All fenced blocks marked sh, in order, as one script: later ones build on earlier ones.</summary>
    static string ShellBlocks()
    {
        var script = new StringBuilder();
        bool inBlock = false;
        int blocks = 0;
        foreach (string line in File.ReadLines(Path.Combine(Host.Repository, "README.md")))
        {
            if (line == "```sh")
            {
                inBlock = true;
                blocks++;
            }
            else if (line == "```")
            {
                inBlock = false;
            }
            else if (inBlock)
            {
                script.Append(line).Append('\n');
            }
        }

        Assert.True(blocks >= 4, $"the README has only {blocks} sh blocks");
        return script.ToString();
    }
}
