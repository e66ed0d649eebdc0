using System;
using System.Reflection;
using System.Reflection.Emit;

namespace OciRun.Tests.Abi;

/// <summary>Managed sizes and offsets, asked of the IL itself: Marshal would tell the marshalled layout.</summary>
static class Layout
{
    public static int SizeOf(Type type)
    {
        if (type.IsPointer)
        {
            return IntPtr.Size;
        }
        DynamicMethod method = new("size", typeof(int), []);
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Sizeof, type);
        il.Emit(OpCodes.Ret);
        return (int)method.Invoke(null, null)!;
    }

    public static long OffsetOf(FieldInfo field)
    {
        DynamicMethod method = new("offset", typeof(long), [], typeof(Layout).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        LocalBuilder local = il.DeclareLocal(field.DeclaringType!);
        il.Emit(OpCodes.Ldloca, local);
        il.Emit(OpCodes.Ldflda, field);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Ldloca, local);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Conv_I8);
        il.Emit(OpCodes.Ret);
        return (long)method.Invoke(null, null)!;
    }
}
