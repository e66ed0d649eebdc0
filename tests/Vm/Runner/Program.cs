using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace OciRun.Tests.Runner;

/// <summary>
/// Runs an xunit assembly inside a virtual machine, in one process and without vstest, whose two more processes and
/// sockets take minutes under emulation. Prints a TAP line for each test.
/// <para>Runner ASSEMBLY [WORD...]: only the tests whose name contains one of the words; a word that starts with "-"
/// leaves out what contains the rest of it.</para>
/// </summary>
static class Program
{
    static int Main(string[] args)
    {
        if (args.Length == 0)
        {
            Console.Error.WriteLine("usage: Runner ASSEMBLY [WORD...]");
            return 2;
        }
        var wanted = args.Skip(1).Where(a => a[0] != '-').ToList();
        var unwanted = args.Skip(1).Where(a => a[0] == '-').Select(a => a[1..]).ToList();
        bool Wanted(ITestCase test) =>
            (wanted.Count == 0 || wanted.Any(w => test.DisplayName.Contains(w, StringComparison.Ordinal)))
            && !unwanted.Any(w => test.DisplayName.Contains(w, StringComparison.Ordinal));

        var assembly = Assembly.LoadFrom(Path.GetFullPath(args[0]));
        var options = new Options();
        options.SetValue("xunit.discovery.PreEnumerateTheories", true);
        options.SetValue("xunit.execution.MaxParallelThreads", 2);
        var results = new Results();
        using var framework = new XunitTestFramework(results);
        using var discoverer = framework.GetDiscoverer(Reflector.Wrap(assembly));
        discoverer.Find(includeSourceInformation: false, results, options);
        results.Discovered.Wait();
        using var executor = framework.GetExecutor(assembly.GetName());
        executor.RunTests(results.Cases.Where(Wanted), results, options);
        results.Finished.Wait();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1..{results.Count}"));
        return results.Failed == 0 && results.Count > 0 ? 0 : 1;
    }
}

/// <summary>Options by name, as xunit's framework asks for them.</summary>
sealed class Options : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
{
    readonly Dictionary<string, object?> _values = [];

    public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out var value) ? (TValue)value! : default!;

    public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
}

/// <summary>Takes the framework's messages and prints a line for each test that ended.</summary>
sealed class Results : LongLivedMarshalByRefObject, IMessageSink
{
    readonly Lock _writing = new();

    public List<ITestCase> Cases { get; } = [];

    public ManualResetEventSlim Discovered { get; } = new();

    public ManualResetEventSlim Finished { get; } = new();

    public int Count { get; private set; }

    public int Failed { get; private set; }

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestCaseDiscoveryMessage found:
                Cases.Add(found.TestCase);
                break;
            case IDiscoveryCompleteMessage:
                Discovered.Set();
                break;
            case ITestPassed passed:
                Line(true, $"{passed.Test.DisplayName} ({passed.ExecutionTime.ToString("0.0", CultureInfo.InvariantCulture)} s)",
                    []);
                break;
            case ITestFailed failed:
                Line(false, failed.Test.DisplayName, Details(failed));
                break;
            case IErrorMessage error:
                Line(false, "the framework", Details(error));
                break;
            case ITestAssemblyCleanupFailure error:
                Line(false, "the assembly's end", Details(error));
                break;
            case ITestCollectionCleanupFailure error:
                Line(false, "a collection's end", Details(error));
                break;
            case ITestClassCleanupFailure error:
                Line(false, "a class's end", Details(error));
                break;
            case ITestAssemblyFinished:
                Finished.Set();
                break;
            default:
                break;
        }
        return true;
    }

    static IEnumerable<string> Details(IFailureInformation failure) =>
        [.. failure.Messages, .. failure.StackTraces.Where(s => s != null)];

    void Line(bool passed, string name, IEnumerable<string> details)
    {
        lock (_writing)
        {
            Count++;
            Failed += passed ? 0 : 1;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(passed ? "ok" : "not ok")} {Count} - {name}"));
            foreach (var line in details.SelectMany(d => d.Split('\n')).Where(l => l.Length > 0))
            {
                Console.WriteLine("#   " + line);
            }
        }
    }
}
