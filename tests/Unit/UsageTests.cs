using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;
using OciRun.Kernel;
using OciRun.Syscalls;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>Nothing stands in Kernel and Syscalls that the program does not use; else they become a second, unread copy of the
/// headers.</summary>
public sealed class UsageTests
{
    const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    static readonly Assembly Kernel = typeof(CloneArgs).Assembly;
    static readonly Assembly Syscalls = typeof(Syscall).Assembly;
    static readonly Assembly[] Programs =
        [Kernel, Syscalls, typeof(Planning.Planner).Assembly, Assembly.Load("OciRun.Engine"), Assembly.Load("oci-run")];

    static IEnumerable<MethodBase> MethodsOf(Type type) =>
        type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared));

    /// <summary>A member with its arguments, the same for a generic method and for what it is called as.</summary>
    static string Key(MethodBase method)
    {
        MethodBase open = method is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericMethodDefinition() : method;
        return open.Module.Name + open.MetadataToken;
    }

    /// <summary>The methods that are called or taken the address of. IL is searched for every metadata token of a method behind
    /// an opcode that takes one; a number that happens to look like one can only hide something.</summary>
    static HashSet<string> Reached()
    {
        HashSet<string> reached = [];
        foreach (MethodBase caller in Programs.SelectMany(a => a.GetTypes()).SelectMany(MethodsOf))
        {
            byte[] il = caller.GetMethodBody()?.GetILAsByteArray() ?? [];
            Type[]? typeArguments = caller.DeclaringType!.IsGenericType ? caller.DeclaringType.GetGenericArguments() : null;
            Type[]? arguments = caller.IsGenericMethod ? caller.GetGenericArguments() : null;
            for (int i = 0; i + 5 <= il.Length; i++)
            {
                bool takesMethod = il[i] == OpCodes.Call.Value || il[i] == OpCodes.Callvirt.Value
                    || il[i] == OpCodes.Newobj.Value ||
                    (i > 0 && il[i - 1] == 0xfe && il[i] == 0x06);
                int token = BitConverter.ToInt32(il, i + 1);
                if (takesMethod && (token >>> 24) is 0x06 or 0x0a or 0x2b
                    && Resolve(caller, token, typeArguments, arguments) is { } callee &&
                    Key(callee) != Key(caller))
                {
                    reached.Add(Key(callee));
                }
            }
        }
        return reached;
    }

    static MethodBase? Resolve(MethodBase caller, int token, Type[]? typeArguments, Type[]? arguments)
    {
        try
        {
            return caller.Module.ResolveMethod(token, typeArguments, arguments);
        }
        catch (Exception e) when (e is ArgumentException or BadImageFormatException or MissingMethodException)
        {
            return null;
        }
    }

    static bool IsWritten(MethodBase method) =>
        method.DeclaringType!.Name[0] != '<' && method.Name[0] != '<' && method is { IsStatic: true } or { IsVirtual: false } &&
        !method.Name.StartsWith("op_", StringComparison.Ordinal) &&
        method.GetCustomAttribute<System.Runtime.CompilerServices.CompilerGeneratedAttribute>() is null;

    [Fact]
    public void Every_method_of_Kernel_and_Syscalls_is_called()
    {
        HashSet<string> reached = Reached();
        string[] unused =
        [
            .. from type in Kernel.GetTypes().Concat(Syscalls.GetTypes())
               where !type.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute))
               from method in MethodsOf(type)
               where IsWritten(method) && !reached.Contains(Key(method))
               select type.Name + "." + method,
        ];
        Assert.True(unused.Length == 0, string.Join('\n', unused));
    }

    /// <summary>The compiler puts a constant's value where it is used, so only the source says who uses it.</summary>
    [Fact]
    public void Every_constant_and_type_of_Kernel_is_used()
    {
        string[] sources = [.. SourceTests.Code().Values];
        List<string> unused = [];
        foreach (Type type in Kernel.GetExportedTypes())
        {
            Regex qualified = new("\\b" + type.Name + "\\.(\\w+)");
            HashSet<string> used = [.. sources.SelectMany(s => qualified.Matches(s)).Select(m => m.Groups[1].Value)];
            // Within a class, and where it is imported, its constants need no qualification; declarations do not count.
            string import = "using static OciRun.Kernel." + type.Name + ";";
            Regex declares = new("(class|struct) " + type.Name + "\\b");
            used.UnionWith(sources.Where(s => s.Contains(import, StringComparison.Ordinal) || declares.IsMatch(s))
                .SelectMany(s => Regex.Matches(s, "(?<![\\w.]|const \\w+ )[A-Za-z_]\\w*")).Select(m => m.Value));
            unused.AddRange(type.GetFields().Where(f => f.IsLiteral && !used.Contains(f.Name))
                .Select(f => type.Name + "." + f.Name));
            Regex mentions = new("(?<!class |struct )\\b" + type.Name + "\\b");
            if (!sources.Any(mentions.IsMatch))
            {
                unused.Add(type.Name);
            }
        }
        Assert.True(unused.Count == 0, string.Join('\n', unused));
    }
}
