using System;
using System.Linq;
using System.Reflection;

namespace OciRun.Tests.Unit;

/// <summary>What a class of kernel constants declares.</summary>
static class Constants
{
    public static string[] NamesOf(Type type) =>
        [.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.Name)];

    public static int ValueOf(Type type, string name) => (int)type.GetField(name)!.GetRawConstantValue()!;
}
